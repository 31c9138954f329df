"""Frame and object scores to events: where, when, how much, and why."""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd

from stages.common.metrics.incidents import alarm_curve, hours_of, threshold_for
from stages.common.tables.schemas import BOX, CUES, EVENTS
from stages.report.faults import runs

# What a high value of each cue says of an object.
KINDS = {
    "arrow": "moves as if backwards in time",
    "irregularity": "moves in fits and starts",
    "middle": "moves like nothing seen",
    "distillation": "appearance never seen",
    "features": "looks and moves like nothing learnt",
    "shape": "of a shape or size never seen",
    "velocity": "faster than what is normal here",
}
# Seconds around the peak in which the object is looked for that makes it. Frame scores are smooth; objects pass.
PEAK_SECONDS = 1.0
# Frames around the beginning and the end of a fault that it touches: tubes reach some frames to either side.
TOUCHED = 6
# A fault is no object's own doing if, in the few frames around its beginning or end, at least this share of the objects
# there score higher on the mean than 9 of 10 normal ones.
HIT_REACH, HIT_SHARE, HIT_QUANTILE = 3, 0.6, 0.9


class Threshold(NamedTuple):
    """From which frame score on something is an event, and what it rests on.

    Attributes:
        value: infinite where there is no held-out footage.
        hours: of the held-out clips.
        clips: how many.
        told: whether so many hours can tell the wished number of false alarms apart from none.
    """

    value: float
    hours: float
    clips: int
    told: bool


def threshold(frames: pd.DataFrame, videos: pd.DataFrame, per_hour: float) -> Threshold:
    """The threshold that gives at most so many false alarms per hour of the held-out normal clips.

    Args:
        frames: FRAME_SCORES.
        videos: VIDEOS.
    """
    normal = frames[frames["split"] == "held_out"].merge(videos[["video", "fps"]], on="video")
    normal = normal.sort_values(["video", "frame"])
    hours = hours_of(normal)
    curve = alarm_curve(np.zeros(len(normal)), normal["score"], normal["video"])
    value = threshold_for(curve, per_hour * hours)
    return Threshold(value, hours, normal["video"].nunique(), per_hour * hours >= 1)


def find_alarms(frames: pd.DataFrame, seconds: dict[str, np.ndarray], least: float, join: float) -> pd.DataFrame:
    """Stretches of frames of the test clips that score at least so much: video, first_frame and last_frame.

    Args:
        frames: FRAME_SCORES.
        seconds: by video, when each frame begins and the last one ends, float (frames + 1,).
        join: stretches with fewer seconds than this between them become one.
    """
    rows = []
    for video, own in frames[frames["split"] == "test"].sort_values("frame").groupby("video"):
        stretches: list[list[int]] = []
        for first, last in runs(own["score"].to_numpy() >= least):
            if stretches and seconds[video][first] - seconds[video][stretches[-1][1] + 1] < join:
                stretches[-1][1] = last
            else:
                stretches.append([first, last])
        rows += [(video, first, last) for first, last in stretches]
    return pd.DataFrame(rows, columns=["video", "first_frame", "last_frame"])


def explained_by(
    alarms: pd.DataFrame, faults: pd.DataFrame, frames: pd.DataFrame, objects: pd.DataFrame, least: float
) -> np.ndarray:
    """Of each alarm the place in `faults` of the one that it is to be put down to, int (alarms,); -1 of none.

    It is if the fault lies in it, hits most of the objects there, and nothing that is not within a few frames of
    its beginning or end reaches the threshold before scores are smoothed: whatever goes on stays an event.

    Args:
        alarms: as of `find_alarms`.
        faults: FAULTS.
        frames: FRAME_SCORES.
        objects: OBJECT_SCORES.
        least: the threshold.
    """
    chosen = np.full(len(alarms), -1)
    normal = objects.loc[objects["split"] == "held_out", "raw"]
    high = normal.quantile(HIT_QUANTILE) if len(normal) else math.inf
    for place, alarm in enumerate(alarms.itertuples()):
        inside = faults[
            (faults["video"] == alarm.video)
            & (faults["first_frame"] <= alarm.last_frame)
            & (faults["last_frame"] >= alarm.first_frame)
        ]
        if inside.empty:
            continue
        there = objects[objects["video"] == alarm.video]
        hits = [fault for fault in inside.itertuples() if mostly_above(there, fault, high)]
        beyond = np.arange(alarm.first_frame, alarm.last_frame + 1)
        for fault in hits:
            beyond = beyond[~touched(beyond, fault)]
        raw = frames[frames["video"] == alarm.video].sort_values("frame")["raw"].to_numpy()
        if hits and (raw[beyond] < least).all():
            chosen[place] = hits[0].Index
    return chosen


def mostly_above(objects: pd.DataFrame, fault, high: float) -> bool:
    """Whether most of the tracks around the beginning, or the end, of a fault score above `high` there."""
    for edge in (fault.first_frame, fault.last_frame):
        means = objects[(objects["frame"] - edge).abs() <= HIT_REACH].groupby("track")["raw"].mean()
        if len(means) and (means > high).mean() >= HIT_SHARE:
            return True
    return False


def touched(frames: np.ndarray, fault) -> np.ndarray:
    """Which frames are a few from the beginning or the end of a fault, bool (n,); not the midst of a long one."""
    return (np.abs(frames - fault.first_frame) <= TOUCHED) | (np.abs(frames - fault.last_frame) <= TOUCHED)


def describe(
    alarms: pd.DataFrame,
    frames: pd.DataFrame,
    objects: pd.DataFrame,
    seconds: dict[str, np.ndarray],
    labels: pd.DataFrame,
    least: float,
) -> pd.DataFrame:
    """The alarms as events (EVENTS), the highest score first.

    Args:
        alarms: as of `find_alarms`.
        frames, objects, labels: FRAME_SCORES, OBJECT_SCORES and LABELS of the set.
        seconds: by video, when each frame begins and the last one ends, float (frames + 1,).
        least: the threshold.
    """
    rows, objects = [], by_normal(objects)
    for video, own in alarms.groupby("video"):
        score = frames[frames["video"] == video].sort_values("frame")["score"].to_numpy()
        shown, known = objects[objects["video"] == video], labels[labels["video"] == video]
        for alarm in own.itertuples():
            inside = shown[shown["frame"].between(alarm.first_frame, alarm.last_frame)]
            peak = alarm.first_frame + int(score[alarm.first_frame : alarm.last_frame + 1].argmax())
            # At a clip's ends no object is scored; what is near there raises the score of these frames.
            away = np.abs(seconds[video][shown["frame"].to_numpy(int)] - seconds[video][peak])
            near = inside if len(inside) else shown[away <= PEAK_SECONDS]
            rows.append(
                {
                    "video": video,
                    "first_frame": alarm.first_frame,
                    "last_frame": alarm.last_frame,
                    "peak_frame": peak,
                    "start": seconds[video][alarm.first_frame],
                    "end": seconds[video][alarm.last_frame + 1],
                    "peak": seconds[video][peak],
                    "score": score[peak],
                    **peak_object(near, seconds[video], peak),
                    "objects": inside.loc[inside["score"] >= least, "track"].nunique(),
                    "labelled": labelled_in(known, alarm.first_frame, alarm.last_frame),
                }
            )
    table = pd.DataFrame(rows, columns=[name for name in EVENTS.names if name != "event"])
    table = table.sort_values(["score", "video", "first_frame"], ascending=[False, True, True], ignore_index=True)
    table.insert(1, "event", np.arange(1, len(table) + 1))
    return table


def by_normal(objects: pd.DataFrame) -> pd.DataFrame:
    """The objects with each cue in deviations from the mean of the held-out ones, whatever it was calibrated to."""
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
    away = np.abs(seconds[objects["frame"].to_numpy(int)] - seconds[peak])
    close = objects[away <= PEAK_SECONDS]
    close = close if len(close) else objects
    if close.empty:
        nothing = dict.fromkeys([*BOX, "object_score", *CUES], math.nan)
        return {**nothing, "box_frame": -1, "track": -1, "cue": "", "kind": ""}
    best = close.loc[close["score"].idxmax()]
    cues = close.loc[close["track"] == best["track"], CUES].max()
    cue = cues.idxmax() if cues.notna().any() else ""
    return {
        **best[BOX],
        "box_frame": best["frame"],
        "track": best["track"],
        "object_score": best["score"],
        **cues,
        "cue": cue,
        "kind": KINDS.get(cue, ""),
    }


def labelled_in(labels: pd.DataFrame, first: int, last: int) -> bool | None:
    """Whether a frame from first to last is labelled anomalous; None where the video has no labels."""
    if labels.empty:
        return None
    return bool(labels.loc[labels["frame"].between(first, last), "anomalous"].any())
