import json
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from helpers import ROOT
from safetensors.torch import load_file
from tiny_set import FOLDER, HALF, TASKS, write_params

from stages.common.network.network import load_network
from stages.common.running.errors import InputError
from stages.common.tables.schemas import TUBES, read_table, write_table
from stages.train import __main__ as stage

CURVES = ["epoch", *(f"{task}_{split}" for task in TASKS for split in ("train", "held_out"))]


@pytest.fixture
def project(shards, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_params(tmp_path, train={"epochs": 1})
    shards({("a", "train"): 20, ("empty", "train"): 0, ("h", "held_out"): 9, ("t", "test"): 3})
    return tmp_path


def files(project):
    return {path.name: path.read_bytes() for path in (project / "models/tiny/network").iterdir()}


def test_the_stage_writes_weights_a_card_and_the_losses_the_same_bytes_every_time(project):
    said = stage.run("tiny")
    assert "1 network after 1 epochs, held-out losses arrow " in said
    first = files(project)
    assert set(first) == {"0.safetensors", "model.json", "losses.csv"}
    losses = pd.read_csv(project / "models/tiny/network/losses.csv")
    assert losses.columns.tolist() == CURVES and losses["epoch"].tolist() == [0] and losses.notna().all(axis=None)
    shutil.rmtree(project / ".work")
    stage.run("tiny")
    assert files(project) == first


def test_the_stages_network_can_be_loaded_by_its_card(project):
    stage.run("tiny")
    folder = project / "models/tiny/network"
    card = json.loads((folder / "model.json").read_text())
    assert card["half_length"] == HALF and card["mirror"] is False
    network = load_network(folder / "0.safetensors", card["architecture"])
    assert network.heads["arrow"](network.trunk(torch.rand(1, 1, 5, 16, 16))).shape == (1, 2)
    assert set(load_file(folder / "0.safetensors")) == set(network.state_dict())


def test_the_stage_goes_on_where_it_was_killed(project):
    write_params(project, train={"epochs": 6})
    (project / "stages").symlink_to(ROOT / "stages")
    command = [sys.executable, "-m", "stages.train", "tiny"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    while "epoch 1/6 held_out" not in (line := process.stderr.readline()):
        assert line, "ended without an epoch"
    process.kill()
    process.wait()
    assert not (project / "models").exists()
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0 and "going on after epoch" in done.stderr, done.stderr
    resumed = files(project)
    shutil.rmtree(project / ".work")
    stage.run("tiny")
    assert files(project) == resumed


def test_of_two_folds_each_network_learns_as_if_it_were_the_only_one(shards, project):
    counts = {("a", "train"): 20, ("h", "held_out"): 9, ("i", "held_out"): 12}
    shards(counts)
    write_params(project, train={"epochs": 1, "tubes_per_epoch": 16})
    assert "2 networks after 1 epochs" in stage.run("tiny")
    both, losses = files(project), pd.read_csv(project / "models/tiny/network/losses.csv")
    one_by_one = []
    for own in "hi":
        table = read_table(project / FOLDER / "tubes/tubes.parquet", TUBES)
        table["fold"] = np.where(table["video"] == own, 0, -1)
        write_table(project / FOLDER / "tubes/tubes.parquet", table, TUBES)
        write_params(project, train={"epochs": 1, "tubes_per_epoch": 8})
        stage.run("tiny")
        assert files(project)["0.safetensors"] == both["0.safetensors" if own == "h" else "1.safetensors"]
        one_by_one.append(pd.read_csv(project / "models/tiny/network/losses.csv"))
        shards(counts)
    pd.testing.assert_frame_equal(losses, pd.concat(one_by_one).groupby("epoch", as_index=False).mean())


def test_other_settings_do_not_go_on_from_a_strangers_checkpoint(project, capsys):
    stage.run("tiny")
    write_params(project, train={"epochs": 1, "seed": 1})
    capsys.readouterr()
    stage.run("tiny")
    assert "going on" not in capsys.readouterr().err
    assert len(list((project / ".work/train").glob("*/piece"))) == 1  # nobody asks for the first any more


def test_more_test_clips_are_no_reason_to_train_again_and_other_normal_ones_are(shards, project, capsys):
    stage.run("tiny")
    first = files(project)
    counts = {("a", "train"): 20, ("empty", "train"): 0, ("h", "held_out"): 9, ("t", "test"): 3, ("u", "test"): 5}
    shards(counts)
    capsys.readouterr()
    stage.run("tiny")
    assert "going on after epoch 1" in capsys.readouterr().err and files(project) == first
    shard = project / FOLDER / "teacher/h.npy"
    np.save(shard, np.load(shard) * 2)
    stage.run("tiny")
    assert "going on" not in capsys.readouterr().err


def test_no_epochs_make_an_untrained_network(project):
    write_params(project, train={"epochs": 0})
    assert "untrained" in stage.run("tiny")
    assert (project / "models/tiny/network/losses.csv").read_text() == ",".join(CURVES) + "\n"


def test_a_task_of_weight_0_is_left_out(project):
    write_params(project, train={"epochs": 1, "weights": {"middle": 0.0}})
    assert "middle" not in stage.run("tiny")
    curves = pd.read_csv(project / "models/tiny/network/losses.csv").columns
    assert curves.tolist() == [name for name in CURVES if "middle" not in name]
    card = json.loads((project / "models/tiny/network/model.json").read_text())
    assert card["architecture"]["tasks"] == ["arrow", "irregularity", "distillation"]


@pytest.mark.parametrize(("split", "said"), [("train", "training"), ("held_out", "held-out")])
def test_a_split_without_any_object_is_an_error_that_names_it(shards, project, split, said):
    shards({("a", "train"): 4 * (split != "train"), ("h", "held_out"): 4 * (split != "held_out")})
    with pytest.raises(InputError, match=f"no objects in the {said} clips"):
        stage.run("tiny")
