import warnings

import numpy as np
import pandas as pd
import pytest
import torch

from stages.common.running.errors import InputError
from stages.common.tables.json_files import save_json
from stages.common.tables.schemas import BOX, TUBES, write_table
from stages.teach.__main__ import run
from stages.teach.teachers import random_resnet
from stages.teach.vectors import Teach, teach_clip

TEACH = Teach(teacher="random", torchvision="resnet50", size=32, test_clips=True)
PARAMS = """
machine: {{workers: 1, device: cpu}}
teach: {{teacher: {teacher}, torchvision: resnet50, size: 32, test_clips: {test_clips}}}
sets: {{tiny: {{teach: {{}}}}}}
"""


def tubes(count, channels=1, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 5, 16, 16, channels), dtype=np.uint8)


def taught(folder, shard):
    np.save(folder / "shard.npy", shard)
    teach_clip(folder / "shard.npy", TEACH, None, torch.device("cpu"), folder)
    return np.load(folder / "vectors.npy")


def test_a_clip_without_objects_has_no_vectors_of_the_same_length(tmp_path):
    vectors = taught(tmp_path, tubes(0))
    assert vectors.shape == (0, 128) and vectors.dtype == np.float16


@pytest.mark.parametrize("channels", [1, 3])
def test_vectors_are_what_the_teacher_says_of_the_middle_crops(tmp_path, channels):
    shard = tubes(4, channels)
    vectors = taught(tmp_path, shard)
    assert vectors.dtype == np.float16
    np.testing.assert_array_equal(vectors, random_resnet(seed=0)(shard[:, 2]).astype(np.float16))
    assert len(np.unique(vectors, axis=0)) == 4


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
    """Tubes of a training clip (3), a test clip (2) and a test clip without objects."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data/tiny/tubes").mkdir(parents=True)
    tables = []
    for video, split, count in (("calm", "train", 3), ("busy", "test", 2), ("empty", "test", 0)):
        np.save(tmp_path / f"data/tiny/tubes/{video}.npy", tubes(count))
        facts = {"video": video, "row": np.arange(count), "split": split, "frame": 0, **dict.fromkeys(BOX, 0.0)}
        tables.append(pd.DataFrame(facts).assign(class_scores=pd.Series([[]] * count, dtype=object)))
    write_table(tmp_path / "data/tiny/tubes/tubes.parquet", pd.concat(tables, ignore_index=True), TUBES)
    return tmp_path


@pytest.mark.parametrize(("test_clips", "asked"), [("true", {"calm": 3, "busy": 2}), ("false", {"calm": 3})])
def test_every_tube_of_the_asked_clips_has_a_vector(project, test_clips, asked):
    (project / "params.yaml").write_text(PARAMS.format(teacher="random", test_clips=test_clips))
    said = run("tiny")
    assert said.startswith(f"vectors of {sum(asked.values())} objects")
    found = {path.stem: len(np.load(path)) for path in (project / "data/tiny/teacher").iterdir()}
    assert found == asked


def test_a_teacher_without_its_weights_is_a_clear_error(project):
    (project / "params.yaml").write_text(PARAMS.format(teacher="onnx", test_clips="true"))
    save_json(project / "models/tiny/weights/teacher/weights.json", {"file": None})
    with pytest.raises(InputError, match="weights.teacher: teacher onnx needs weights"):
        run("tiny")
