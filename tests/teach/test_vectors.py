import json
import tracemalloc
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from helpers import PARAMS, as_stored

from stages.common.running.errors import InputError
from stages.common.running.params import merged
from stages.common.tables.json_files import save_json
from stages.common.tables.schemas import TUBES, write_table
from stages.common.tables.shards import Shard, write_shard
from stages.teach import vectors as vectors_module
from stages.teach.__main__ import run
from stages.teach.settings import Teach
from stages.teach.teachers import random_network
from stages.teach.vectors import teach_clip

TEACH = Teach(teacher="random", torchvision="resnet50", size=32, compared="classifier")


def tubes(count, channels=1, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 5, 16, 16, channels), dtype=np.uint8)


def taught(folder, shard):
    write_shard(folder / "clip.tubes", shard, shard.shape[1:])
    teach_clip(folder / "clip.tubes", len(Shard(folder / "clip.tubes")), TEACH, None, torch.device("cpu"), folder)
    return np.load(folder / "vectors.npy")


def test_a_clip_without_objects_has_no_vectors_of_the_same_length(tmp_path):
    vectors = taught(tmp_path, tubes(0))
    assert vectors.shape == (0, 128) and vectors.dtype == np.float16


@pytest.mark.parametrize("channels", [1, 3])
def test_vectors_are_what_the_teacher_says_of_the_middle_crops(tmp_path, channels):
    shard = tubes(4, channels)
    vectors = taught(tmp_path, shard)
    assert vectors.dtype == np.float16
    np.testing.assert_array_equal(vectors, random_network(seed=0)(as_stored(shard)[:, 2]).astype(np.float16))
    assert len(np.unique(vectors, axis=0)) == 4


def test_tubes_do_not_stay_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(vectors_module, "AT_ONCE", 16)
    shard = np.zeros((320, 31, 16, 16, 3), np.uint8)
    write_shard(tmp_path / "clip.tubes", shard, shard.shape[1:])
    monkeypatch.setattr(vectors_module, "load_teacher", lambda *_: lambda crops: np.zeros((len(crops), 4), np.float32))
    tracemalloc.start()
    teach_clip(tmp_path / "clip.tubes", len(Shard(tmp_path / "clip.tubes")), TEACH, None, torch.device("cpu"), tmp_path)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < shard.nbytes / 4


def test_only_the_middle_frame_counts(tmp_path):
    shard = tubes(3)
    changed = tubes(3, seed=1)
    changed[:, 2] = shard[:, 2]
    np.testing.assert_array_equal(taught(tmp_path, shard), taught(tmp_path, changed))
    changed[:, 2, 0, 0] ^= 128
    assert (taught(tmp_path, shard) != taught(tmp_path, changed)).any(axis=1).all()


def test_a_clip_with_a_single_object_is_taught_without_a_warning(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert taught(tmp_path, tubes(1, 3)).shape == (1, 128)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Tubes of a training clip (3), a held-out one (4, of which 2 are learnt from), a test clip (2) and one without."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data/tiny/tubes").mkdir(parents=True)
    tables = []
    clips = (("calm", "train", 3), ("kept", "held_out", 4), ("busy", "test", 2), ("empty", "test", 0))
    for video, split, count in clips:
        write_shard(tmp_path / f"data/tiny/tubes/{video}.tubes", tubes(count), (5, 16, 16, 1))
        rows = np.arange(count)
        learnt = (split != "test") & ((rows < 2) | (split == "train"))
        facts = {"split": split, "fold": 0 if split == "held_out" else -1, "learnt": learnt}
        tables.append(pd.DataFrame({"video": video, "object": rows, "row": rows, **facts}))
    write_table(tmp_path / "data/tiny/tubes/tubes.parquet", pd.concat(tables, ignore_index=True), TUBES)
    return tmp_path


def write_params(project, **changes):
    tree = merged(PARAMS, {"machine": {"workers": 1}, "sets": {"tiny": {}}, **changes})
    (project / "params.yaml").write_text(json.dumps(tree))


@pytest.mark.parametrize(
    ("compared", "asked"), [("classifier", {"calm": 3, "kept": 4, "busy": 2}), ("detector", {"calm": 3, "kept": 2})]
)
def test_it_is_asked_about_all_objects_where_the_score_compares_what_it_says(project, compared, asked):
    file = {"file": "x.onnx", "sha256": "0" * 8}
    write_params(project, teach={"compared": compared}, detect={"sources": ["yolox"]}, weights={"detector": file})
    said = run("tiny")
    assert said.startswith(f"vectors of {sum(asked.values())} objects")
    found = {path.stem: len(np.load(path)) for path in (project / "data/tiny/teacher").iterdir()}
    assert found == asked


def test_weights_that_have_not_been_put_in_place(project):
    write_params(project, teach={"teacher": "onnx"}, weights={"teacher": {"file": "x.onnx", "sha256": "0" * 8}})
    with pytest.raises(InputError, match="^models/tiny/weights/teacher: no weights there; run `dvc repro`"):
        run("tiny")
    save_json(project / "models/tiny/weights/teacher/weights.json", {"file": None})
    with pytest.raises(InputError, match="^models/tiny/weights/teacher: no weights there; run `dvc repro`"):
        run("tiny")
