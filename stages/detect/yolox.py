"""YOLOX (Ge et al. 2021): what its exported network wants to see and how to read what it answers."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from stages.common.frames.store import Frames
from stages.common.objects.boxes import Detections
from stages.detect.onnx_models import anchor_cells, find_by_onnx
from stages.detect.settings import Detect
from stages.detect.tiled import Answer

STRIDES = (8, 16, 32)
FILL = 114  # the grey that YOLOX was trained to see around a picture


def find(frames: Frames, numbers: np.ndarray, detect: Detect, weights: Path, device: str) -> Iterator[Detections]:
    return find_by_onnx(prepare, decode, FILL, (frames[number] for number in numbers), detect, weights)


def prepare(picture: np.ndarray) -> np.ndarray:
    """Network input, float32 (1, 3, H, W), of a BGR picture, uint8 (H, W, 3)."""
    return np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32)


def decode(output: np.ndarray, width: int, height: int, least: float = 0.0) -> Answer:
    """Boxes, scores and class probabilities of the anchors that score at least so much.

    output: float32 (1, A, 5 + C): centre, log size (both in strides), objectness, class probabilities.
    width, height: of the network's input, multiples of 32.
    Returns boxes float32 (A, 4) in input pixels, scores (A,) = objectness x best class, probabilities (A, C).
    """
    cells, strides = anchor_cells(width, height, STRIDES, output.shape, 5)
    scores = output[0, :, 4] * output[0, :, 5:].max(axis=1)
    found = np.flatnonzero(scores >= least)
    answer, cells, strides = output[0, found], cells[found], strides[found]
    centres = (answer[:, :2] + cells) * strides
    half_sizes = np.exp(answer[:, 2:4]) * strides / 2
    return np.concatenate([centres - half_sizes, centres + half_sizes], axis=1), scores[found], answer[:, 5:]
