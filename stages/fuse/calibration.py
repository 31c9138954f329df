"""Cues brought to one scale, learnt from normal objects that were held out."""

import functools
from collections.abc import Callable

import numpy as np
import pandas as pd

from stages.common.cues.all import ALL
from stages.fuse.settings import Fuse

Calibration = Callable[[np.ndarray], np.ndarray]
Fit = Callable[[np.ndarray], Calibration]
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


def probability(scores: np.ndarray) -> np.ndarray:
    """The paper's scores: the probability of the changed class, from the difference of its logits."""
    return 1 / (1 + np.exp(-np.clip(scores, -60, 60)))


def fit(cue: str, fuse: Fuse, normal: np.ndarray) -> Calibration:
    """The calibration of one cue by `fuse.method`: zscore, tail, or mean (the paper's plain scores)."""
    if fuse.method == "mean":
        return probability if getattr(ALL[cue], "LOGITS", False) else np.asarray
    return fit_tail(normal, fuse.tail_share) if fuse.method == "tail" else fit_zscore(normal)


def of_network(cue: str, network: int) -> str:
    """The column of what a network tells by a cue."""
    return f"{cue} {network}"


def calibrated(objects: pd.DataFrame, fuse: Fuse) -> pd.DataFrame:
    """The objects (split, `cut`, and a column per cue of ALL, or per cue and network) with each cue calibrated by the
    normal ones, as far as it is known of them: of the training clips' that is what needs no network.

    What a network says is calibrated by its own held-out clips. Of test clips all networks are asked, and their mean
    counts. Objects that the picture's edge cuts look and move like no other; they are calibrated among themselves.
    """
    normal, cut = (objects["split"] != "test").to_numpy(), objects["cut"].to_numpy()
    found = {}
    for cue in ALL:
        names = [name for name in objects if str(name).split(" ")[0] == cue]
        fits = functools.partial(fit, cue, fuse)
        said = [by_kind(objects[name].to_numpy(float), cut, normal, fits) for name in names]
        found[cue] = mean_of_known(np.reshape(said, (len(said), len(objects))))
    return objects.assign(**found)


def mean_of_known(values: np.ndarray) -> np.ndarray:
    """The mean of each column of values (n, m) without those that are NaN; NaN where all are."""
    known = ~np.isnan(values)
    return np.where(
        known.any(axis=0), np.where(known, values, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1), np.nan
    )


def by_kind(values: np.ndarray, kinds: np.ndarray, normal: np.ndarray, fit: Fit) -> np.ndarray:
    """Values (n,) calibrated, those of each of `kinds` (n,) by its `normal` ones, bool (n,); NaN stays NaN.

    Where the normal ones of a kind are too few (LEAST_ALIKE), those of all kinds speak for it.
    """
    known, scores = ~np.isnan(values), values.copy()
    for kind in np.unique(kinds):
        of_kind = (kinds == kind) & known
        alike = of_kind & normal if (of_kind & normal).sum() >= LEAST_ALIKE else known & normal
        if alike.any():
            scores[of_kind] = fit(values[alike])(values[of_kind])
    return scores
