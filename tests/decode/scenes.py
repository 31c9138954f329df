"""Footage in front of the gate: a scene with edges, the noise of a sensor, and what happens in it."""

import cv2
import numpy as np

from stages.decode.gate import Gate

FPS = 10.0


def scene(height: int = 240, width: int = 320, seed: int = 0) -> np.ndarray:
    """Grey uint8 (height, width): blocks of many sizes and levels, softened."""
    rng = np.random.default_rng(seed)
    picture = np.full((height, width), 110.0)
    for _ in range(60):
        left, top = rng.integers(0, width), rng.integers(0, height)
        picture[top : top + rng.integers(8, 60), left : left + rng.integers(8, 80)] = rng.uniform(60, 180)
    return cv2.GaussianBlur(picture, (3, 3), 0).astype(np.uint8)


def noisy(frames, sigma: float = 3.0, seed: int = 1):
    rng = np.random.default_rng(seed)
    shape = frames[0].shape
    return [
        np.clip(frame + sigma * rng.standard_normal(shape, np.float32), 0, 255).astype(np.uint8) for frame in frames
    ]


def with_walker(background: np.ndarray, index: int, size: tuple[int, int] = (16, 40), start: int = 0) -> np.ndarray:
    """A walker of (width, height), 3 pixels to the right with every frame."""
    frame = background.copy()
    left = 3 * (index - start)
    frame[150 - size[1] : 150, left : left + size[0]] = 20
    return frame


def seen(frames, fps: float = FPS) -> tuple[list[int], list[tuple[int, str]]]:
    """The looks that saw something live, and the faults, of frames from first to last."""
    gate, live = Gate(fps), []
    for number in range(0, len(frames), gate.every):
        live += gate.look(number, frames[number])
    return live + gate.end_doubt(), gate.faults
