"""Several processes at one network: the losses of one, each batch shared among them; real torchrun, on CPUs."""

import os
import shutil
import signal
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from helpers import ROOT
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file
from tiny_set import FOLDER, write_params

from stages.common.running.errors import InputError
from stages.train import __main__ as stage
from stages.train import processes


@pytest.fixture
def project(shards, tmp_path, monkeypatch):
    """129 tubes in batches of 64: of the last one's single tube the second process has nothing."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stages").symlink_to(ROOT / "stages")
    write_params(tmp_path, train={"epochs": 3, "mirror": True, "jitter": True})
    shards({("a", "train"): 100, ("b", "train"): 29, ("h", "held_out"): 9})
    return tmp_path


def start():
    """Two processes, on the loopback interface."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--local-addr", "127.0.0.1"]
    command += ["--nproc-per-node", "2", "-m", "stages.train", "tiny"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=os.environ | {"OMP_NUM_THREADS": "1"}, **pipes)


def run():
    """Exit status, stdout and stderr."""
    process = start()
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def files(project):
    return {path.name: path.read_bytes() for path in (project / "models/tiny/network").iterdir()}


def test_two_processes_learn_as_one(project):
    network = project / "models/tiny/network"
    stage.run("tiny")
    one = pd.read_csv(network / "losses.csv"), load_file(network / "0.safetensors")
    status, out, err = run()
    assert status == 0, err
    assert out.count("train@tiny: 1 network after 3 epochs") == 1 == err.count("epoch 1/3 train")
    two = pd.read_csv(network / "losses.csv"), load_file(network / "0.safetensors")
    # In another order the same numbers have another sum, in the last of float32's seven digits; AdamW makes more of it
    # where a gradient is next to nothing.
    np.testing.assert_allclose(two[0], one[0], atol=1e-4)
    for name, weights in one[1].items():
        np.testing.assert_allclose(two[1][name], weights, atol=1e-3, err_msg=name)
    assert len(list((project / ".work/train").glob("*/piece"))) == 1


@pytest.mark.slow
def test_two_processes_go_on_where_they_were_stopped_to_the_same_bytes(project):
    status, _, err = run()
    assert status == 0, err
    undisturbed = files(project)
    shutil.rmtree(project / ".work")
    shutil.rmtree(project / "models")
    process = start()
    while "epoch 1/3 held_out" not in (line := process.stderr.readline()):
        assert line, "ended without an epoch"
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert not (project / "models").exists()
    status, _, err = run()
    assert status == 0 and err.count("going on after epoch") == 1, err
    assert files(project) == undisturbed


def test_a_loss_that_is_not_finite_ends_all_with_one_line(project):
    vectors = project / FOLDER / "teacher/b.npy"
    np.save(vectors, np.full_like(np.load(vectors), np.nan))
    status, out, err = run()
    assert status == 1 and out == "" and not (project / "models").exists()
    said = [line for line in err.splitlines() if "train@tiny" in line]
    assert len(said) == 1 and "the loss of distillation is nan; look for broken tubes" in said[0]
    assert "most recent call last" not in err.split("torch/distributed/elastic")[0]  # the launcher has one of its own


@given(st.integers(1, 200), st.integers(1, 8))
def test_shares_are_the_whole_batch_each_tube_once(tubes, count):
    shares, parts = [], []
    for rank in range(count):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(processes, "rank", lambda rank=rank: rank)
            patch.setattr(processes, "count", lambda: count)
            shares.append(processes.own_share(tubes))
            parts.append(np.arange(tubes)[processes.own_part(tubes)])
    assert sum(shares) == pytest.approx(1) and all(len(part) for part in parts)
    assert max(shares) - min(shares) < 1 / tubes + 1e-9
    taken = [part for part, share in zip(parts, shares, strict=True) if share]
    assert sorted(np.concatenate(taken)) == list(range(tubes))
    assert [len(part) / tubes for part in taken] == [share for share in shares if share]


def test_alone_a_process_has_all_of_it():
    tubes = np.arange(7)
    assert (processes.count(), processes.rank(), processes.own_share(7)) == (1, 0, 1.0)
    assert tubes[processes.own_part(7)].tolist() == tubes.tolist()
    assert processes.of_first("mine") == "mine" and processes.summed(torch.ones(2)).tolist() == [1, 1]


def test_more_processes_than_gpus_are_an_error(monkeypatch):
    monkeypatch.setattr(processes, "count", lambda: 100)
    monkeypatch.setenv("LOCAL_RANK", "99")
    processes.take_own_gpu(torch.device("cpu"))
    there = torch.cuda.device_count()
    with pytest.raises(InputError, match=f"a process for each GPU; there are {there}: lower --nproc-per-node"):
        processes.take_own_gpu(torch.device("cuda"))
