"""Object detectors as ONNX networks."""

from pathlib import Path

import numpy as np

from stages.common.computing.settings import Precision
from stages.common.pretrained.onnx import load_onnx
from stages.detect import nanodet, yolox
from stages.detect.tiled import Answer, Network

DECODERS = {"yolox": yolox, "nanodet_plus": nanodet}  # each has prepare, decode, FILL and STRIDES


def load(path: Path, decoder: str, precision: Precision, least: float) -> Network:
    """An ONNX detector, on one thread.

    Args:
        decoder: a name in DECODERS.
        least: anchors that score less are left out of its answers.

    Raises:
        InputError: no such file.
    """
    run = load_onnx(path, precision)
    module = DECODERS[decoder]

    def answer(picture: np.ndarray) -> Answer:
        height, width = picture.shape[:2]
        return module.decode(run(module.prepare(picture)), width, height, least)

    return Network(lambda pictures: [answer(picture) for picture in pictures], module.FILL)
