"""Which peaks alarm: from which threshold on, and which of them a fault of the recording explains."""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd

from stages.common.metrics.incidents import hours_of
from stages.common.metrics.rate import Rate, can_tell, fit_rate

# Frames around the beginning and the end of a fault that it touches: tubes reach some frames to either side.
TOUCHED = 6
# A fault is no object's doing if, in the few frames around its beginning or end, at least this share of the objects
# there score higher on the mean than 9 of 10 normal ones.
HIT_REACH, HIT_SHARE, HIT_QUANTILE = 3, 0.6, 0.9


class Threshold(NamedTuple):
    """From which height of a peak on something is an alarm, and the held-out footage that it rests on."""

    value: float  # infinite where that is too little
    rate: Rate | None  # of its peaks; None where it is too little
    hours: float
    clips: int
    peaks: int
    reached: int  # how many of the peaks reach the threshold


def with_faults(peaks: pd.DataFrame, objects: pd.DataFrame, faults: pd.DataFrame) -> pd.DataFrame:
    """The peaks (PEAKS), each with a fault that may explain it and how high it is without that.

    An alarm is put down to a fault of the recording if they share a frame, if the fault hits most of the objects there,
    and if the object reaches the threshold, before its score is smoothed, nowhere but within a few frames of the
    beginning or the end of such a fault: whatever goes on stays an alarm.

    Args:
        objects: OBJECT_SCORES.
        faults: FAULTS.

    Returns:
        PEAKS with `fault`, int, its place in `faults`, -1 of none, and `beyond`, float, the threshold up to which the
        peak is an alarm in spite of it.
    """
    normal = objects.loc[objects["split"] == "held_out", "raw"]
    high = normal.quantile(HIT_QUANTILE) if len(normal) else math.inf
    peaks = peaks.reset_index(drop=True)
    explains, beyond = np.full(len(peaks), -1), peaks["score"].to_numpy(copy=True)
    for video, found in faults[faults["first_frame"] >= 0].groupby("video"):
        of_video = objects[objects["video"] == video]
        hits = [fault for fault in found.itertuples() if mostly_above(of_video, fault, high)]
        for peak in peaks[peaks["video"] == video].itertuples():
            share = [fault for fault in hits if met(peak, fault)]
            if share:
                own = of_video[of_video["track"] == peak.track]
                own = own[own["frame"].between(peak.first_frame, peak.last_frame)]
                free = ~np.any([touched(own["frame"].to_numpy(), fault) for fault in hits], axis=0)
                explains[peak.Index] = share[0].Index
                beyond[peak.Index] = min(own["raw"][free].max(), peak.score) if free.any() else -math.inf
    return peaks.assign(fault=explains, beyond=beyond)


def met(peak, fault) -> bool:
    """Whether a peak and a fault share a frame."""
    return fault.first_frame <= peak.last_frame and fault.last_frame >= peak.first_frame


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


def find_threshold(peaks: pd.DataFrame, frames: pd.DataFrame, per_hour: float) -> Threshold:
    """The height that so many peaks per hour of normal footage reach, by those of the held-out clips.

    Those that are put down to a fault of the recording do not count, unless there are no others.

    Args:
        peaks: as of `with_faults`.
        frames: video, split and fps of each recorded frame.
    """
    normal = frames[frames["split"] == "held_out"]
    hours, of_normal = hours_of(normal), peaks[peaks["split"] == "held_out"]
    # What a fault explains at any threshold has no height without it.
    without_faults = of_normal["beyond"][of_normal["beyond"] > -math.inf]
    heights = (without_faults if len(without_faults) else of_normal["score"]).to_numpy(float)
    rate = fit_rate(heights, hours) if can_tell(len(heights), hours, per_hour) else None
    value = rate.height(per_hour) if rate else math.inf
    return Threshold(value, rate, hours, normal["video"].nunique(), len(heights), int((heights >= value).sum()))
