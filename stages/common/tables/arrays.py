"""Arrays that are larger than memory: one `.npy` file each, mapped rather than read."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np


def map_array(path: Path) -> np.ndarray:
    """The array of a `.npy` file, memory-mapped and read-only; an empty one, which cannot be mapped, plainly."""
    try:
        return np.load(path, mmap_mode="r")
    except ValueError:
        return np.load(path)


@contextmanager
def new_array(path: Path, shape: tuple[int, ...]) -> Iterator[np.ndarray]:
    """A `.npy` file of uint8 zeros, mapped for writing within the block.

    Its space is taken at once: a full disk is an OSError here, and not the sudden end of the process that writes to a
    mapped page for which there is none.
    """
    if 0 in shape:
        empty = np.zeros(shape, np.uint8)  # which cannot be mapped
        np.save(path, empty)
        yield empty
        return
    array = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
    if hasattr(os, "posix_fallocate"):
        with open(path, "r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    yield array
    array.flush()
