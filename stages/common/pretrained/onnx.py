"""Networks in ONNX form, on the processor, by OpenVINO."""

import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openvino

from stages.common.computing.precision import Precision
from stages.common.running.errors import InputError

HINTS = {"float32": "f32", "bfloat16": "bf16"}


@functools.cache
def load_onnx(path: Path, precision: Precision) -> Callable[[np.ndarray], np.ndarray]:
    """What a network with one input answers first, float32, to a batch, float32 (N, ...); on one thread.

    It is compiled once for each shape of what comes in, and not again for the next clip of a process. InputError where
    there is no such file, or no network in it; with the answer, if the network takes another shape.
    """
    if not Path(path).is_file():
        raise InputError(f"{path}: no weights there; fetch them or name another file")
    core = openvino.Core()
    options = {"INFERENCE_PRECISION_HINT": HINTS[precision], "INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1}
    options["ENABLE_CPU_PINNING"] = False  # pinned, the threads of all workers would share the first core

    @functools.cache
    def compiled(shape: tuple[int, ...]) -> openvino.InferRequest:
        model = read_model(core, path)
        taken = model.inputs[0].partial_shape
        wanted = openvino.PartialShape([-1 if taken[0].is_dynamic else taken[0].get_length(), *shape])
        if not taken.compatible(wanted):
            raise InputError(f"{path}: takes inputs of {taken}, got {list(shape)}")
        model.reshape(wanted)
        return core.compile_model(model, "CPU", options).create_infer_request()

    read_model(core, path)
    return lambda batch: np.array(compiled(batch.shape[1:]).infer({0: batch})[0])


def read_model(core: openvino.Core, path: Path) -> openvino.Model:
    try:
        return core.read_model(path)
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1]
        raise InputError(f"{path}: not a network in ONNX form: {reason}; fetch the file again") from None
