"""Tubes of a clip in one file, each coded by itself without loss: read by their rows, in a quarter of the space.

A file holds the codes one after the other, where each begins and the last one ends (int64), and the shape of all
(int64, 5). A code is the first frame of a tube and by how much each next one differs, channel by channel, compressed:
what stands still in a tube, and that is most of it, takes next to nothing.
"""

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa

CODEC = pa.Codec("zstd", compression_level=1)
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
                tubes[place] = decoded(file.read(int(self.bounds[row + 1] - self.bounds[row])), self.shape[1:])
        return tubes


def write_shard(path: Path, tubes: Iterable[np.ndarray], shape: tuple[int, ...]) -> None:
    """Writes tubes, uint8 of `shape` (frames, side, side, channels) each, of which one at a time is in memory."""
    bounds = [0]
    with open(path, "wb") as file:
        for tube in tubes:
            bounds.append(bounds[-1] + file.write(coded(tube)))
        file.write(np.array([*bounds, len(bounds) - 1, *shape], NUMBER).tobytes())


def coded(tube: np.ndarray) -> bytes:
    steps = tube.copy()
    np.subtract(tube[1:], tube[:-1], out=steps[1:])  # modulo 256, as it is added up again
    return CODEC.compress(np.ascontiguousarray(steps.transpose(3, 0, 1, 2)).tobytes(), asbytes=True)


def decoded(code: bytes, shape: tuple[int, ...]) -> np.ndarray:
    frames, height, width, channels = shape
    planes = CODEC.decompress(code, decompressed_size=frames * height * width * channels, asbytes=True)
    steps = np.frombuffer(planes, np.uint8).reshape(channels, frames, height, width)
    return np.cumsum(steps, axis=1, dtype=np.uint8).transpose(1, 2, 3, 0)
