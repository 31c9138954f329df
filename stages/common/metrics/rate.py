"""How often normal footage rises to a height: a tail fitted to its peaks, and the threshold that this gives.

Peaks over a threshold (Pickands 1975): the upper half of the normal peaks is counted per hour, and how far they rise
above its edge is taken as exponential. A few peaks do not tell the mean of that. So all means count, each by how well
it explains the peaks (Bayes, with a gamma prior of its inverse). This makes the tail that of a Lomax distribution: the
fewer the peaks, the wider. One odd peak is one of many, and never the threshold by itself.
"""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import chi2

# The prior: that of so many peaks, whose mean excess is one deviation of a normal object's score.
KNOWN, EXCESS = 2.0, 1.0
# The prior of a count (Jeffreys): what was not seen is not impossible.
UNSEEN = 0.5
# Peaks of normal footage that a tail wants; of fewer there is no threshold.
LEAST = 10


class Rate(NamedTuple):
    """How often peaks are at least so high."""

    edge: float  # height in the midst of the peaks, above which the tail begins
    at_edge: float  # peaks per hour that reach it
    scale: float  # of the Lomax distribution beyond
    shape: float

    def per_hour(self, heights: ArrayLike) -> np.ndarray:
        """Peaks per hour that are at least so high, float (n,), of heights (n,); of all below the edge that of it."""
        beyond = np.maximum(np.asarray(heights, float) - self.edge, 0.0)
        return self.at_edge * (1 + beyond / self.scale) ** -self.shape

    def height(self, per_hour: float) -> float:
        """The height that so many peaks per hour reach, which is the edge at least; infinite for none."""
        if per_hour <= 0:
            return math.inf
        return self.edge + self.scale * max(0.0, (self.at_edge / per_hour) ** (1 / self.shape) - 1)


def heights_of(peaks: pd.DataFrame) -> np.ndarray:
    """Of PEAKS of normal footage, float (n,): without those that a fault of the recording explains at any threshold,
    which have no height of their own, unless there are no others."""
    heights = peaks["beyond"][peaks["beyond"] > -math.inf]
    return (heights if len(heights) else peaks["score"]).to_numpy(float)


def fit_rate(heights: ArrayLike, hours: float) -> Rate:
    """Of the heights (n,) of the peaks in so many `hours`, more than 0, of normal footage."""
    heights = np.asarray(heights, float)
    edge = float(np.median(heights)) if len(heights) else 0.0
    excesses = heights[heights >= edge] - edge
    return Rate(edge, (len(excesses) + UNSEEN) / hours, float(KNOWN * EXCESS + excesses.sum()), KNOWN + len(excesses))


def can_tell(peaks: int, hours: float, per_hour: float) -> bool:
    """Whether so many peaks in so many hours of normal footage can give a threshold for a rate."""
    return hours > 0 and (peaks >= LEAST or hours * per_hour >= 1)


def threshold(heights: ArrayLike, hours: float, per_hour: float) -> float:
    """The height that peaks of normal footage reach so many times an hour; infinite where they cannot tell it."""
    heights = np.asarray(heights, float)
    return fit_rate(heights, hours).height(per_hour) if can_tell(len(heights), hours, per_hour) else math.inf


def at_most(count: int, hours: float) -> float:
    """The highest rate per hour that may have given so few events in so many hours, with a confidence of 95 %."""
    return float(chi2.ppf(0.95, 2 * (count + 1)) / 2 / hours)
