"""Incidents and alarms: what an operator asks, beside areas under curves.

An incident is a stretch of frames of one video that are labelled anomalous. An alarm at a threshold is a peak (PEAKS)
that is at least so high. It is false if none of its frames is anomalous, however long it is. An incident is found if
any of its frames is in an alarm.
"""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike


class AlarmCurve(NamedTuple):
    """What alarms find at each threshold: arrays of one length."""

    thresholds: np.ndarray  # the different heights, descending, in their precision
    false_alarms: np.ndarray  # int64, non-decreasing
    incidents_found: np.ndarray  # int64, non-decreasing


def stretches(marked: ArrayLike, videos: ArrayLike | None = None) -> np.ndarray:
    """First and last place of each stretch of true values, int64 (stretches, 2), both inclusive.

    Args:
        videos: (n,), of each place; no stretch goes from one to the next.
    """
    marked = np.asarray(marked, bool)
    goes_on = marked[1:] & marked[:-1]
    if videos is not None:
        videos = np.asarray(videos)
        goes_on &= videos[1:] == videos[:-1]
    first = np.flatnonzero(marked & ~np.append(False, goes_on)[: len(marked)])
    last = np.flatnonzero(marked & ~np.append(goes_on, False)[: len(marked)])
    return np.column_stack([first, last])


def incidents(labels: pd.DataFrame) -> pd.DataFrame:
    """A row per incident of LABELS: video, first_frame and last_frame. None goes on over a frame that has no label."""
    known = labels.sort_values(["video", "frame"])
    videos, frames = known["video"].to_numpy(), known["frame"].to_numpy(int)
    begins = (videos[1:] != videos[:-1]) | (frames[1:] != frames[:-1] + 1)
    numbers = np.append(0, np.cumsum(begins))[: len(known)]
    first, last = stretches(known["anomalous"], numbers).T
    return pd.DataFrame({"video": videos[first], "first_frame": frames[first], "last_frame": frames[last]})


def touching(peaks: pd.DataFrame, found: pd.DataFrame) -> np.ndarray:
    """Which peaks and incidents, all with video, first_frame and last_frame, share a frame: bool (peaks, incidents)."""
    (video, first, last), (other, begin, end) = (
        table[["video", "first_frame", "last_frame"]].to_numpy().T for table in (peaks, found)
    )
    return (video[:, None] == other) & (first[:, None] <= end) & (last[:, None] >= begin)


def alarm_curve(peaks: pd.DataFrame, found: pd.DataFrame) -> AlarmCurve:
    """False alarms and incidents found at every threshold that makes a difference.

    Args:
        peaks: video, first_frame, last_frame and score.
        found: `incidents` of the same videos.
    """
    heights, touch = peaks["score"].to_numpy(), touching(peaks, found)
    thresholds = np.unique(heights)[::-1]
    highest = np.where(touch, heights[:, None], -math.inf).max(axis=0, initial=-math.inf)
    return AlarmCurve(thresholds, _at_least(heights[~touch.any(axis=1)], thresholds), _at_least(highest, thresholds))


def threshold_for(curve: AlarmCurve, false_alarms: float) -> float:
    """The lowest threshold that gives no more than so many false alarms.

    It is just above the highest peak that is one too many, by the least that the heights' precision tells apart; the
    lowest peak's height where none is, and infinite of no peaks.
    """
    if not len(curve.thresholds):
        return math.inf
    too_many = np.flatnonzero(curve.false_alarms > false_alarms)
    if not len(too_many):
        return float(curve.thresholds[-1])
    return float(np.nextafter(curve.thresholds[too_many[0]], curve.thresholds.dtype.type(math.inf)))


def counts_at(curve: AlarmCurve, threshold: float) -> tuple[int, int]:
    """False alarms and incidents found at any threshold."""
    reached = np.searchsorted(-curve.thresholds, -threshold, side="right")
    return (int(curve.false_alarms[reached - 1]), int(curve.incidents_found[reached - 1])) if reached else (0, 0)


def hours_of(frames: pd.DataFrame) -> float:
    """Hours of footage that so many frames are, by the frames per second of each (column fps)."""
    # Rounded, since an hour at 10 frames per second sums up to 0.9999999999999998, in which there is no whole alarm.
    return round(float((1 / frames["fps"]).sum() / 3600), 9)


def _at_least(values: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """How many of the values reach each threshold, int64 (thresholds,)."""
    return len(values) - np.searchsorted(np.sort(values), thresholds, side="left")
