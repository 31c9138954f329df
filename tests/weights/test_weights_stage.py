"""Pre-trained weights are those whose hash params.yaml names, or none."""

import json
import os

import pytest

from stages.common.pretrained.weights import weights_file
from stages.common.running.errors import InputError
from stages.common.running.files import sha256

OTHER = "0" * 64


@pytest.fixture
def raw(project):
    """The folder of raw weights, with one file in it."""
    folder = project.root / "data/raw/weights"
    folder.mkdir()
    (folder / "net.onnx").write_bytes(b"network")
    return folder


def wanted(folder, **changes):
    return {"file": "net.onnx", "sha256": sha256(folder / "net.onnx"), **changes}


def test_none_needed_none_taken(project):
    project.run("weights")
    for role in ("detector", "teacher"):
        folder = project.root / "models/mine/weights" / role
        assert os.listdir(folder) == ["weights.json"]
        assert json.loads((folder / "weights.json").read_text()) == {"file": None}
        with pytest.raises(InputError, match=f"models/mine/weights/{role}: no weights there; run `dvc repro`"):
            weights_file(folder)


def test_the_right_weights_are_taken_over(project, raw):
    project.params(sets={"mine": {"weights": {"detector": wanted(raw)}}})
    project.run("weights")
    folder = project.root / "models/mine/weights/detector"
    assert weights_file(folder) == folder / "net.onnx"
    assert (folder / "net.onnx").read_bytes() == b"network"
    assert os.listdir(project.root / "models/mine/weights/teacher") == ["weights.json"]


def test_weights_that_are_not_needed_any_more_go(project, raw):
    project.params(weights={"detector": wanted(raw)})
    project.run("weights")
    project.params(weights={"detector": None})
    project.run("weights")
    assert os.listdir(project.root / "models/mine/weights/detector") == ["weights.json"]


@pytest.mark.parametrize("role", ["detector", "teacher"])
def test_missing_weights(project, role):
    project.run("weights")
    project.params(weights={role: {"file": "net.onnx", "sha256": OTHER}})
    line = project.refusal("weights")
    assert line == f"data/raw/weights/net.onnx: not found; put the {role}'s weights there (params.yaml: weights.{role})"


@pytest.mark.parametrize("role", ["detector", "teacher"])
def test_weights_with_another_hash(project, raw, role):
    project.run("weights")
    project.params(weights={role: wanted(raw, sha256=OTHER)})
    line = project.refusal("weights")
    found = sha256(raw / "net.onnx")
    assert line.startswith(f"data/raw/weights/net.onnx: wrong SHA-256: expected {OTHER}, found {found}; fetch the file")
    assert line.endswith(f"params.yaml: weights.{role}.sha256")


@pytest.mark.parametrize(
    "content, named",
    [
        ("net.onnx", "detector: "),
        ({"file": "net.onnx"}, "detector.sha256: is missing"),
        ({"file": "net.onnx", "sha256": OTHER, "url": "here"}, "detector.url: is not a known parameter"),
        ({"file": "net.onnx", "sha256": 0}, "detector.sha256: Input should be a valid string, found 0"),
    ],
)
def test_weights_that_are_not_described_as_a_file_and_its_hash(project, content, named):
    project.leave_earlier_outputs()
    project.params(weights={"detector": content})
    assert project.refusal("weights").startswith(f"params.yaml: weights (with sets.mine.weights): {named}")


def test_where_the_stage_has_not_run_there_are_none(tmp_path):
    with pytest.raises(InputError, match="detector: no weights there; run `dvc repro` to put them there"):
        weights_file(tmp_path / "detector")


def test_the_first_digits_of_a_hash_are_enough(project, raw):
    project.params(weights={"detector": wanted(raw, sha256=sha256(raw / "net.onnx")[:8])})
    project.run("weights")
    assert (project.root / "models/mine/weights/detector/net.onnx").read_bytes() == b"network"
    project.params(weights={"detector": wanted(raw, sha256="0" * 8)})
    assert "wrong SHA-256: expected 00000000, found" in project.refusal("weights")
    project.params(weights={"detector": wanted(raw, sha256="0" * 7)})
    assert "weights (with sets.mine.weights): detector" in project.refusal("weights")


def test_what_torchvision_publishes_is_asked_for_and_named_where_there_is_no_network(project, monkeypatch):
    for variable in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    project.run("weights")
    project.params(weights={"teacher": {"file": "resnet50-11ad3fa6.pth", "sha256": "11ad3fa6"}})
    line = project.refusal("weights")
    assert line.startswith("data/raw/weights/resnet50-11ad3fa6.pth: not found; put the teacher's weights there")
    assert "no download from https://" in line and "fetch it where there is a network" in line
    assert not list((project.root / "data/raw/weights").glob("*"))
