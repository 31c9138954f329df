import json

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from stages.common.network.network import load_network
from stages.common.running.errors import InputError
from stages.common.tables.schemas import TASKS
from stages.train import __main__ as stage
from stages.train import loop

PARAMS = """
machine: {workers: 1, device: cpu}
tubes: {size: 16, context: 0.0, half_length: 2, reach: 6, train_stride: 1}
train:
  depth: shallow
  width: narrow
  weights: {arrow: 1.0, irregularity: 1.0, middle: 1.0, distillation: 0.5}
  min_step: 2
  max_step: 3
  mirror: false
  jitter: false
  epochs: 1
  keep: last
  tubes_per_epoch: 20
  batch: 8
  learning_rate: 0.001
  warmup_steps: 2
  weight_decay: 0.01
  precision: float32
  seed: 0
  threads: 1
sets: {tiny: {train: {}, tubes: {}}}
"""
CURVES = ["epoch", *(f"{task}_{split}" for task in TASKS for split in ("train", "held_out"))]


@pytest.fixture
def project(shards, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(PARAMS)
    shards({("a", "train"): 20, ("empty", "train"): 0, ("h", "held_out"): 9, ("t", "test"): 3})
    return tmp_path


def edit(project, old, new):
    text = (project / "params.yaml").read_text()
    assert old in text
    (project / "params.yaml").write_text(text.replace(old, new))


def files(project):
    return {path.name: path.read_bytes() for path in (project / "models/tiny/network").iterdir()}


def test_the_stage_writes_weights_a_card_and_the_losses_the_same_bytes_every_time(project):
    said = stage.run("tiny")
    assert "network after 1 epochs, held-out losses arrow " in said
    first = files(project)
    assert set(first) == {"model.safetensors", "model.json", "losses.csv"}
    losses = pd.read_csv(project / "models/tiny/network/losses.csv")
    assert losses.columns.tolist() == CURVES and losses["epoch"].tolist() == [0] and losses.notna().all(axis=None)
    for checkpoint in (project / ".work/train").glob("*.pt"):
        checkpoint.unlink()
    stage.run("tiny")
    assert files(project) == first


def test_the_stages_network_can_be_loaded_by_its_card(project):
    stage.run("tiny")
    folder = project / "models/tiny/network"
    card = json.loads((folder / "model.json").read_text())
    assert card["half_length"] == 2 and card["mirror"] is False
    network = load_network(folder, card["architecture"])
    assert network.arrow(network.trunk(torch.rand(1, 1, 5, 16, 16))).shape == (1, 2)
    assert set(load_file(folder / "model.safetensors")) == set(network.state_dict())


def test_the_stage_goes_on_where_it_was_stopped(project, monkeypatch, capsys):
    edit(project, "epochs: 1", "epochs: 2")
    stage.run("tiny")
    undisturbed = files(project)
    for checkpoint in (project / ".work/train").glob("*.pt"):
        checkpoint.unlink()

    def stop(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(loop, "report", stop)
    with pytest.raises(KeyboardInterrupt):
        stage.run("tiny")
    monkeypatch.setattr(loop, "report", lambda *args: None)
    capsys.readouterr()
    stage.run("tiny")
    assert "going on after epoch 1" in capsys.readouterr().err
    assert files(project) == undisturbed


def test_other_settings_do_not_go_on_from_a_strangers_checkpoint(project, capsys):
    stage.run("tiny")
    edit(project, "learning_rate: 0.001", "learning_rate: 0.002")
    capsys.readouterr()
    stage.run("tiny")
    assert "going on" not in capsys.readouterr().err


def test_more_test_clips_are_no_reason_to_train_again_and_other_normal_ones_are(shards, project, capsys):
    stage.run("tiny")
    first = files(project)
    counts = {("a", "train"): 20, ("empty", "train"): 0, ("h", "held_out"): 9, ("t", "test"): 3, ("u", "test"): 5}
    shards(counts)
    capsys.readouterr()
    stage.run("tiny")
    assert "going on after epoch 1" in capsys.readouterr().err and files(project) == first
    shard = project / "data/tiny/teacher/h.npy"
    np.save(shard, np.load(shard) * 2)
    stage.run("tiny")
    assert "going on" not in capsys.readouterr().err


def test_no_epochs_make_an_untrained_network(project):
    edit(project, "epochs: 1", "epochs: 0")
    assert "untrained" in stage.run("tiny")
    assert (project / "models/tiny/network/losses.csv").read_text() == ",".join(CURVES) + "\n"


def test_a_task_of_weight_0_is_left_out(project):
    edit(project, "middle: 1.0", "middle: 0.0")
    assert "middle" not in stage.run("tiny")
    curves = pd.read_csv(project / "models/tiny/network/losses.csv").columns
    assert curves.tolist() == [name for name in CURVES if "middle" not in name]
    card = json.loads((project / "models/tiny/network/model.json").read_text())
    assert card["tasks"] == ["arrow", "irregularity", "distillation"]


@pytest.mark.parametrize(
    ("old", "new"), [("reach: 6", "reach: 5"), ("min_step: 2", "min_step: 0"), ("min_step: 2", "min_step: 4")]
)
def test_steps_beyond_the_reach_or_out_of_order_are_an_error(project, old, new):
    edit(project, old, new)
    with pytest.raises(InputError, match="raise tubes.reach or lower train.max_step"):
        stage.run("tiny")


@pytest.mark.parametrize("split", ["train", "held_out"])
def test_a_split_without_any_object_is_an_error_that_names_it(shards, project, split):
    shards({("a", "train"): 4 * (split != "train"), ("h", "held_out"): 4 * (split != "held_out")})
    with pytest.raises(InputError, match=f"no objects in the {split} clips"):
        stage.run("tiny")
