"""From which threshold on a peak alarms."""

import math
from typing import NamedTuple

import pandas as pd

from stages.common.metrics.incidents import hours_of
from stages.common.metrics.rate import Rate, can_tell, fit_rate, heights_of


class Threshold(NamedTuple):
    """From which height of a peak on something is an alarm, and the held-out footage that it rests on."""

    value: float  # infinite where that is too little
    rate: Rate | None  # of its peaks; None where it is too little
    hours: float
    clips: int
    peaks: int
    reached: int  # how many of the peaks reach the threshold


def find_threshold(peaks: pd.DataFrame, frames: pd.DataFrame, per_hour: float) -> Threshold:
    """The height that so many peaks per hour of normal footage reach, by those of the held-out clips.

    Args:
        peaks: PEAKS.
        frames: video, split and fps of each recorded frame.
    """
    normal = frames[frames["split"] == "held_out"]
    hours, heights = hours_of(normal), heights_of(peaks[peaks["split"] == "held_out"])
    rate = fit_rate(heights, hours) if can_tell(len(heights), hours, per_hour) else None
    value = rate.height(per_hour) if rate else math.inf
    return Threshold(value, rate, hours, normal["video"].nunique(), len(heights), int((heights >= value).sum()))
