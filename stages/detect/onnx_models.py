"""Object detectors as ONNX networks that answer with a box for each of many anchors."""

import functools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from stages.common.objects.boxes import Detections
from stages.common.pretrained.onnx import load_onnx
from stages.common.running.errors import InputError
from stages.detect.settings import Detect
from stages.detect.tiled import Answer, Network, detect_frames, least_score


def find_by_onnx(
    prepare: Callable, decode: Callable, fill: int, frames: Iterable[np.ndarray], detect: Detect, weights: Path
) -> Iterator[Detections]:
    """The objects of each of the frames, by a network on one thread.

    Args:
        prepare: makes the network's input, float32 (1, 3, H, W), of a BGR picture, uint8 (H, W, 3).
        decode: makes an Answer of the network's answer, the picture's width and height, and the least score of a box.
        fill: grey value for what a picture leaves empty.
    """
    run, least = load_onnx(weights, detect.precision), least_score(detect.tiles)

    def answers(pictures: list[np.ndarray]) -> list[Answer]:
        return [decode(run(prepare(picture)), *picture.shape[1::-1], least) for picture in pictures]

    return detect_frames(Network(answers, fill), frames, detect.tiles)


@functools.cache
def anchor_cells(
    width: int, height: int, strides: tuple[int, ...], answered: tuple[int, ...], least: int
) -> tuple[np.ndarray, np.ndarray]:
    """Column and row (A, 2) and stride (A, 1), float32, of the anchors, stride by stride, row by row.

    Args:
        width, height: of the network's input.
        answered: shape of its answer, to be (1, A, more than `least`).

    Raises:
        InputError: it is of another shape.
    """
    grids = [np.mgrid[: height // stride, : width // stride].reshape(2, -1)[::-1].T for stride in strides]
    cells = np.concatenate(grids).astype(np.float32)
    if len(answered) != 3 or answered[:2] != (1, len(cells)) or answered[2] <= least:
        raise InputError(
            f"params.yaml: detect.sources: the network in weights.detector answers a picture of {width}x{height} with "
            f"{list(answered)} numbers, expected [1, {len(cells)}, more than {least}]; name the detector that belongs "
            "to it"
        )
    return cells, np.repeat(strides, list(map(len, grids)))[:, None].astype(np.float32)
