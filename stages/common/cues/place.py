"""How unlike what is normal here a box is: how far its foot and height are from the nearest of the training clips.

Who is where nobody goes, or too tall or too low for where he stands, is far from all of them.
"""

import numpy as np
from scipy.spatial import KDTree

PLACE = 8
TITLE = "place"
SAYS = "where nothing like it has been"
MEANING = "nothing of its height has been at this place of the picture in the normal footage"
# The distance is the mean of those from so many training boxes: one may be a detector's whim.
NEAREST = 8


def places_of(boxes: np.ndarray, unit: float) -> np.ndarray:
    """Where the foot is, in units of so many pixels, and the logarithm of the height: float64 (n, 3).

    The foot is the middle of the lower edge. A tenth of the height more counts as much as a tenth of the unit beside.

    Args:
        boxes: (n, 4), in pixels.
    """
    boxes = boxes.astype(float)
    heights = np.maximum(boxes[:, 3] - boxes[:, 1], 1)
    return np.column_stack([(boxes[:, 0] + boxes[:, 2]) / 2 / unit, boxes[:, 3] / unit, np.log(heights)])


def of_boxes(boxes: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """Root of the mean distance of each box's place from the NEAREST of the training clips, float32 (n,), in median
    heights of these; NaN where there are none. Of the root, for one who is far away is not to outweigh all else.

    boxes, normal: float (n, 4), and (m, 4) of the training clips, in pixels of the same view.
    """
    if not len(boxes) or not len(normal):
        return np.full(len(boxes), np.nan, np.float32)
    unit = float(np.maximum(np.median(normal[:, 3] - normal[:, 1]), 1))
    nearest = np.arange(1, min(NEAREST, len(normal)) + 1)
    distances, _ = KDTree(places_of(normal, unit)).query(places_of(boxes, unit), nearest)
    return np.sqrt(distances.mean(axis=1)).astype(np.float32)
