"""From object scores to frame scores: along tracks, over the object map, over time (paper, section 3.4)."""

import numpy as np
from scipy.ndimage import gaussian_filter1d, uniform_filter


def smooth_track(frames: np.ndarray, scores: np.ndarray, sigma: float) -> np.ndarray:
    """Scores (n,) of one track, each a Gaussian mean over the track's own boxes, by distance in frames.

    The weights of a box sum to 1 however many frames the track lacks or however near its end is.
    """
    if sigma <= 0 or not len(scores):
        return scores
    places = frames - frames.min()
    values, there = np.zeros(places.max() + 1), np.zeros(places.max() + 1)
    np.add.at(values, places, scores)
    np.add.at(there, places, 1.0)
    values, there = (gaussian_filter1d(each, sigma, mode="constant")[places] for each in (values, there))
    return values / there


def frame_maxima(frames: np.ndarray, scores: np.ndarray, length: int) -> np.ndarray:
    """The highest score of each frame, float (length,); NaN where there is no object."""
    highest = np.full(length, -np.inf)
    np.maximum.at(highest, frames, scores)
    return np.where(np.isinf(highest), np.nan, highest)


def object_map_maxima(
    frames: np.ndarray,
    boxes: np.ndarray,
    scores: np.ndarray,
    shape: tuple[int, int, int],
    cell: int,
    side: int,
    level: float,
) -> np.ndarray:
    """The highest value of each frame's object map after a 3D mean filter, float (frames,); NaN without objects.

    The map holds at each place the highest score of the boxes there, and `level` where there is none.

    Args:
        frames, boxes, scores: int (n,), float (n, 4) in pixels, float (n,).
        shape: frames, height, width of the clip.
        cell: pixels of the side of one place of the map.
        side: of the filter, in frames and in places.
        level: what stands for "nothing unusual".
    """
    length, height, width = shape
    rows, columns = -(-height // cell), -(-width // cell)
    volume = np.full((length, rows, columns), -np.inf, np.float32)
    edges = np.concatenate([boxes[:, :2] // cell, -(-boxes[:, 2:] // cell)], axis=1).astype(int)
    for frame, (left, top, right, bottom), score in zip(frames, edges, scores, strict=True):
        place = volume[frame, top : max(bottom, top + 1), left : max(right, left + 1)]
        np.maximum(place, score, out=place)
    empty = np.isinf(volume)
    with_objects = ~empty.all(axis=(1, 2))
    filtered = uniform_filter(np.where(empty, level, volume), side, mode="nearest").max(axis=(1, 2))
    return np.where(with_objects, filtered, np.nan)


def fill_frames(scores: np.ndarray, margin: int, level: float, every: int) -> np.ndarray:
    """Frame scores without gaps.

    The `margin` frames at either end, in which no object is scored, take the value of the nearest searched frame
    between them; a frame there without objects is as normal as can be, at `level`.

    Args:
        scores: float (n,), NaN without objects.
        every: so many-th frame has been searched, from the first on.
    """
    filled, last = np.where(np.isnan(scores), level, scores), len(scores) - 1
    margin = min(margin, last // 2)
    first, last = -(-margin // every) * every, (last - margin) // every * every
    return filled[np.clip(np.arange(len(filled)), min(first, last), last)]


def smooth_frames(scores: np.ndarray, sigma: float) -> np.ndarray:
    """Frame scores under a symmetric Gaussian whose weights sum to 1; at the ends the outermost value goes on."""
    return gaussian_filter1d(scores, sigma, mode="nearest") if sigma > 0 else scores
