"""The small pictures of an event: where it is, and how its object moves."""

import cv2
import numpy as np

from stages.common.drawing.boxes import ALARM, outline, resized
from stages.common.frames.store import Frames


def scene(frame: np.ndarray, box: np.ndarray, width: int = 320) -> np.ndarray:
    """The whole frame made small, with one box, uint8 (H, width, 3) BGR."""
    scale = width / frame.shape[1]
    picture = resized(frame, scale)
    outline(picture, box, scale, ALARM, thickness=2, margin=2)
    return picture


def strip(frames: Frames, middle: int, box: np.ndarray, step: int, count: int = 5, side: int = 88) -> np.ndarray:
    """The box cut from `count` frames around the middle one, side by side: uint8 (side, count * side, 3) BGR.

    What is cut is a square around the box, in pixels, half as large again, every `step` frames; at the ends of the
    kept stretch they repeat.
    """
    left, top, right, bottom = box
    half = max(8.0, 0.75 * max(right - left, bottom - top))
    x, y = (left + right) / 2, (top + bottom) / 2
    scale = side / (2 * half)
    # A square that leaves the frame takes its edge along.
    move = np.float32([[scale, 0, side / 2 - x * scale], [0, scale, side / 2 - y * scale]])
    first, stop = frames.span_of(middle)
    places = np.clip(middle + step * (np.arange(count) - count // 2), first, stop - 1)
    way = {"flags": cv2.INTER_LINEAR, "borderMode": cv2.BORDER_REPLICATE}
    return np.hstack([cv2.warpAffine(resized(frames[at], 1), move, (side, side), **way) for at in places])
