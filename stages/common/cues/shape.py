"""How unlike normal ones a box is: how far its shape is from the nearest of the training clips.

What lies, rides or drives has another shape than who walks. (Doshi and Yilmaz 2020 have place and area of a box among
the features whose nearest neighbours they look for; where it is in the picture did not help here: docs/log.md.)
"""

import numpy as np
from scipy.spatial import KDTree

PLACE = 6
TITLE = "shape"
SAYS = "of a shape or size never seen"
MEANING = "its box is wider, narrower, taller or lower than those of the normal footage"
# The distance is the mean of those from so many training boxes: one may be a detector's whim.
NEAREST = 8
# What the deviation of width and of height is taken for at least: a twentieth.
LEAST_DEVIATION = 0.05


def shape_of(boxes: np.ndarray) -> np.ndarray:
    """Logarithms of width and height, float64 (n, 2), of boxes (n, 4) in pixels."""
    return np.log(np.maximum(boxes[:, 2:].astype(float) - boxes[:, :2], 1))


def of_boxes(boxes: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """Mean distance of each box's shape from the NEAREST of the training clips, float32 (n,); NaN where there are none.

    Width and height count by their deviations over `normal`.
    boxes, normal: float (n, 4), and (m, 4) of the training clips, in pixels.
    """
    if not len(boxes) or not len(normal):
        return np.full(len(boxes), np.nan, np.float32)
    known = shape_of(normal)
    deviation = np.maximum(known.std(axis=0), LEAST_DEVIATION)
    nearest = np.arange(1, min(NEAREST, len(known)) + 1)
    distances, _ = KDTree(known / deviation).query(shape_of(boxes) / deviation, nearest)
    return distances.mean(axis=1).astype(np.float32)
