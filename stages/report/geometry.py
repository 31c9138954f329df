"""Where on a timeline things are drawn. A timeline is HEIGHT units high, and as many wide as it has places."""

import numpy as np

from stages.common.drawing.curve import shares, thin

# Places of a timeline that are drawn; of more frames the highest of each place counts.
PLACES, HEIGHT = 240, 200
# The narrowest that is drawn, as a share of the width.
NARROWEST = 1 / 400


def heights(scores: np.ndarray, seconds: np.ndarray, score_range: tuple[float, float]) -> list[int]:
    """How far below the top the curve is at each place, 0 for the highest score that there is room for.

    Args:
        scores: float (frames,).
        seconds: float (frames + 1,), when each frame begins and the last one ends.
    """
    return [level(score, score_range) for score in thin(scores, seconds, PLACES)]


def level(score: float, score_range: tuple[float, float]) -> int:
    """
    >>> level(1.0, (1.0, 5.0)), level(4.0, (1.0, 5.0)), level(9.0, (1.0, 5.0))
    (200, 50, 0)
    """
    return round(HEIGHT * (1 - float(shares(score, score_range))))


def strokes(stretches: np.ndarray, seconds: np.ndarray, width: int) -> list[tuple[float, float]]:
    """Left edge and width of each stretch of frames, int (n, 2), the first and the last of each.

    >>> strokes(np.array([(0, 0), (2, 3)]), np.arange(5.0), 240)
    [(0.0, 60.0), (120.0, 120.0)]
    """
    places = (seconds - seconds[0]) / max(seconds[-1] - seconds[0], 1e-9) * width
    ends = [(float(places[first]), float(places[last + 1])) for first, last in stretches]
    return [(round(left, 1), round(max(right - left, NARROWEST * width), 1)) for left, right in ends]
