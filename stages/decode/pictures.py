"""The pictures of a clip's frames, in order, over what is damaged; and what is made of a picture."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple, TypeAlias

import av
import cv2
import numpy as np
from av.video.reformatter import VideoReformatter

from stages.common.source.videos import read_pictures

# Pixels of a picture above which it waits no longer as it came out of the decoder.
LARGE = 2_500_000
# Their first plane is the light of each pixel, a byte each.
LIGHT_FIRST = ("gray", "nv12", "yuv420p", "yuv422p", "yuv444p", "yuvj420p", "yuvj422p", "yuvj444p")

# What it has worked out for pictures of one form serves for the next; by itself each works it out anew.
REFORMATTER = VideoReformatter()

Picture: TypeAlias = av.VideoFrame | np.ndarray  # an array is uint8 BGR (H, W, 3)


class Row(NamedTuple):
    """A frame: its number in the clip (negative or beyond the end of what is around it), and where it comes from."""

    number: int
    path: Path
    kind: str  # FILES.kind
    stamp: int


def pictures_of(rows: list[Row], size: tuple[int, int]) -> Iterator[tuple[Row, Picture, bool]]:
    """Each row, its picture, and whether that is damaged and thus the one before: the first intact one at the start.

    Black, of `size` (width, height), where none is intact.
    """
    before, early = None, []
    for row, picture, intact in _read(rows):
        if intact:
            for each in early:
                yield each, picture, True
            early, before = [], picture
            yield row, picture, False
        elif before is None:
            early.append(row)
        else:
            yield row, before, True
    for each in early:
        yield each, np.zeros((size[1], size[0], 3), np.uint8), True


def _read(rows: list[Row]) -> Iterator[tuple[Row, Picture | None, bool]]:
    for (path, kind), of_file in groupby(rows, key=lambda row: (row.path, row.kind)):
        of_stamp = [list(same) for _, same in groupby(of_file, key=lambda row: row.stamp)]
        read = read_pictures(path, kind, [same[0].stamp for same in of_stamp])
        for same, (_, picture, intact) in zip(of_stamp, read, strict=True):
            for row in same:
                yield row, picture, intact and picture is not None


def waiting(picture: Picture, size: tuple[int, int]) -> Picture:
    """A picture to be kept in memory for a while: a very large one at the size (width, height) at which it is kept."""
    if isinstance(picture, np.ndarray) or picture.width * picture.height <= LARGE:
        return picture
    return REFORMATTER.reformat(picture, *size, interpolation="AREA")


def luma(picture: Picture) -> np.ndarray:
    """The light of each pixel, uint8 (H, W); a view where it can be."""
    if isinstance(picture, np.ndarray):
        return cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    if picture.format.name not in LIGHT_FIRST:
        return REFORMATTER.reformat(picture, format="gray").to_ndarray()
    plane = picture.planes[0]
    lines = np.frombuffer(plane, np.uint8, picture.height * plane.line_size)
    return lines.reshape(picture.height, plane.line_size)[:, : picture.width]


def converted(picture: Picture, size: tuple[int, int], grey: bool) -> np.ndarray:
    """uint8 (height, width), or (height, width, 3) BGR, of `size` (width, height)."""
    if isinstance(picture, np.ndarray):
        array = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY) if grey else picture
    else:
        array = REFORMATTER.reformat(picture, format="gray" if grey else "bgr24").to_ndarray()
    if array.shape[1::-1] == size:
        return array
    return cv2.resize(array, size, interpolation=cv2.INTER_AREA)
