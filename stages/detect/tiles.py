"""A frame in enlarged, overlapping tiles, so that objects of a few pixels reach a size that a detector knows."""

import cv2
import numpy as np

from stages.common.running.errors import InputError

Tile = tuple[int, int, int, int]  # x1, y1, x2, y2 in pixels of the frame, exclusive


def tile_grid(width: int, height: int, columns: int, rows: int, overlap: int) -> list[Tile]:
    """Tiles of one size that cover a picture, row by row; neighbours share at least `overlap` pixels.

    Raises:
        InputError: the picture is too small for so many tiles with that overlap.
    """
    spans_x = _spans(width, columns, overlap, "columns")
    spans_y = _spans(height, rows, overlap, "rows")
    return [(x1, y1, x2, y2) for y1, y2 in spans_y for x1, x2 in spans_x]


def _spans(length: int, count: int, overlap: int, what: str) -> list[tuple[int, int]]:
    if count == 1:
        return [(0, length)]
    size = -(-(length + (count - 1) * overlap) // count)
    if size >= length or size <= overlap:
        raise InputError(
            f"params.yaml: detect.tiles: {count} {what} that share {overlap} pixels do not fit into {length}; take "
            "fewer, or a smaller overlap"
        )
    # Steps rounded either way stay within size - overlap, a whole number that is no less than the mean step.
    starts = [index * (length - size) // (count - 1) for index in range(count)]
    return [(start, start + size) for start in starts]


def cut_tile(frame: np.ndarray, tile: Tile, width: int, height: int, fill: int) -> tuple[np.ndarray, np.ndarray]:
    """A tile resized to a network's input, its proportions kept, the rest at the right or the bottom filled.

    frame: uint8 (H, W, 3).  width, height: of the input, in pixels.  fill: grey value, 0..255.
    Returns the picture, uint8 (height, width, 3), and its scale (2,): input pixels per frame pixel in x and in y.
    """
    x1, y1, x2, y2 = tile
    enlarge = min(width / (x2 - x1), height / (y2 - y1))
    inner_width = max(1, min(width, round((x2 - x1) * enlarge)))
    inner_height = max(1, min(height, round((y2 - y1) * enlarge)))
    picture = np.full((height, width, frame.shape[2]), fill, np.uint8)
    inner = picture[:inner_height, :inner_width]
    cv2.resize(frame[y1:y2, x1:x2], (inner_width, inner_height), dst=inner, interpolation=cv2.INTER_LINEAR)
    return picture, np.array([inner_width / (x2 - x1), inner_height / (y2 - y1)])


def boxes_to_frame(boxes: np.ndarray, tile: Tile, scale: np.ndarray) -> np.ndarray:
    """Boxes (N, 4) from pixels of a tile's network input to pixels of the frame; `scale` as from `cut_tile`."""
    x1, y1, _, _ = tile
    return (boxes / np.tile(scale, 2) + np.array([x1, y1, x1, y1])).astype(np.float32)


def cut_by_inner_border(boxes: np.ndarray, tile: Tile, width: int, height: int, margin: float) -> np.ndarray:
    """Which boxes (N, 4) of a tile, bool (N,), come within `margin` px of a side of it that is no side of the frame."""
    x1, y1, x2, y2 = tile
    near = np.hstack([boxes[:, :2] < [x1 + margin, y1 + margin], boxes[:, 2:] > [x2 - margin, y2 - margin]])
    return (near & [x1 > 0, y1 > 0, x2 < width, y2 < height]).any(axis=1)
