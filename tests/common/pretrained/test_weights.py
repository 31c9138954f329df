import pytest

from stages.common.pretrained.weights import weights_file
from stages.common.running.errors import InputError
from stages.common.tables.json_files import save_json


def test_the_file_is_the_one_that_the_note_beside_it_names(tmp_path):
    save_json(tmp_path / "detector/weights.json", {"file": "x.onnx"})
    assert weights_file(tmp_path / "detector") == tmp_path / "detector/x.onnx"


@pytest.mark.parametrize("note", [None, {"file": None}])
def test_weights_that_are_not_there_are_named(tmp_path, note):
    if note:
        save_json(tmp_path / "detector/weights.json", note)
    with pytest.raises(InputError, match="detector: no weights there; run `dvc repro` to put them there"):
        weights_file(tmp_path / "detector")
