"""Frame-level metrics of video anomaly detection: arrays in, numbers out, in the manner of `sklearn.metrics`.

All functions take `labels`, bool or 0/1 of shape (n,), true where a frame is anomalous, and `scores`, finite float of
shape (n,), higher where a frame is more anomalous; any range, since only their order counts. A value that the
definition leaves undefined is NaN, as all are unless both classes occur; a score that is not finite is a ValueError.

"Macro AUC" stands for more than one thing in the literature, because the AUC of a clip with one class is undefined;
`macro_auc` names two. None of them rescales the scores of a clip: that would use the whole test clip.
"""

import math
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn import metrics

MacroPolicy = Literal["pad", "mixed"]


class RocCurve(NamedTuple):
    """Points of a ROC curve from (0, 0) to (1, 1): float64 arrays of one length."""

    false_positive_rate: np.ndarray
    true_positive_rate: np.ndarray
    thresholds: np.ndarray  # descending; the first is +inf, where no frame is called anomalous


def roc(labels: ArrayLike, scores: ArrayLike) -> RocCurve:
    """Receiver operating characteristic over all frames, without the points that lie on a straight line.

    Unless both classes occur there is no curve: one point whose values are NaN.
    """
    labels, scores = checked(labels, scores)
    return RocCurve(*(metrics.roc_curve(labels, scores) if _has_both_classes(labels) else np.full((3, 1), np.nan)))


def micro_auc(labels: ArrayLike, scores: ArrayLike) -> float:
    """Area under the ROC curve of all frames of all videos together, in [0, 1].

    The probability that an anomalous frame scores above a normal one, ties counting half. The frames of all videos
    are ranked in one list, so the scores must be comparable across videos.
    """
    labels, scores = checked(labels, scores)
    return float(metrics.roc_auc_score(labels, scores)) if _has_both_classes(labels) else math.nan


def macro_auc(labels: ArrayLike, scores: ArrayLike, videos: ArrayLike, policy: MacroPolicy = "pad") -> float:
    """Mean over the videos of the AUC of each video, in [0, 1]; NaN also where no video is left.

    `videos`, string or integer of shape (n,), names each frame's video. What a video with one class counts:

    - "pad": every video gets a normal frame scored below all of its own and an anomalous frame scored above all of
      them. With P anomalous and N normal frames and raw AUC A this is (P N A + P + N + 1) / ((P + 1)(N + 1)): no video
      is left out, one with a single class counts 1, and chance is above 0.5 (about 0.68 on Ped2). It is what the
      script beside the UBnormal data set does, by the authors of Georgescu et al., CVPR 2021, and so the one to
      compare with their macro AUC.
    - "mixed": the mean over the videos that hold both classes; the others are left out. Chance is 0.5.
    """
    aucs = auc_per_video(labels, scores, videos, policy)
    # Padded, a set of one class would have 1 whatever its scores. pandas leaves out the NaN of left-out videos.
    return float(aucs.mean()) if _has_both_classes(np.asarray(labels, bool)) else math.nan


def auc_per_video(labels: ArrayLike, scores: ArrayLike, videos: ArrayLike, policy: MacroPolicy = "pad") -> pd.Series:
    """AUC of each video as `macro_auc` counts it: float64 indexed by video in sorted order, NaN for one left out."""
    labels, scores = checked(labels, scores)
    clips = pd.DataFrame({"label": labels, "score": scores}).groupby(np.asarray(videos))
    return pd.Series({name: _video_auc(clip["label"], clip["score"], policy) for name, clip in clips}, dtype=float)


def equal_error_rate(labels: ArrayLike, scores: ArrayLike) -> float:
    """Rate at which false positives and misses are equally frequent, in [0, 1]; lower is better.

    Found on the ROC polygon, that is with a straight line between neighbouring thresholds, as reported with the UCSD
    data set (Mahadevan et al., "Anomaly Detection in Crowded Scenes", CVPR 2010).
    """
    curve = roc(labels, scores)
    # False positives less misses: it rises at every threshold, from -1 to 1, so its zero is unique.
    excess = curve.false_positive_rate + curve.true_positive_rate - 1
    return math.nan if np.isnan(excess).any() else float(np.interp(0, excess, curve.false_positive_rate))


def average_precision(labels: ArrayLike, scores: ArrayLike) -> float:
    """Mean precision weighted by the rise in recall (sklearn's `average_precision_score`), in (0, 1].

    Chance is the share of anomalous frames.
    """
    labels, scores = checked(labels, scores)
    return float(metrics.average_precision_score(labels, scores)) if _has_both_classes(labels) else math.nan


def _video_auc(labels: pd.Series, scores: pd.Series, policy: MacroPolicy) -> float:
    raw = micro_auc(labels, scores)
    if policy == "mixed":
        return raw
    anomalous = int(labels.sum())
    normal = len(labels) - anomalous
    # The closed form of the two extra frames: no made-up scores that could tie with, or overflow, the real ones.
    ordered_pairs = anomalous * normal * raw if anomalous and normal else 0
    return (ordered_pairs + anomalous + normal + 1) / ((anomalous + 1) * (normal + 1))


def _has_both_classes(labels: np.ndarray) -> bool:
    return bool(labels.any() and not labels.all())


def checked(labels: ArrayLike, scores: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Labels as bool and scores as float64, both (n,)."""
    scores = np.asarray(scores, dtype=float)
    if not np.isfinite(scores).all():
        first = int(np.argmin(np.isfinite(scores)))
        raise ValueError(f"scores: expected finite numbers, got {scores[first]} at frame {first} of {len(scores)}")
    return np.asarray(labels, bool), scores
