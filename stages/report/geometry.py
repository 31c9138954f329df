"""Where on a timeline things are drawn. A timeline is HEIGHT units high, and as many wide as it has places."""

import numpy as np

from stages.common.drawing.curve import shares, thin

# Places of a timeline that are drawn; of more frames the highest of each place counts.
PLACES, HEIGHT = 240, 200
# The narrowest that is drawn, as a share of the width.
NARROWEST = 1 / 400


def heights(scores: np.ndarray, seconds: np.ndarray, score_range: tuple[float, float]) -> list[int]:
    """How far below the top the curve of scores, float (frames,), is at each place; seconds as of `thin`."""
    return [level(score, score_range) for score in thin(scores, seconds, PLACES)]


def level(score: float, score_range: tuple[float, float]) -> int:
    """How far below the top a score is: 0 for the highest that there is room for."""
    return round(HEIGHT * (1 - float(shares(score, score_range))))


def strokes(stretches: np.ndarray, seconds: np.ndarray, width: int) -> list[tuple[float, float]]:
    """Left edge and width of each stretch of frames, int (n, 2), the first and the last of each, ascending.

    Those that would be drawn one over the other are one.
    """
    places = (seconds - seconds[0]) / max(seconds[-1] - seconds[0], 1e-9) * width
    drawn: list[tuple[float, float]] = []
    for first, last in stretches:
        left = float(places[first])
        right = max(float(places[last + 1]), left + NARROWEST * width)
        if drawn and left < drawn[-1][1]:
            left, right = drawn[-1][0], max(drawn.pop()[1], right)
        drawn.append((left, right))
    return [(round(left, 1), round(right - left, 1)) for left, right in drawn]
