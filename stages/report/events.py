"""Alarms to events: where, when, how much, and why."""

import math

import numpy as np
import pandas as pd

from stages.common.cues.all import ALL, EVENTS
from stages.common.tables.schemas import BOX

CUES = list(ALL)
# Seconds around the peak in which the object is looked for that makes it. Frame scores are smooth; objects pass.
PEAK_SECONDS = 1.0
# Columns that tell where in the source an event begins.
ORIGIN = ("file", "file_seconds", "clock")


def describe(alarms: pd.DataFrame, frames, objects, seconds: dict, labels, threshold: float) -> pd.DataFrame:
    """The alarms as events (EVENTS but for ORIGIN), the highest score first.

    Args:
        alarms: video, first_frame and last_frame.
        frames, objects, labels: FRAME_SCORES, OBJECT_SCORES and LABELS of the set.
        seconds: by video, when each frame begins and the last one ends, float (frames + 1,).
    """
    rows, objects = [], by_normal(objects)
    frames_of, objects_of, labels_of = (dict(tuple(table.groupby("video"))) for table in (frames, objects, labels))
    for video, of_video in alarms.groupby("video"):
        scores, times = frames_of[video].set_index("frame")["score"].sort_index(), seconds[video]
        there, known = objects_of.get(video, objects[:0]), labels_of.get(video, labels[:0])
        for first, last in of_video[["first_frame", "last_frame"]].to_numpy(int):
            inside = there[there["frame"].between(first, last)]
            peak = int(scores.loc[first:last].idxmax())
            # At a clip's ends no object is scored; what is near there raises the score of these frames.
            near = inside if len(inside) else at_peak(there, times, peak)
            where = {"video": video, "first_frame": first, "last_frame": last, "peak_frame": peak}
            when = {"start": times[first], "end": times[last + 1], "peak": times[peak], "score": scores.loc[peak]}
            unusual = inside.loc[inside["score"] >= threshold, "track"].nunique()
            anomalous = known.loc[known["frame"].between(first, last), "anomalous"].any()
            seen = {"objects": unusual, "labelled": bool(anomalous) if len(known) else None}
            rows.append({**where, **when, **peak_object(near, times, peak), **seen})
    table = pd.DataFrame(rows, columns=[name for name in EVENTS.names if name not in ("event", *ORIGIN)])
    table = table.sort_values(["score", "video", "first_frame"], ascending=[False, True, True], ignore_index=True)
    table.insert(1, "event", np.arange(1, len(table) + 1))
    return table


def by_normal(objects: pd.DataFrame) -> pd.DataFrame:
    """The objects with each calibrated cue in deviations from its mean over the held-out ones."""
    normal = objects.loc[objects["split"] == "held_out", CUES]
    if len(normal) < 2:
        return objects
    return objects.assign(**((objects[CUES] - normal.mean()) / normal.std().clip(lower=1e-9)))


def peak_object(objects: pd.DataFrame, seconds: np.ndarray, peak: int) -> dict:
    """The object of the highest score near the peak: its box, track, score and what of it is unusual.

    Args:
        objects: OBJECT_SCORES of the event's frames, or around them.
        seconds: when each frame of the video begins and the last one ends.
        peak: frame of the highest frame score.
    """
    if objects.empty:
        nothing = dict.fromkeys([*BOX, "object_score", *CUES], math.nan)
        return {**nothing, "box_frame": -1, "track": -1, "cue": "", "kind": ""}
    close = at_peak(objects, seconds, peak)
    close = close if len(close) else objects
    best = close.loc[close["score"].idxmax()]
    cues = close.loc[close["track"] == best["track"], CUES].max()
    cue = cues.idxmax() if cues.notna().any() else ""
    known = {"box_frame": best["frame"], "track": best["track"], "object_score": best["score"]}
    return {**best[BOX], **known, **cues, "cue": cue, "kind": ALL[cue].SAYS if cue else ""}


def at_peak(objects: pd.DataFrame, seconds: np.ndarray, peak: int) -> pd.DataFrame:
    return objects[np.abs(seconds[objects["frame"].to_numpy(int)] - seconds[peak]) <= PEAK_SECONDS]
