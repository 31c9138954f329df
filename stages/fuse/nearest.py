"""How unlike normal ones an object's box and its motion are: how far from the nearest of the training clips.

What lies, rides or drives has another shape than who walks, and moves otherwise than what has its shape. (Doshi and
Yilmaz 2020 have place and area of a box among the features whose nearest neighbours they look for, Reiss and Hoshen
2022 a density of the velocities. Where it is in the picture did not help here: docs/choices.md.)
"""

import numpy as np
import pandas as pd
from scipy.spatial import KDTree

from stages.common.tables import BOX

# The distance is the mean of those from so many training objects: one may be a detector's whim.
NEAREST = 8
# What a deviation is taken for at least: of a logarithm a twentieth, of a velocity a twentieth of a pixel per frame.
LEAST_DEVIATION = 0.05


def shape_of(objects: pd.DataFrame) -> np.ndarray:
    """Logarithms of the width and the height in pixels of each object's box (BOX), float64 (n, 2)."""
    boxes = objects[BOX].to_numpy(float)
    return np.log(np.maximum(boxes[:, 2:] - boxes[:, :2], 1))


def motion_of(objects: pd.DataFrame) -> np.ndarray:
    """Velocity of each object (`vx`, `vy`) beside its shape, float64 (n, 4): who is near moves by more pixels."""
    return np.concatenate([objects[["vx", "vy"]].to_numpy(float), shape_of(objects)], axis=1)


def nearest_distances(values: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """Mean distance of each row of `values` from the NEAREST ones of `normal`, float32 (n,); NaN if that has none.

    Every column counts by its deviation over `normal`.

    Args:
        values, normal: float (n, c) and (m, c).
    """
    if not len(values) or not len(normal):
        return np.full(len(values), np.nan, np.float32)
    deviation = np.maximum(normal.std(axis=0), LEAST_DEVIATION)
    nearest = np.arange(1, min(NEAREST, len(normal)) + 1)
    distances, _ = KDTree(normal / deviation).query(values / deviation, nearest)
    return distances.mean(axis=1).astype(np.float32)
