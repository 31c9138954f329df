"""Training tubes changed in ways that say nothing of what happens in them, so that fewer are learnt by heart."""

from typing import NamedTuple

import cv2
import numpy as np

# Of a crop's side: how far a tube is shifted at most.
SHIFT = 1 / 16
# The natural logarithm of the factor of its contrast at most, and the grey levels added at most.
CONTRAST = 0.3
BRIGHTNESS = 25.0


class Jitter(NamedTuple):
    """What is done to each of N tubes."""

    down: np.ndarray  # int (N,), by how many pixels further its crops are cut
    right: np.ndarray
    contrast: np.ndarray  # float32 (N,), factor of each pixel's difference from the tube's mean
    brightness: np.ndarray  # float32 (N,), grey levels added

    def part(self, own: slice) -> "Jitter":
        return Jitter(*(drawn[own] for drawn in self))


def draw_jitter(count: int, side: int, random: np.random.Generator) -> Jitter:
    """For `count` tubes of crops of `side` pixels, all as likely up to the most; contrast evenly in its logarithm."""
    most = int(side * SHIFT)
    down, right = random.integers(-most, most + 1, (2, count))
    contrast = np.exp(random.uniform(-CONTRAST, CONTRAST, count)).astype(np.float32)
    return Jitter(down, right, contrast, random.uniform(-BRIGHTNESS, BRIGHTNESS, count).astype(np.float32))


def jittered(tubes: np.ndarray, jitter: Jitter) -> np.ndarray:
    """Tubes uint8 (N, frames, side, side, channels), each changed alike in all frames; a shift repeats the edge."""
    side, levels = np.arange(tubes.shape[2]), np.arange(256, dtype=np.float32)
    changed = np.empty_like(tubes)
    for place, (tube, down, right, contrast, brightness) in enumerate(zip(tubes, *jitter, strict=True)):
        rows, columns = np.clip(side + down, 0, side[-1]), np.clip(side + right, 0, side[-1])
        shifted = tube.take(rows, axis=1).take(columns, axis=2)
        mean = shifted.mean(dtype=np.float32)
        table = (levels - mean) * contrast + (mean + brightness)
        looked_up = cv2.LUT(shifted.reshape(-1, 1), np.clip(np.rint(table), 0, 255).astype(np.uint8))
        changed[place] = looked_up.reshape(shifted.shape)
    return changed
