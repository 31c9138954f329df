"""Cues brought to one scale, learnt from held-out normal objects."""

import functools
from collections.abc import Callable

import numpy as np
import pandas as pd

from stages.common.cues.all import ALL
from stages.fuse.settings import Fuse

Calibration = Callable[[np.ndarray], np.ndarray]
# Normal objects of a kind that a calibration among themselves needs; the deviation of one or two could be next to
# nothing, and every score far from it beyond all bounds.
LEAST_ALIKE = 30


def fit_zscore(normal: np.ndarray) -> Calibration:
    """Standard deviations above the mean of the normal scores, float (n,)."""
    mean, deviation = normal.mean(), max(normal.std(), 1e-9)
    return lambda scores: (scores - mean) / deviation


def fit_tail(normal: np.ndarray, share: float) -> Calibration:
    """-log of the share of normal scores that are at least as high.

    Among the highest `share` of the normal scores, where there are few to count, and beyond, the tail is taken as
    exponential with their mean excess, so that what is far out still differs from what is farther out.
    """
    ordered = np.sort(normal)
    edge = np.quantile(ordered, 1 - share)
    above = ordered[ordered > edge]
    # Ties at the top leave no excess to go by; a hundredth of the deviation bounds it from below.
    excess = max((above - edge).mean() if len(above) else 0.0, ordered.std() / 100, 1e-9)

    def surprise(scores: np.ndarray) -> np.ndarray:
        higher = len(ordered) - np.searchsorted(ordered, scores, side="left")
        counted = -np.log(np.maximum(higher, share * len(ordered)) / len(ordered))
        return counted + np.maximum(scores - edge, 0) / excess

    return surprise


def fit_probability(normal: np.ndarray) -> Calibration:
    """The paper's scores: the probability of the changed class, from the difference of its logits."""
    return lambda scores: 1 / (1 + np.exp(-np.clip(scores, -60, 60)))


def fit_nothing(normal: np.ndarray) -> Calibration:
    return lambda scores: scores


def fit(cue: str, normal: np.ndarray, method: str, tail_share: float) -> Calibration:
    """The calibration of one cue by `fuse.method`: zscore, tail, or mean (the paper's plain scores)."""
    if method == "mean":
        return fit_probability(normal) if getattr(ALL[cue], "LOGITS", False) else fit_nothing(normal)
    return fit_tail(normal, tail_share) if method == "tail" else fit_zscore(normal)


def calibrated(objects: pd.DataFrame, fuse: Fuse) -> pd.DataFrame:
    """The objects with each cue of ALL calibrated.

    Objects that the picture's edge cuts look and move like no other; they are calibrated among themselves.

    Args:
        objects: a column per cue, `split` and `cut`.
    """
    normal, cut = (objects["split"] == "held_out").to_numpy(), objects["cut"].to_numpy()
    values = {}
    for cue in ALL:
        of_cue = functools.partial(fit, cue, method=fuse.method, tail_share=fuse.tail_share)
        values[cue] = by_kind(objects[cue].to_numpy(float), cut, normal, of_cue)
    return objects.assign(**values)


def by_kind(
    values: np.ndarray, kinds: np.ndarray, normal: np.ndarray, calibrate: Callable[[np.ndarray], Calibration]
) -> np.ndarray:
    """Values (n,) calibrated, those of each kind by its normal ones; NaN stays NaN.

    Where the normal ones of a kind are too few (LEAST_ALIKE), those of all kinds speak for it.

    Args:
        kinds: int or bool (n,).
        normal: bool (n,), the held-out objects.
        calibrate: gives the calibration by normal values.
    """
    known = ~np.isnan(values)
    scores = values.copy()
    for kind in np.unique(kinds):
        of_kind = (kinds == kind) & known
        alike = of_kind & normal if (of_kind & normal).sum() >= LEAST_ALIKE else known & normal
        if alike.any():
            scores[of_kind] = calibrate(values[alike])(values[of_kind])
    return scores
