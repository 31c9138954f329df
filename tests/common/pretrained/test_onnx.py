from pathlib import Path

import numpy as np
import pytest

from stages.common.pretrained.onnx import load_onnx
from stages.common.running.errors import InputError

WEIGHTS = Path(__file__).parents[4] / "shared/data/weights"


def real(name):
    if not (WEIGHTS / name).is_file():
        pytest.skip(f"no {name} in ../shared/data/weights")
    return load_onnx(WEIGHTS / name, "float32")


@pytest.mark.parametrize("content", [b"", b"no network", b"\x08\x07"])
def test_what_is_no_network_is_named(tmp_path, content):
    with pytest.raises(InputError, match="none.onnx: no weights there; fetch them or name another file"):
        load_onnx(tmp_path / "none.onnx", "float32")
    (tmp_path / "cut.onnx").write_bytes(content)
    with pytest.raises(InputError, match="cut.onnx: not a network in ONNX form: .*; fetch the file again"):
        load_onnx(tmp_path / "cut.onnx", "float32")


def test_a_picture_is_answered_alike_in_every_batch_and_in_pictures_of_other_sizes_between():
    run = real("efficientnet_lite0_imagenet.onnx")
    batch = np.random.default_rng(0).normal(size=(3, 3, 64, 64)).astype(np.float32)
    together = run(batch)
    assert together.shape == (3, 1000) and together.dtype == np.float32
    assert run(batch[:, :, :32, :32]).shape == (3, 1000)
    np.testing.assert_allclose(np.concatenate([run(batch[:1]), run(batch[1:])]), together, atol=1e-3)
    assert run(batch).tobytes() == together.tobytes()


def test_another_size_than_a_network_takes_is_named():
    run = real("yolox_nano.onnx")
    with pytest.raises(InputError, match=r"yolox_nano.onnx: takes inputs of \[1,3,416,416\], got \[3, 64, 64\]"):
        run(np.zeros((1, 3, 64, 64), np.float32))
