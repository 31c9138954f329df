"""Frames with their objects and scores drawn in."""

import math

import cv2
import numpy as np
import pandas as pd

from stages.common.tables.schemas import BOX

# Blue, green, red.
NORMAL, ALARM, TRUTH = (150, 160, 120), (60, 60, 225), (235, 190, 70)
WARM = (60, 180, 235)
FONT = cv2.FONT_HERSHEY_SIMPLEX
# A clip's picture is enlarged, or made smaller, to about this width, if it does not get higher than that; the curve
# below it is so high.
WIDTH, MOST_HEIGHT, CURVE_HEIGHT = 720, 1080, 96
PAPER, GRID, INK, SHADE, LINE = (250, 250, 250), (225, 225, 225), (90, 90, 90), (214, 218, 250), (150, 90, 40)


def in_colour(frame: np.ndarray) -> np.ndarray:
    """BGR, uint8 (H, W, 3), of a frame that may be grey."""
    return cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR) if frame.ndim == 2 else frame


def scale_for(height: int, width: int) -> float:
    """By which a frame is resized for a clip: a whole number where it grows.

    >>> scale_for(240, 360), scale_for(480, 720), scale_for(720, 1440), scale_for(1080, 30)
    (2.0, 1.0, 0.5, 1.0)
    """
    scale = min(WIDTH / width, MOST_HEIGHT / height)
    return scale if scale < 0.8 else float(max(1, round(scale)))


def colour_of(score: float, low: float, least: float) -> tuple[int, int, int]:
    """Red from the threshold `least` on; below it from green-grey, at `low`, to amber."""
    if score >= least:
        return ALARM
    share = float(np.clip((score - low) / max(least - low, 1e-9), 0, 1)) if math.isfinite(least) else 0.0
    return tuple(int(round(cold + share * (warm - cold))) for cold, warm in zip(NORMAL, WARM, strict=True))


def draw_objects(
    frame: np.ndarray, objects: pd.DataFrame, regions: pd.DataFrame, low: float, least: float
) -> np.ndarray:
    """The frame resized for a clip, a box around each object by its score, labelled regions outlined.

    Args:
        frame: uint8 (H, W) or (H, W, 3) BGR.
        objects: BOX and score, of this frame.
        regions: BOX, of this frame.
        low, least: scores of a usual object and from which on one is unusual.
    """
    scale = scale_for(*frame.shape[:2])
    size = max(16, round(frame.shape[1] * scale)), max(16, round(frame.shape[0] * scale))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    picture = cv2.resize(in_colour(frame), size, interpolation=way)
    for box in regions[BOX].to_numpy():
        left, top, right, bottom = corners(box, scale)
        cv2.rectangle(picture, (left - 4, top - 4), (right + 4, bottom + 4), TRUTH, 1, cv2.LINE_AA)
    for row in objects.sort_values("score", kind="stable").itertuples():
        left, top, right, bottom = corners((row.x1, row.y1, row.x2, row.y2), scale)
        colour, loud = colour_of(row.score, low, least), row.score >= least
        cv2.rectangle(picture, (left, top), (right, bottom), colour, 2 if loud else 1, cv2.LINE_AA)
        if loud:
            tag(picture, f"{row.score:.1f}", left, top, colour)
    return picture


def corners(box, scale: float) -> list[int]:
    return [int(round(scale * float(edge))) for edge in box]


def tag(picture: np.ndarray, words: str, left: int, top: int, colour: tuple[int, int, int]) -> None:
    """White words on a patch of colour that stands on (left, top), within the picture."""
    (width, height), _ = cv2.getTextSize(words, FONT, 0.42, 1)
    left = max(0, min(left, picture.shape[1] - width - 6))
    top = max(height + 6, top)
    cv2.rectangle(picture, (left, top - height - 6), (left + width + 6, top), colour, -1)
    cv2.putText(picture, words, (left + 3, top - 4), FONT, 0.42, (255, 255, 255), 1, cv2.LINE_AA)


class Curve:
    """The scores of a clip over time, below its picture.

    Args:
        scores: float (frames,), of the clip.
        anomalous: bool (frames,), labelled so.
        seconds: float (frames + 1,), when each frame begins and the last one ends.
        span: lowest and highest score that the curve has room for.
        least: the threshold; infinite for none.
        width: in pixels.
    """

    def __init__(self, scores, anomalous, seconds, span, least, width):
        self.x = 10 + (seconds - seconds[0]) / max(seconds[-1] - seconds[0], 1e-9) * (width - 20)
        self.seconds = seconds
        low, high = span
        bottom, room = CURVE_HEIGHT - 20, CURVE_HEIGHT - 32

        def height(score):
            return bottom - np.clip((score - low) / max(high - low, 1e-9), 0, 1) * room

        self.y = height(scores)
        self.paper = np.full((CURVE_HEIGHT, width, 3), PAPER, np.uint8)
        for place in np.flatnonzero(anomalous):
            left, right = int(self.x[place]), int(math.ceil(self.x[place + 1]))
            cv2.rectangle(self.paper, (left, 8), (right, bottom), SHADE, -1)
        cv2.line(self.paper, (10, bottom), (width - 10, bottom), GRID, 1)
        if math.isfinite(least):
            level = int(round(height(least)))
            for left in range(10, width - 10, 9):
                cv2.line(self.paper, (left, level), (min(left + 4, width - 10), level), ALARM, 1)
        points = np.stack([self.x[:-1], self.y], 1)
        cv2.polylines(self.paper, [np.round(points * 16).astype(np.int32)], False, LINE, 2, cv2.LINE_AA, 4)

    def at(self, place: int, score: float) -> np.ndarray:
        """uint8 (CURVE_HEIGHT, width, 3), with a cursor at the clip's `place`-th frame."""
        picture, x, y = self.paper.copy(), int(round(self.x[place])), int(round(self.y[place]))
        cv2.line(picture, (x, 8), (x, CURVE_HEIGHT - 20), INK, 1)
        cv2.circle(picture, (x, y), 4, LINE, -1, cv2.LINE_AA)
        said = f"{self.seconds[place]:.1f} s    score {score:.1f}"
        cv2.putText(picture, said, (10, CURVE_HEIGHT - 6), FONT, 0.4, INK, 1, cv2.LINE_AA)
        return picture


def scene(frame: np.ndarray, box: np.ndarray | None, width: int = 320) -> np.ndarray:
    """The whole frame made small, with one box, uint8 BGR."""
    scale = width / frame.shape[1]
    size = width, max(1, round(frame.shape[0] * scale))
    picture = cv2.resize(in_colour(frame), size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    if box is not None:
        left, top, right, bottom = corners(box, scale)
        cv2.rectangle(picture, (left - 2, top - 2), (right + 2, bottom + 2), ALARM, 2, cv2.LINE_AA)
    return picture


def strip(frames: np.ndarray, middle: int, box: np.ndarray, step: int, count: int = 5, side: int = 88) -> np.ndarray:
    """The box cut from `count` frames around the middle one, side by side: uint8 (side, count * side, 3) BGR.

    Args:
        frames: uint8 (frames, H, W[, 3]); beyond its ends they repeat.
        middle: the frame of the box.
        box: pixels; a square around it is cut, half as large again.
        step: frames from one picture to the next.
    """
    left, top, right, bottom = box
    half = max(8.0, 0.75 * max(right - left, bottom - top))
    x, y = (left + right) / 2, (top + bottom) / 2
    # A square that leaves the frame takes its edge along.
    move = np.float32([[side / (2 * half), 0, side / 2 - x * side / (2 * half)], [0, side / (2 * half), 0]])
    move[1, 2] = side / 2 - y * side / (2 * half)
    places = np.clip(middle + step * (np.arange(count) - count // 2), 0, len(frames) - 1)
    way = {"flags": cv2.INTER_LINEAR, "borderMode": cv2.BORDER_REPLICATE}
    return np.hstack([cv2.warpAffine(in_colour(frames[place]), move, (side, side), **way) for place in places])
