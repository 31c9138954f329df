"""YOLOX (Ge et al. 2021): what its exported network wants to see and how to read what it answers."""

import functools

import numpy as np

from stages.common.running.errors import InputError

STRIDES = (8, 16, 32)
FILL = 114  # the grey that YOLOX was trained to see around a picture


def prepare(picture: np.ndarray) -> np.ndarray:
    """Network input, float32 (1, 3, H, W), of a BGR picture, uint8 (H, W, 3)."""
    return np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32)


def decode(
    output: np.ndarray, width: int, height: int, least: float = 0.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Boxes, scores and class probabilities of the anchors that score at least so much.

    output: float32 (1, A, 5 + C): centre, log size (both in strides), objectness, class probabilities.
    width, height: of the network's input, multiples of 32.
    Returns boxes float32 (A, 4) in input pixels, scores (A,) = objectness x best class, probabilities (A, C).
    """
    cells, strides = anchor_cells(width, height, STRIDES, output.shape[1])
    scores = output[0, :, 4] * output[0, :, 5:].max(axis=1)
    found = np.flatnonzero(scores >= least)
    answer, cells, strides = output[0, found], cells[found], strides[found]
    centres = (answer[:, :2] + cells) * strides
    half_sizes = np.exp(answer[:, 2:4]) * strides / 2
    return np.concatenate([centres - half_sizes, centres + half_sizes], axis=1), scores[found], answer[:, 5:]


@functools.cache
def anchor_cells(width: int, height: int, strides: tuple[int, ...], expected: int) -> tuple[np.ndarray, np.ndarray]:
    """Column and row (A, 2) and stride (A, 1), float32, of the anchors, stride by stride, row by row.

    Raises:
        InputError: the network has another number of anchors than `expected`.
    """
    cells, cell_strides = [], []
    for stride in strides:
        rows, columns = np.mgrid[: height // stride, : width // stride]
        cells.append(np.stack([columns.ravel(), rows.ravel()], axis=1))
        cell_strides.append(np.full((rows.size, 1), stride))
    cells = np.concatenate(cells).astype(np.float32)
    if len(cells) != expected:
        raise InputError(
            f"params.yaml: detect.sources: the network in weights.detector answers with {expected} boxes, expected "
            f"{len(cells)} of {width}x{height} pixels by strides {strides}; name the detector that belongs to it"
        )
    return cells, np.concatenate(cell_strides).astype(np.float32)
