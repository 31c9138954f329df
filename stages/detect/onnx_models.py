"""Object detectors as ONNX networks."""

from pathlib import Path

import numpy as np
import onnxruntime

from stages.detect import nanodet, yolox
from stages.detect.tiled import Answer, Network

DECODERS = {"yolox": yolox, "nanodet_plus": nanodet}  # each has prepare, decode, FILL and STRIDES


def load(path: str | Path, decoder: str, threads: int) -> Network:
    """Load an ONNX detector.

    decoder: a name in DECODERS.  threads: CPU threads that one picture may use.
    Raises ValueError for an unknown decoder, FileNotFoundError where there is no file.
    """
    if decoder not in DECODERS:
        raise ValueError(f"detector: unknown decoder {decoder!r}, expected one of {', '.join(sorted(DECODERS))}")
    if not Path(path).is_file():
        raise FileNotFoundError(f"detector: no weights at {path}; fetch them or name another file")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    door = session.get_inputs()[0]
    module = DECODERS[decoder]

    def answer(picture: np.ndarray) -> Answer:
        height, width = picture.shape[:2]
        _check_input_size(width, height, door.shape, max(module.STRIDES), path)
        output = session.run(None, {door.name: module.prepare(picture)})[0]
        return module.decode(output, width, height)

    return Network(lambda pictures: [answer(picture) for picture in pictures], module.FILL)


def _check_input_size(width: int, height: int, shape: list, stride: int, path: str | Path) -> None:
    fixed_height, fixed_width = shape[2:]
    if isinstance(fixed_width, int) and (fixed_width, fixed_height) != (width, height):
        raise ValueError(
            f"detector: {path} takes pictures of {fixed_width}x{fixed_height}, got {width}x{height}; "
            "set input_width and input_height to that"
        )
    if width % stride or height % stride:
        raise ValueError(
            f"detector: {path} takes multiples of {stride}, got {width}x{height}; change input_width and input_height"
        )
