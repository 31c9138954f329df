"""Tubes as arrays: which of their frames are shown (paper, section 3.1)."""

import numpy as np


def regular_offsets(half: int) -> np.ndarray:
    """Frames of a consecutive tube, relative to its middle: int (2 half + 1,).

    >>> regular_offsets(2)
    array([-2, -1,  0,  1,  2])
    """
    return np.arange(-half, half + 1)


def irregular_offsets(half: int, max_step: int, count: int, random: np.random.Generator) -> np.ndarray:
    """Frames of tubes that skip frames, int (count, 2 half + 1), ascending, 0 in the middle.

    From the middle outwards, on both sides, each next frame is 2 to max_step further, drawn anew for each.
    """
    steps = random.integers(2, max_step + 1, (2, count, half))
    before, after = np.cumsum(steps, axis=2)
    return np.concatenate([-before[:, ::-1], np.zeros((count, 1), int), after], axis=1)


def take_offsets(tubes: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Frames at `offsets` from the middle of wide tubes (N, 2 reach + 1, side, side, channels).

    offsets: int (frames,) for all, or (N, frames) one row each; within -reach..reach.
    """
    places = offsets + tubes.shape[1] // 2
    return tubes[:, places] if offsets.ndim == 1 else tubes[np.arange(len(tubes))[:, None], places]


def middle_of(tubes: np.ndarray) -> np.ndarray:
    """The middle frames (N, side, side, channels) of tubes (N, frames, side, side, channels)."""
    return tubes[:, tubes.shape[1] // 2]
