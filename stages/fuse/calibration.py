"""Scores of different tasks brought to one scale, learnt from held-out normal objects."""

from collections.abc import Callable

import numpy as np

Calibration = Callable[[np.ndarray], np.ndarray]


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


def fit(task: str, normal: np.ndarray, method: str, tail_share: float) -> Calibration:
    """The calibration of one task by `fuse.method`: zscore, tail, or mean (the paper's plain scores)."""
    if method == "mean":
        return fit_probability(normal) if task in ("arrow", "irregularity") else fit_nothing(normal)
    return fit_tail(normal, tail_share) if method == "tail" else fit_zscore(normal)
