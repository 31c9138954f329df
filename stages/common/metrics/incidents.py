"""Events and alarms: what an operator asks, beside areas under curves.

An event is a stretch of anomalous frames of one video. An alarm at a threshold is a stretch of frames of one video that
score at least that much; it is a false alarm if none of its frames is anomalous, however long it is. An event is found
if any of its frames is in an alarm.

All functions take frames in the order of time, video by video: `labels`, bool (n,), true where a frame is anomalous;
`scores`, finite float (n,), higher where a frame is more anomalous; and `videos` (n,), the name of each frame's video.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike


class AlarmCurve(NamedTuple):
    """What alarms find at each threshold: arrays of one length."""

    thresholds: np.ndarray  # float64, the different scores, descending
    false_alarms: np.ndarray  # int64; they may become fewer as the threshold falls, where two of them become one
    events_found: np.ndarray  # int64, non-decreasing


def events(labels: ArrayLike, videos: ArrayLike) -> np.ndarray:
    """First and last frame of each event, int64 (events, 2), as places in the arrays, both inclusive.

    >>> events([False, True, True, True, True, False], list("aaabbb")).tolist()
    [[1, 2], [3, 4]]
    """
    labels, videos = np.asarray(labels, bool), np.asarray(videos)
    joined = labels[1:] & labels[:-1] & (videos[1:] == videos[:-1])
    first = np.flatnonzero(labels & ~np.append(False, joined))
    last = np.flatnonzero(labels & ~np.append(joined, False))
    return np.column_stack([first, last])


def alarm_curve(labels: ArrayLike, scores: ArrayLike, videos: ArrayLike) -> AlarmCurve:
    """False alarms and events found at every threshold that makes a difference.

    Raises:
        ValueError: arrays of different lengths, a score that is not finite, or a video in two pieces.

    >>> curve = alarm_curve([0, 0, 0, 1, 1, 0], [0.9, 0.2, 0.9, 0.5, 0.1, 0.3], ["a"] * 6)
    >>> curve.thresholds.tolist()
    [0.9, 0.5, 0.3, 0.2, 0.1]
    >>> curve.false_alarms.tolist(), curve.events_found.tolist()
    ([2, 1, 2, 1, 0], [0, 1, 1, 1, 1])
    """
    labels, scores, videos = _checked(labels, scores, videos)
    thresholds = np.unique(scores)[::-1]
    # Frames above a threshold less the pairs of neighbours that are both above it: the stretches. So also for the
    # stretches with an anomalous frame, of which the next anomalous one is a neighbour if all between are above.
    every, anomalous = np.arange(len(scores)), np.flatnonzero(labels)
    alarms, true_alarms = (_stretches(scores, videos, places, thresholds) for places in (every, anomalous))
    peaks = [scores[first : last + 1].max() for first, last in events(labels, videos)]
    return AlarmCurve(thresholds, alarms - true_alarms, _at_least(np.array(peaks), thresholds))


def threshold_for(curve: AlarmCurve, false_alarms: float) -> float:
    """The lowest threshold that gives, with all above it, no more than so many false alarms.

    It is just above the highest score that gives more; the lowest score where none does, and infinite of no scores.

    >>> curve = alarm_curve([0, 0, 0, 1, 1, 0], [0.9, 0.2, 0.9, 0.5, 0.1, 0.3], ["a"] * 6)
    >>> threshold_for(curve, 2), bool(0.9 < threshold_for(curve, 1.5) < 0.9001)
    (0.1, True)
    """
    if not len(curve.thresholds):
        return math.inf
    too_many = np.flatnonzero(curve.false_alarms > false_alarms)
    return float(np.nextafter(curve.thresholds[too_many[0]], math.inf) if len(too_many) else curve.thresholds[-1])


def counts_at(curve: AlarmCurve, threshold: float) -> tuple[int, int]:
    """False alarms and events found at any threshold.

    >>> counts_at(alarm_curve([0, 1, 0], [0.3, 0.5, 0.1], ["a"] * 3), 0.4)
    (0, 1)
    """
    reached = np.searchsorted(-curve.thresholds, -threshold, side="right")
    return (int(curve.false_alarms[reached - 1]), int(curve.events_found[reached - 1])) if reached else (0, 0)


def _stretches(scores: np.ndarray, videos: np.ndarray, places: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """How many stretches of frames at or above each threshold hold one of `places`, int64 (thresholds,)."""
    paired = np.flatnonzero(videos[places[1:]] == videos[places[:-1]])
    bounds = np.column_stack([places[:-1], places[1:] + 1])[paired].ravel()
    # Of every other slice between the bounds: those from a place to the next. The end of the array is no slice's start.
    lowest = np.minimum.reduceat(np.append(scores, math.inf), bounds)[::2] if len(bounds) else np.zeros(0)
    return _at_least(scores[places], thresholds) - _at_least(lowest, thresholds)


def _at_least(values: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """How many of the values reach each threshold, int64 (thresholds,)."""
    return len(values) - np.searchsorted(np.sort(values), thresholds, side="left")


def _checked(labels: ArrayLike, scores: ArrayLike, videos: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    labels, scores, videos = np.asarray(labels, bool), np.asarray(scores, float), np.asarray(videos)
    if not labels.shape == scores.shape == videos.shape or labels.ndim != 1:
        raise ValueError(
            f"labels, scores, videos: expected one shape (n,), got {labels.shape}, {scores.shape}, {videos.shape}"
        )
    if not np.isfinite(scores).all():
        raise ValueError(f"scores: expected finite numbers, got {scores[~np.isfinite(scores)][0]}")
    if len(videos) and 1 + (videos[1:] != videos[:-1]).sum() != len(np.unique(videos)):
        raise ValueError("videos: expected the frames of each video one after the other")
    return labels, scores, videos
