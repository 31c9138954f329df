"""Which peaks a fault of the recording explains."""

import math

import numpy as np
import pandas as pd

# Frames around the beginning and the end of a fault that it touches: tubes reach some frames to either side.
TOUCHED = 6
# A fault is no object's doing if, in the few frames around its beginning or end, at least this share of the objects
# there score higher on the mean than 9 of 10 normal ones.
HIT_REACH, HIT_SHARE, HIT_QUANTILE = 3, 0.6, 0.9


def with_faults(peaks: pd.DataFrame, objects: pd.DataFrame, faults: pd.DataFrame) -> pd.DataFrame:
    """The peaks (PEAKS), each with the fault that may explain it and how high it is without that.

    An alarm is put down to a fault of the recording if they share a frame, if the fault hits most of the objects there,
    and if the object reaches the threshold, before its score is smoothed, nowhere but within a few frames of the
    beginning or the end of such a fault: whatever goes on stays an alarm.

    Args:
        objects: OBJECT_SCORES.
        faults: SOURCE_FAULTS, by whose index `fault` names them.
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
