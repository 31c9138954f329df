"""Tubes of a clip in one file, each coded as a JPEG by itself: read by their rows, in a tenth of the space.

A file holds the codes one after the other, where each begins and the last one ends (int64), and the shape of all
(int64, 5). The picture of a tube is its frames one below the other. A side is a multiple of the 8 pixels that JPEG
codes together, so that nothing of a frame shows in another, and the coding, other than that of a video, says nothing
about the direction of time.
"""

import os
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

# Off by 1 to 2 grey levels in the mean, as much as a camera's noise. Colours are not coarser than light: their decoder
# would smooth them across the frames' edges.
JPEG = [cv2.IMWRITE_JPEG_QUALITY, 90, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
NUMBER = np.dtype("<i8")
AXES = 5  # tubes, frames, side, side, channels


class Shard:
    """The tubes of a file, read when they are asked for: uint8 (tubes, frames, side, side, channels).

    Nothing of it stays in memory, or open.
    """

    def __init__(self, path: Path):
        self.path = path
        with open(path, "rb") as file:
            file.seek(-AXES * NUMBER.itemsize, os.SEEK_END)
            shape = np.frombuffer(file.read(), NUMBER)
            file.seek(-(AXES + shape[0] + 1) * NUMBER.itemsize, os.SEEK_END)
            self.bounds = np.frombuffer(file.read((shape[0] + 1) * NUMBER.itemsize), NUMBER)
        self.shape = tuple(shape.tolist())

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray:
        """The tubes of some rows, in their order."""
        wanted = np.arange(len(self))[rows]
        tubes = np.empty((len(wanted), *self.shape[1:]), np.uint8)
        with open(self.path, "rb") as file:
            for place, row in enumerate(wanted):
                file.seek(self.bounds[row])
                code = np.frombuffer(file.read(int(self.bounds[row + 1] - self.bounds[row])), np.uint8)
                tubes[place] = np.reshape(cv2.imdecode(code, cv2.IMREAD_UNCHANGED), self.shape[1:])
        return tubes


def write_shard(path: Path, tubes: Iterable[np.ndarray], shape: tuple[int, ...]) -> None:
    """Writes tubes, uint8 of `shape` (frames, side, side, channels) each, of which one at a time is in memory."""
    bounds = [0]
    with open(path, "wb") as file:
        for tube in tubes:
            picture = tube.reshape(-1, *tube.shape[2:])
            bounds.append(bounds[-1] + file.write(cv2.imencode(".jpg", picture, JPEG)[1]))
        file.write(np.array([*bounds, len(bounds) - 1, *shape], NUMBER).tobytes())
