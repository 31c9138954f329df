"""Arrays that are larger than memory: one `.npy` file each, mapped rather than read."""

from pathlib import Path

import numpy as np


def map_array(path: Path) -> np.ndarray:
    """The array of a `.npy` file, memory-mapped and read-only; an empty one, which cannot be mapped, plainly."""
    try:
        return np.load(path, mmap_mode="r")
    except ValueError:
        return np.load(path)
