"""How far a metric would be off with other test videos: percentile bootstrap over videos.

Videos are drawn anew with replacement, as many as there are; what counts of a drawing is how often each video is in it,
its weights. The frames of one video are too much alike to be drawn one by one. (Efron and Tibshirani, An Introduction
to the Bootstrap, 1993, chapter 13.)
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from stages.common.metrics.frame import MacroPolicy, auc_per_video, checked
from stages.common.metrics.region import area, curve_of, findings


def drawings(videos: int, count: int = 1000, seed: int = 0) -> np.ndarray:
    """Weights of the videos in each drawing, int64 (count, videos); each row sums to `videos`.

    Of fewer than two videos there are no drawings, for all of them would be the same.
    """
    if videos < 2:
        return np.zeros((0, videos), np.int64)
    return np.random.default_rng(seed).multinomial(videos, np.full(videos, 1 / videos), size=count)


def interval(values: np.ndarray, share: float = 0.95) -> tuple[float, float]:
    """Between which the middle share of the values lies; NaN ones, of drawings without a value, are left out.

    >>> low, high = interval(np.append(np.arange(101.0), np.nan))
    >>> round(low, 6), round(high, 6)
    (2.5, 97.5)
    """
    known = values[~np.isnan(values)]
    bounds = np.quantile(known, [(1 - share) / 2, (1 + share) / 2]) if len(known) else [np.nan, np.nan]
    return float(bounds[0]), float(bounds[1])


def micro_auc(labels: ArrayLike, scores: ArrayLike, videos: ArrayLike, weights: np.ndarray) -> np.ndarray:
    """`frame.micro_auc` of each drawing, float (drawings,); NaN where one has a single class.

    The AUC counts pairs of an anomalous and a normal frame in the right order. Counted once for each pair of videos,
    they give that of any drawing.

    Args:
        labels, scores, videos: (n,), as for `frame.macro_auc`.
        weights: (drawings, videos), the videos in sorted order.
    """
    labels, scores = checked(labels, scores)
    codes, names = pd.factorize(np.asarray(videos), sort=True)
    anomalous, normal = ([scores[(codes == v) & (labels == kind)] for v in range(len(names))] for kind in (1, 0))
    every, owner = np.concatenate([*anomalous, np.zeros(0)]), np.repeat(range(len(names)), list(map(len, anomalous)))
    ordered = np.zeros((len(names), len(names)))
    for other, below in enumerate(map(np.sort, normal)):
        wins = (np.searchsorted(below, every, side="left") + np.searchsorted(below, every, side="right")) / 2
        ordered[:, other] = np.bincount(owner, wins, minlength=len(names))
    pairs = np.outer(list(map(len, anomalous)), list(map(len, normal)))
    right, all_pairs = (np.einsum("dv,vu,du->d", weights, each, weights) for each in (ordered, pairs))
    return np.divide(right, all_pairs, out=np.full(len(weights), np.nan), where=all_pairs > 0)


def macro_auc(
    labels: ArrayLike, scores: ArrayLike, videos: ArrayLike, weights: np.ndarray, policy: MacroPolicy
) -> np.ndarray:
    """`frame.macro_auc` of each drawing, float (drawings,); NaN where one has a single class, or no video is left."""
    aucs = auc_per_video(labels, scores, videos, policy)
    shares = pd.Series(np.asarray(labels, float)).groupby(np.asarray(videos)).mean()[aucs.index].to_numpy()
    both = (weights @ (shares > 0) > 0) & (weights @ (shares < 1) > 0)
    known = aucs.notna().to_numpy()
    total = weights[:, known].sum(axis=1)
    sums = weights[:, known] @ aucs[known].to_numpy()
    return np.divide(sums, total, out=np.full(len(weights), np.nan), where=both & (total > 0))


def region_track_areas(
    detections: pd.DataFrame, regions: pd.DataFrame, frames_of: pd.Series, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """RBDC and TBDC of each drawing, float (drawings,) each; NaN where one has no region.

    Args:
        detections, regions: as for `region.region_track_curve`.
        frames_of: the number of frames of every test video, by its name; in the order of the weights' columns.
        weights: (drawings, videos).

    Raises:
        ValueError: as `region_track_curve` does, or for boxes of a video that is not in `frames_of`.
    """
    found = findings(detections, regions, max(1, int(frames_of.sum())))
    columns = frames_of.index.get_indexer(found.videos)
    if (columns < 0).any():
        raise ValueError(f"frames_of: expected every video with boxes, {found.videos[columns < 0][0]!r} is missing")
    frames = weights @ frames_of.to_numpy()
    areas = [area(curve_of(found, total, times[columns])) for times, total in zip(weights, frames, strict=True)]
    return np.array([each.rbdc for each in areas]), np.array([each.tbdc for each in areas])
