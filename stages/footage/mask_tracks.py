"""Tracks from pixel masks: the regions that region- and track-based metrics need, for sets that publish masks only."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy import ndimage

from stages.common.tables.schemas import BOX

COLUMNS = ["track", "frame", *BOX]


def tracks_from_masks(masks: Iterable[np.ndarray], min_pixels: int = 10) -> pd.DataFrame:
    """Boxes of the connected components of each mask, linked over time into tracks.

    Args:
        masks: the frames of one video in order, each bool of shape (H, W), true where the pixel is anomalous. Read one
            at a time, so a generator serves.
        min_pixels: components of fewer pixels are left out; at least 1. Hand-drawn masks hold stray single pixels.

    Returns:
        One row for each region, by frame: track (int64, from 0 in order of appearance), frame (int64, from 0), and
        x1, y1, x2, y2 (int64, pixels, right and bottom edges exclusive). Empty when the masks are.

    Raises:
        ValueError: masks that are not bool of one shape (H, W), or min_pixels below 1.

    The rules, which make the result depend on the masks alone:

    1. A region is a component of pixels that touch at an edge or a corner. So objects that overlap in the picture are
       one region, and an object that is cut in two by something in front of it is two.
    2. A region may go on with a track if it shares a pixel with the track's region in the frame before. Objects faster
       than their own length per frame start a new track every frame.
    3. Each region goes on with at most one track and each track with at most one region. The pair that shares the most
       pixels is joined first; at equal numbers the older track, then the region that comes first in reading order.
    4. So on a split the part that shares most keeps the track and the others start new ones; on a merge the track that
       shares most goes on and the others end. A track that is unseen in a frame has ended.

    These rules are our own: data sets with published masks (UCSD, Avenue) differ in how their boxes were drawn, so say
    with a number that its tracks come from masks.

    >>> left, right = np.zeros((8, 12), dtype=bool), np.zeros((8, 12), dtype=bool)
    >>> left[2:6, 1:5] = right[2:6, 3:7] = True
    >>> tracks_from_masks([left, right]).values.tolist()
    [[0, 0, 1, 2, 5, 6], [0, 1, 3, 2, 7, 6]]
    """
    if min_pixels < 1:
        raise ValueError(f"expected min_pixels >= 1, got {min_pixels}")
    rows, live, shape, started = [], {}, None, 0
    for frame, mask in enumerate(masks):
        if mask.dtype != bool or mask.ndim != 2 or mask.shape != (shape or mask.shape):
            raise ValueError(f"mask of frame {frame}: expected bool {shape or '(H, W)'}, got {mask.dtype} {mask.shape}")
        shape = mask.shape
        regions = _regions(mask, min_pixels)
        links = _link(live, [pixels for pixels, _ in regions], mask.size)
        live = {}
        for index, (pixels, box) in enumerate(regions):
            number = links.get(index, started)
            started = max(started, number + 1)
            live[number] = pixels
            rows.append([number, frame, *box])
    return pd.DataFrame(np.array(rows, dtype=np.int64).reshape(-1, len(COLUMNS)), columns=COLUMNS)


def _regions(mask: np.ndarray, min_pixels: int) -> list[tuple[np.ndarray, tuple[int, int, int, int]]]:
    """Flat pixel indices and box of each component, in reading order of their first pixels."""
    labels, _ = ndimage.label(mask, structure=np.ones((3, 3)))  # corners touch too
    regions = []
    for label, (rows, columns) in enumerate(ndimage.find_objects(labels), 1):
        y, x = np.nonzero(labels[rows, columns] == label)
        if len(y) >= min_pixels:
            pixels = (y + rows.start) * mask.shape[1] + x + columns.start
            regions.append((pixels, (columns.start, rows.start, columns.stop, rows.stop)))
    # SciPy numbers components in this order today, but does not promise to.
    return sorted(regions, key=lambda region: region[0][0])


def _link(tracks: dict[int, np.ndarray], regions: list[np.ndarray], size: int) -> dict[int, int]:
    """Track that each region goes on with, by the region's index; regions that start a track are absent. Tracks, by
    number, and regions are pixels as indices into the flattened mask."""
    owner = np.full(size, len(regions))  # region that holds each pixel; one past the last for none
    for index, pixels in enumerate(regions):
        owner[pixels] = index
    pairs = []
    for number, pixels in tracks.items():
        shared = np.bincount(owner[pixels], minlength=len(regions) + 1)
        pairs += [(-shared[index], number, index) for index in np.flatnonzero(shared[:-1]).tolist()]
    links: dict[int, int] = {}
    for _, number, index in sorted(pairs):
        if index not in links and number not in links.values():
            links[index] = number
    return links
