"""Scores over time, as curves."""

import math

import cv2
import numpy as np

from stages.common.drawing.boxes import ALARM, write

# Pixels of the height of a curve below a picture, and between it and the picture's sides.
HEIGHT, SIDE = 96, 10
PAPER, GRID, INK, SHADE, LINE = (250, 250, 250), (225, 225, 225), (90, 90, 90), (214, 218, 250), (150, 90, 40)


def thin(scores: np.ndarray, seconds: np.ndarray, places: int) -> np.ndarray:
    """At most so many scores, evenly over time: of each stretch of time the highest, or that of the frame that is on.

    Args:
        scores: float (frames,), at least one; NaN where there is none, which is no higher than any.
        seconds: float (frames + 1,), when each frame begins and the last one ends.
    """
    edges = np.linspace(seconds[0], seconds[-1], min(places, len(scores)) + 1)
    first = np.searchsorted(seconds[:-1], edges[:-1] + 1e-9, side="right") - 1
    last = np.searchsorted(seconds[:-1], edges[1:] - 1e-9, side="left") - 1
    return np.array([np.fmax.reduce(scores[a : max(a, b) + 1]) for a, b in zip(first, last, strict=True)])


def shares(scores: np.ndarray | float, score_range: tuple[float, float]) -> np.ndarray:
    """Where in the range from the lowest to the highest score scores lie, 0 to 1."""
    low, high = score_range
    return np.clip((scores - low) / max(high - low, 1e-9), 0, 1)


def score_range(scores: np.ndarray, threshold: float) -> tuple[float, float]:
    """The lowest and the highest of the scores and the threshold, with some room above."""
    values = np.append(scores, threshold) if math.isfinite(threshold) else scores
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    return low, high + max(0.05 * (high - low), 1e-6)


class Curve:
    """The scores of some frames over time, to be put below their pictures.

    Args:
        scores: float (frames,).
        anomalous: bool (frames,), labelled so.
        seconds: float (frames + 1,), when each frame begins and the last one ends.
        score_range: lowest and highest score that the curve has room for.
        threshold: infinite for none.
        width: in pixels.
    """

    def __init__(self, scores, anomalous, seconds, score_range, threshold, width):
        share = (seconds - seconds[0]) / max(seconds[-1] - seconds[0], 1e-9)
        self.x, self.seconds, self.scores = SIDE + share * (width - 2 * SIDE), seconds, scores
        bottom, room = HEIGHT - 20, HEIGHT - 32
        self.y = bottom - shares(scores, score_range) * room
        self.paper = np.full((HEIGHT, width, 3), PAPER, np.uint8)
        for frame in np.flatnonzero(anomalous):
            left, right = int(self.x[frame]), int(math.ceil(self.x[frame + 1]))
            cv2.rectangle(self.paper, (left, 8), (right, bottom), SHADE, -1)
        cv2.line(self.paper, (SIDE, bottom), (width - SIDE, bottom), GRID, 1)
        if math.isfinite(threshold):
            level = int(round(bottom - float(shares(threshold, score_range)) * room))
            for left in range(SIDE, width - SIDE, 9):
                cv2.line(self.paper, (left, level), (min(left + 4, width - SIDE), level), ALARM, 1)
        points = np.stack([self.x[:-1], self.y], 1)
        cv2.polylines(self.paper, [np.round(points * 16).astype(np.int32)], False, LINE, 2, cv2.LINE_AA, 4)

    def at(self, frame: int) -> np.ndarray:
        """uint8 (HEIGHT, width, 3) BGR, with a cursor at a frame and its second and score in words."""
        picture, x, y = self.paper.copy(), int(round(self.x[frame])), int(round(self.y[frame]))
        cv2.line(picture, (x, 8), (x, HEIGHT - 20), INK, 1)
        cv2.circle(picture, (x, y), 4, LINE, -1, cv2.LINE_AA)
        write(picture, f"{self.seconds[frame]:.1f} s    score {self.scores[frame]:.1f}", SIDE, HEIGHT - 6, INK)
        return picture
