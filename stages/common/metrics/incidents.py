"""Incidents and alarms: what an operator asks, beside areas under curves.

An incident is a stretch of frames of one video that are labelled anomalous. An alarm at a threshold is a stretch of
frames of one video that score at least that much, those with less than so many seconds between them and what lies
between them being one: `joined` gives scores whose plain stretches are these. An alarm is false if none of its frames
is anomalous, however long it is. An incident is found if any of its frames is in an alarm.

All functions take frames in the order of time, video by video: `labels`, bool (n,), true where a frame is anomalous;
`scores`, finite float (n,), higher where a frame is more anomalous; and `videos` (n,), the name of each frame's video.
"""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike


class AlarmCurve(NamedTuple):
    """What alarms find at each threshold: arrays of one length."""

    thresholds: np.ndarray  # the different scores, descending, in their precision
    false_alarms: np.ndarray  # int64; they may become fewer as the threshold falls, where two of them become one
    incidents_found: np.ndarray  # int64, non-decreasing


def stretches(marked: ArrayLike, videos: ArrayLike | None = None) -> np.ndarray:
    """First and last place of each stretch of true values, int64 (stretches, 2), both inclusive.

    Args:
        videos: (n,), of each place; no stretch goes from one to the next.
    """
    marked = np.asarray(marked, bool)
    goes_on = marked[1:] & marked[:-1]
    if videos is not None:
        videos = np.asarray(videos)
        goes_on &= videos[1:] == videos[:-1]
    first = np.flatnonzero(marked & ~np.append(False, goes_on)[: len(marked)])
    last = np.flatnonzero(marked & ~np.append(goes_on, False)[: len(marked)])
    return np.column_stack([first, last])


def stretch_numbers(videos: ArrayLike, frames: ArrayLike) -> np.ndarray:
    """A number, int64 (n,), of the recorded stretch that each frame is in: another for each video, and after each frame
    that was not recorded. Where it is given for `videos`, nothing goes on over what is not there."""
    videos, frames = np.asarray(videos), np.asarray(frames)
    begins = (videos[1:] != videos[:-1]) | (frames[1:] != frames[:-1] + 1)
    return np.append(0, np.cumsum(begins))[: len(videos)]


def incidents(labels: ArrayLike, videos: ArrayLike) -> np.ndarray:
    """First and last frame of each incident, int64 (incidents, 2), as `stretches` gives them."""
    return stretches(labels, videos)


def alarms(scores: ArrayLike, videos: ArrayLike, threshold: float) -> np.ndarray:
    """First and last frame of each alarm at a threshold, int64 (alarms, 2), as `stretches` gives them; of scores as of
    `joined`."""
    return stretches(np.asarray(scores) >= threshold, videos)


def joined(scores: ArrayLike, videos: ArrayLike, seconds: ArrayLike, join: float) -> np.ndarray:
    """Scores, float (n,), of which the plain stretches above any threshold are the joined alarms.

    A frame between two of its video that are less than `join` seconds apart has at least the lower score of these.
    Takes as many steps over all frames as there are frames in `join` seconds.

    Args:
        seconds: float (n,), when each frame begins, ascending in each video. The first of the two frames lasts until
            the next one begins.
    """
    scores, videos, seconds = _floats(scores).copy(), np.asarray(videos), np.asarray(seconds, float)
    for places in np.split(np.arange(len(scores)), np.flatnonzero(videos[1:] != videos[:-1]) + 1):
        scores[places] = _joined_of_video(scores[places], seconds[places], join)
    return scores


def alarm_curve(labels: ArrayLike, scores: ArrayLike, videos: ArrayLike) -> AlarmCurve:
    """False alarms and incidents found at every threshold that makes a difference.

    Raises:
        ValueError: a score that is not finite.
    """
    labels, scores, videos = np.asarray(labels, bool), _floats(scores), np.asarray(videos)
    if not np.isfinite(scores).all():
        raise ValueError(f"scores: expected finite numbers, got {scores[~np.isfinite(scores)][0]}")
    thresholds = np.unique(scores)[::-1]
    # Frames above a threshold less the pairs of neighbours that are both above it: the stretches. So also for the
    # stretches with an anomalous frame, of which the next anomalous one is a neighbour if all between are above.
    every, anomalous = np.arange(len(scores)), np.flatnonzero(labels)
    all_alarms, true_alarms = (stretch_counts(scores, videos, places, thresholds) for places in (every, anomalous))
    peaks = [scores[first : last + 1].max() for first, last in incidents(labels, videos)]
    return AlarmCurve(thresholds, all_alarms - true_alarms, _at_least(np.array(peaks), thresholds))


def threshold_for(curve: AlarmCurve, false_alarms: float) -> float:
    """The lowest threshold that gives, with all above it, no more than so many false alarms.

    It is just above the highest score that gives more, by the least that the scores' precision tells apart; the lowest
    score where none does, and infinite of no scores.
    """
    if not len(curve.thresholds):
        return math.inf
    too_many = np.flatnonzero(curve.false_alarms > false_alarms)
    if not len(too_many):
        return float(curve.thresholds[-1])
    return float(np.nextafter(curve.thresholds[too_many[0]], curve.thresholds.dtype.type(math.inf)))


def counts_at(curve: AlarmCurve, threshold: float) -> tuple[int, int]:
    """False alarms and incidents found at any threshold."""
    reached = np.searchsorted(-curve.thresholds, -threshold, side="right")
    return (int(curve.false_alarms[reached - 1]), int(curve.incidents_found[reached - 1])) if reached else (0, 0)


def hours_of(frames: pd.DataFrame) -> float:
    """Hours of footage that so many frames are, by the frames per second of each (column fps)."""
    # Rounded, since an hour at 10 frames per second sums up to 0.9999999999999998, in which there is no whole alarm.
    return round(float((1 / frames["fps"]).sum() / 3600), 9)


def _joined_of_video(scores: np.ndarray, seconds: np.ndarray, join: float) -> np.ndarray:
    # The last frame that begins less than `join` seconds after each one ends; the widest pair of such frames.
    places, reach = np.arange(len(scores) - 1), np.searchsorted(seconds, seconds[1:] + join) - 1
    widest = int((reach - places).max(initial=1))
    # Of each two frames so far apart, the highest that a frame between them gets by these two or by a pair around them.
    between = np.full(max(len(scores) - widest - 1, 0), -math.inf, scores.dtype)
    for apart in range(widest, 1, -1):
        lower = np.minimum(scores[:-apart], scores[apart:])
        lower[reach[: len(lower)] < places[: len(lower)] + apart] = -math.inf
        between = np.maximum(lower, np.maximum(np.append(between, -math.inf), np.append(-math.inf, between)))
    found = scores.copy()
    if widest > 1:
        found[1:-1] = np.maximum(scores[1:-1], between)
    return found


def stretch_counts(scores: np.ndarray, videos: np.ndarray, places: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """How many stretches of frames at or above each threshold hold one of `places`, int64 (thresholds,).

    Args:
        scores, videos: as of `alarm_curve`.
        places: int (m,), ascending.
        thresholds: any, in any order.
    """
    paired = np.flatnonzero(videos[places[1:]] == videos[places[:-1]])
    bounds = np.column_stack([places[:-1], places[1:] + 1])[paired].ravel()
    # Of every other slice between the bounds: those from a place to the next. The end of the array is no slice's start.
    lowest = np.minimum.reduceat(np.append(scores, math.inf), bounds)[::2] if len(bounds) else np.zeros(0)
    return _at_least(scores[places], thresholds) - _at_least(lowest, thresholds)


def _at_least(values: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """How many of the values reach each threshold, int64 (thresholds,)."""
    return len(values) - np.searchsorted(np.sort(values), thresholds, side="left")


def _floats(scores: ArrayLike) -> np.ndarray:
    """In the precision that they have: a threshold is compared with the tables' scores as they are."""
    scores = np.asarray(scores)
    return scores if np.issubdtype(scores.dtype, np.floating) else scores.astype(float)
