"""Where the frame scores alarm: from which threshold on, and which alarms a fault of the recording explains."""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd

from stages.common.metrics.incidents import (
    AlarmCurve,
    alarms,
    hours_of,
    joined,
    stretch_counts,
    stretch_numbers,
    threshold_for,
)

# Frames around the beginning and the end of a fault that it touches: tubes reach some frames to either side.
TOUCHED = 6
# A fault is no object's doing if, in the few frames around its beginning or end, at least this share of the objects
# there score higher on the mean than 9 of 10 normal ones.
HIT_REACH, HIT_SHARE, HIT_QUANTILE = 3, 0.6, 0.9


class Threshold(NamedTuple):
    """From which frame score on something is an alarm, and the held-out footage that it rests on."""

    value: float  # infinite where there is no such footage
    hours: float
    clips: int
    enough: bool  # whether so many hours can tell the wished number of false alarms apart from none


def with_alarms(
    frames: pd.DataFrame, objects: pd.DataFrame, faults: pd.DataFrame, videos: pd.DataFrame, join: float
) -> pd.DataFrame:
    """The frames, sorted by video and frame, with what alarms are made of at any threshold.

    An alarm is a stretch of `joined` at or above the threshold. It is put down to a fault of the recording if a frame
    of it is in one that hits most of the objects there (`hit`, else -1), and nothing that is not within a few frames
    of the beginning or end of such a fault reaches the threshold before scores are smoothed (`beyond`, the same in all
    frames of an alarm as far as it reaches the threshold): whatever goes on stays an alarm.

    Args:
        frames, objects: FRAME_SCORES and OBJECT_SCORES.
        faults: FAULTS.
        videos: VIDEOS.
        join: alarms with fewer seconds than this between them become one.

    Returns:
        FRAME_SCORES with fps; stretch, int, over whose end no alarm goes on; joined, float; hit, int, the place in
        `faults`; beyond, float.
    """
    frames = frames.merge(videos[["video", "fps"]], on="video").sort_values(["video", "frame"], ignore_index=True)
    stretch, number = stretch_numbers(frames["video"], frames["frame"]), frames["frame"].to_numpy()
    scores = joined(frames["score"], stretch, number / frames["fps"].to_numpy(), join)
    hit, beyond = np.full(len(frames), -1), scores.copy()
    normal = objects.loc[objects["split"] == "held_out", "raw"]
    high = normal.quantile(HIT_QUANTILE) if len(normal) else math.inf
    rows_of = frames.groupby("video").indices
    for video, found in faults[faults["first_frame"] >= 0].groupby("video"):
        if video not in rows_of:
            continue
        there = objects[objects["video"] == video]
        hits = [fault for fault in found.itertuples() if mostly_above(there, fault, high)]
        if hits:
            rows = rows_of[video]
            for fault in reversed(hits):
                hit[rows[(number[rows] >= fault.first_frame) & (number[rows] <= fault.last_frame)]] = fault.Index
            near = np.any([touched(number[rows], fault) for fault in hits], axis=0)
            raw = np.where(near, -math.inf, frames["raw"].to_numpy()[rows])
            for part in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(stretch[rows])) + 1):
                beyond[rows[part]] = reach(raw[part], scores[rows[part]])
    return frames.assign(stretch=stretch, joined=scores, hit=hit, beyond=beyond)


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


def reach(values: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Of each frame the highest threshold at which its alarm has a frame whose value reaches it too; -inf of none.

    Values, scores and what is returned are float (frames,), of one video.
    """
    reached = np.minimum(values, scores).astype(scores.dtype)
    for places in (range(1, len(scores)), range(len(scores) - 2, -1, -1)):
        before = -places.step
        for place in places:
            reached[place] = max(reached[place], min(reached[place + before], scores[place]))
    return reached


def find_threshold(frames: pd.DataFrame, per_hour: float) -> Threshold:
    """The lowest threshold that gives, with all above it, at most so many alarms per hour of the held-out normal clips,
    those aside that are put down to a fault of the recording; of frames as of `with_alarms`."""
    normal = frames[frames["split"] == "held_out"]
    hours = hours_of(normal)
    names, scores, beyond = (normal[column].to_numpy() for column in ("stretch", "joined", "beyond"))
    hit, every = np.flatnonzero(normal["hit"] >= 0), np.arange(len(normal))
    thresholds = np.unique(np.append(scores, beyond[beyond > scores.min(initial=math.inf)]))[::-1]
    count, hit_count = (stretch_counts(scores, names, places, thresholds) for places in (every, hit))
    # Where the alarm of a frame is not put down to a fault, `beyond` is above the threshold in all of that alarm.
    unexplained = stretch_counts(beyond, names, hit, thresholds)
    curve = AlarmCurve(thresholds, count - hit_count + unexplained, np.zeros_like(count))
    return Threshold(threshold_for(curve, per_hour * hours), hours, normal["video"].nunique(), per_hour * hours >= 1)


def find_alarms(frames: pd.DataFrame, threshold: float) -> pd.DataFrame:
    """The alarms at a threshold: video, split, first_frame, last_frame and fault, the place in FAULTS of what it is put
    down to, -1 of none; of frames as of `with_alarms`."""
    first, last = alarms(frames["joined"], frames["stretch"], threshold).T
    found = frames.loc[first, ["video", "split", "frame"]].rename(columns={"frame": "first_frame"})
    hits = frames["hit"].to_numpy()
    faults = [
        next((fault for fault in hits[a : b + 1] if fault >= 0 and frames["beyond"][a] < threshold), -1)
        for a, b in zip(first, last, strict=True)
    ]
    return found.assign(last_frame=frames["frame"].to_numpy()[last], fault=np.array(faults, int)).reset_index(drop=True)
