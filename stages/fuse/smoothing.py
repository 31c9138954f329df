"""From object scores to frame scores: along tracks, over the object map, over time (paper, section 3.4)."""

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter1d, uniform_filter

# Frames of which the object map is in memory at once.
STRETCH = 512
# Pixels of the side of one place of the object map.
CELL = 10


def smooth_track(frames: np.ndarray, scores: np.ndarray, sigma: float) -> np.ndarray:
    """Scores (n,) of one track, each a Gaussian mean over the track's own boxes, by distance in `frames` (n,).

    The weights sum to 1 however many frames the track lacks or however near its end is.
    """
    if sigma <= 0 or not len(scores):
        return scores
    places = frames - frames.min()
    values, there = np.zeros(places.max() + 1), np.zeros(places.max() + 1)
    np.add.at(values, places, scores)
    np.add.at(there, places, 1.0)
    values, there = (gaussian_filter1d(each, sigma, mode="constant")[places] for each in (values, there))
    return values / there


def smooth_tracks(objects: pd.DataFrame, column: str, seconds: float, fps: dict[str, float]) -> np.ndarray:
    """The scores of `column` smoothed along each track, float (n,); `fps` is that of each video."""
    smoothed = objects[column].to_numpy(float, copy=True)
    frames = objects["frame"].to_numpy()
    for (video, _), rows in objects.groupby(["video", "track"]).indices.items():
        smoothed[rows] = smooth_track(frames[rows], smoothed[rows], seconds * fps[video])
    return smoothed


def frame_maxima(frames: np.ndarray, scores: np.ndarray, length: int) -> np.ndarray:
    """The highest score of each frame, float (length,); NaN where there is no object."""
    highest = np.full(length, -np.inf)
    np.maximum.at(highest, frames, scores)
    return np.where(np.isinf(highest), np.nan, highest)


def object_map_maxima(
    frames: np.ndarray, boxes: np.ndarray, scores: np.ndarray, shape: tuple[int, int, int], side: int, level: float
) -> np.ndarray:
    """The highest value of each frame's object map after a 3D mean filter, float (frames,); NaN without objects.

    The map holds at each place the highest score of the boxes there, and where there is none `level`, which stands for
    nothing unusual.

    Args:
        frames, boxes, scores: int (n,), float (n, 4) in pixels, float (n,).
        shape: frames, height, width of the clip.
        side: of the filter, in frames and in places.
    """
    length, height, width = shape
    rows, columns = -(-height // CELL), -(-width // CELL)
    edges = np.concatenate([boxes[:, :2] // CELL, -(-boxes[:, 2:] // CELL)], axis=1).astype(int)
    order, highest = np.argsort(frames, kind="stable"), np.full(length, np.nan)
    # A stretch at a time, with what the filter sees before and after it: the map of an hour would fill the memory.
    for start in range(0, length, STRETCH):
        first, last = max(0, start - side), min(length, start + STRETCH + side)
        volume = np.full((last - first, rows, columns), -np.inf, np.float32)
        for row in order[slice(*np.searchsorted(frames[order], (first, last)))]:
            left, top, right, bottom = edges[row]
            place = volume[frames[row] - first, top : max(bottom, top + 1), left : max(right, left + 1)]
            np.maximum(place, scores[row], out=place)
        empty = np.isinf(volume)
        filtered = uniform_filter(np.where(empty, level, volume), side, mode="nearest").max(axis=(1, 2))
        inside = slice(start - first, min(start + STRETCH, length) - first)
        highest[start : start + STRETCH] = np.where(~empty.all(axis=(1, 2)), filtered, np.nan)[inside]
    return highest


def fill_frames(scores: np.ndarray, margin: int, level: float, searched: np.ndarray, spans: np.ndarray) -> np.ndarray:
    """Frame scores, float (n,), NaN without objects, without gaps.

    Live frames take the value of the nearest that is one of the `searched`, int (k,), ascending, and none of the
    `margin` at either end of what is kept, in which no object is scored; a frame without objects is as normal as can
    be, at `level`.

    Args:
        spans: int (m, 4), first and stop of each live stretch, and of what is kept of it (SPANS).
    """
    filled = np.where(np.isnan(scores), level, scores)
    for first, stop, kept_first, kept_stop in spans:
        cut = min(margin, (kept_stop - kept_first - 1) // 2)
        inside = searched[(searched >= max(first, kept_first + cut)) & (searched < min(stop, kept_stop - cut))]
        if len(inside):
            filled[first:stop] = filled[np.clip(np.arange(first, stop), inside[0], inside[-1])]
    return filled


def smooth_frames(scores: np.ndarray, sigma: float) -> np.ndarray:
    """Frame scores under a symmetric Gaussian whose weights sum to 1; at the ends the outermost value goes on."""
    return gaussian_filter1d(scores, sigma, mode="nearest") if sigma > 0 else scores
