"""Areas of the picture that a person has drawn: where nothing is looked for."""

import cv2
import numpy as np

from stages.common.frames.settings import Areas, Polygon


def unwatched(areas: Areas | None, height: int, width: int) -> np.ndarray | None:
    """Pixels in which nothing is looked for, bool (height, width); None where all is looked at."""
    if areas is None or not (areas.ignore or areas.only):
        return None
    ignored, only = (filled(polygons, height, width) for polygons in (areas.ignore, areas.only))
    return ignored | ~only if areas.only else ignored


def filled(polygons: list[Polygon], height: int, width: int) -> np.ndarray:
    """Pixels that any of the polygons holds, bool (height, width)."""
    mask = np.zeros((height, width), np.uint8)
    for polygon in polygons:
        cv2.fillPoly(mask, [np.round(np.array(polygon) * [width - 1, height - 1]).astype(np.int32)], 1)
    return mask > 0


def of_feet(mask: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """What a mask (H, W) has where boxes, float (n, 4) in pixels, stand: at the middle of the lower edge, (n,)."""
    height, width = mask.shape
    across, down = ((boxes[:, 0] + boxes[:, 2]) / 2).astype(int), np.ceil(boxes[:, 3]).astype(int) - 1
    return mask[np.clip(down, 0, height - 1), np.clip(across, 0, width - 1)]
