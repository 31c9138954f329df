"""Peaks that alarm to events: where, when, how much, and why."""

import numpy as np
import pandas as pd

from stages.common.cues.all import ALL
from stages.common.metrics.incidents import incidents, touching

CUES = list(ALL)
# Seconds around the peak in which the highest value of each cue is what explains it.
AROUND = 1.0


def describe(peaks: pd.DataFrame, objects: pd.DataFrame, labels: pd.DataFrame, seconds: dict) -> pd.DataFrame:
    """The peaks as events (EVENTS, but for where in the source they begin), the highest first.

    Args:
        peaks: PEAKS.
        objects, labels: OBJECT_SCORES and LABELS of the set.
        seconds: by video, when each frame begins and the last one ends, float (frames + 1,).
    """
    order = ["score", "video", "first_frame", "track"]
    peaks = peaks.sort_values(order, ascending=[False, True, True, True], ignore_index=True)
    tracks, rows = dict(tuple(by_normal(objects).groupby(["video", "track"]))), []
    for peak in peaks.itertuples():
        times = seconds[peak.video]
        own = tracks[peak.video, peak.track]
        near = np.abs(times[own["frame"].to_numpy(int)] - times[peak.peak_frame]) <= AROUND
        cues = own.loc[near, CUES].max()
        cue = cues.idxmax() if cues.notna().any() else ""
        when = {"start": times[peak.first_frame], "end": times[peak.last_frame + 1], "peak": times[peak.peak_frame]}
        rows.append({**when, **cues, "cue": cue, "kind": ALL[cue].SAYS if cue else ""})
    told = pd.DataFrame(rows, columns=["start", "end", "peak", *CUES, "cue", "kind"])
    return pd.concat([peaks, told], axis=1).assign(event=np.arange(1, len(peaks) + 1), labelled=labelled(peaks, labels))


def labelled(peaks: pd.DataFrame, labels: pd.DataFrame) -> list[bool | None]:
    """Whether a frame of each peak is labelled anomalous; None of a video without labels."""
    known, touches = peaks["video"].isin(labels["video"]), touching(peaks, incidents(labels)).any(axis=1)
    return [bool(touch) if there else None for touch, there in zip(touches, known, strict=True)]


def by_normal(objects: pd.DataFrame) -> pd.DataFrame:
    """The objects with each calibrated cue in deviations from its mean over the held-out ones."""
    normal = objects.loc[objects["split"] == "held_out", CUES]
    if len(normal) < 2:
        return objects
    return objects.assign(**((objects[CUES] - normal.mean()) / normal.std().clip(lower=1e-9)))
