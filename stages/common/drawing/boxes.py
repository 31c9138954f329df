"""Boxes drawn on frames. Colours are blue, green, red; pictures uint8 (H, W, 3) BGR."""

import math

import cv2
import numpy as np
import pandas as pd

from stages.common.tables.schemas import BOX

Colour = tuple[int, int, int]
NORMAL, WARM, ALARM, TRUTH = (150, 160, 120), (60, 180, 235), (60, 60, 225), (235, 190, 70)
BLACK, WHITE = (0, 0, 0), (255, 255, 255)
FONT = cv2.FONT_HERSHEY_SIMPLEX
# A scored frame is enlarged, or made smaller, to about this width, if it does not get higher than that.
WIDTH, MOST_HEIGHT = 720, 1080


def resized(frame: np.ndarray, scale: float, smallest: int = 1) -> np.ndarray:
    """A frame, uint8 (H, W) or (H, W, 3), in colour and `scale` times as large; no side is below `smallest` pixels."""
    height, width = frame.shape[:2]
    size = max(smallest, round(width * scale)), max(smallest, round(height * scale))
    colour = cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR) if frame.ndim == 2 else frame
    return cv2.resize(colour, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)


def outline(picture: np.ndarray, box, scale: float, colour: Colour, thickness: int = 1, margin: int = 0) -> None:
    """Draws the edge of a box (4,), in pixels of the frame, `margin` pixels outside it, on the frame as resized."""
    left, top, right, bottom = (int(round(scale * float(edge))) for edge in box)
    corners = (left - margin, top - margin), (right + margin, bottom + margin)
    cv2.rectangle(picture, *corners, colour, thickness, cv2.LINE_AA)


def write(picture: np.ndarray, words: str, left: int, bottom: int, colour: Colour, size=0.4, thickness=1) -> None:
    cv2.putText(picture, words, (left, bottom), FONT, size, colour, thickness, cv2.LINE_AA)


def tag(picture: np.ndarray, words: str, left: int, top: int, colour: Colour) -> None:
    """White words on a patch of colour that stands on (left, top), within the picture."""
    (width, height), _ = cv2.getTextSize(words, FONT, 0.42, 1)
    left = max(0, min(left, picture.shape[1] - width - 6))
    top = max(height + 6, top)
    cv2.rectangle(picture, (left, top - height - 6), (left + width + 6, top), colour, -1)
    write(picture, words, left + 3, top - 4, WHITE, 0.42)


def scale_for(height: int, width: int) -> float:
    """By which a scored frame is resized: a whole number where it grows.

    >>> scale_for(240, 360), scale_for(480, 720), scale_for(720, 1440), scale_for(1080, 30)
    (2.0, 1.0, 0.5, 1.0)
    """
    scale = min(WIDTH / width, MOST_HEIGHT / height)
    return scale if scale < 0.8 else float(max(1, round(scale)))


def score_colour(score: float, usual: float, threshold: float) -> Colour:
    """Red from the threshold on; below it from green-grey, at the score of a usual object, to amber."""
    if score >= threshold:
        return ALARM
    share = float(np.clip((score - usual) / max(threshold - usual, 1e-9), 0, 1)) if math.isfinite(threshold) else 0.0
    return tuple(int(round(cold + share * (warm - cold))) for cold, warm in zip(NORMAL, WARM, strict=True))


def scored_frame(
    frame: np.ndarray, objects: pd.DataFrame, regions: pd.DataFrame, usual: float, threshold: float
) -> np.ndarray:
    """The frame, uint8 (H, W) or (H, W, 3) BGR, resized, a box around each object by its score, regions outlined.

    Args:
        objects, regions: BOX, and of objects score, of this frame.
        usual, threshold: the score of a usual object, and that from which on one is unusual.
    """
    scale = scale_for(*frame.shape[:2])
    picture = resized(frame, scale, smallest=16)
    for box in regions[BOX].to_numpy():
        outline(picture, box, scale, TRUTH, margin=4)
    for row in objects.sort_values("score", kind="stable").itertuples():
        colour, unusual = score_colour(row.score, usual, threshold), row.score >= threshold
        outline(picture, (row.x1, row.y1, row.x2, row.y2), scale, colour, thickness=2 if unusual else 1)
        if unusual:
            tag(picture, f"{row.score:.1f}", round(scale * row.x1), round(scale * row.y1), colour)
    return picture
