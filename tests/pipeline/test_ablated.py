"""The ablation of a small set: its rows are what the pipeline gives, and the set stays as it was."""

import json
import sys

import pandas as pd
import pytest
from helpers import ROOT

from stages.common.running.files import sha256

COMMAND = [sys.executable, "-m", "benchmarks.ablation", "demo", "--rows"]


@pytest.mark.slow
def test_a_row_is_what_the_pipeline_gives_and_the_set_stays_as_it_was(project):
    folder = project.folder
    (folder / "benchmarks").symlink_to(ROOT / "benchmarks")
    before = [sha256(folder / name) for name in ("data/demo", "models", "metrics/demo.json", "params.yaml")]
    project.run(*COMMAND, "boxes 30 % wider", "velocity 4")
    after = [sha256(folder / name) for name in ("data/demo", "models", "metrics/demo.json", "params.yaml")]
    assert before == after
    table = pd.read_csv(folder / "metrics/ablation_demo.csv", index_col="row")
    assert table.index.tolist() == ["boxes 30 % wider", "velocity 4"] and table.notna().all().all()

    params = project.params()
    params["fuse"]["weights"]["velocity"], params["train"]["epochs"] = 4.0, 2
    project.write_params(params)
    project.dvc("repro", "--quiet")
    metrics = json.loads((folder / "metrics/demo.json").read_text())
    assert table.loc["velocity 4"].to_dict() == {name: metrics[name] for name in table.columns}


@pytest.mark.slow
def test_two_seeds_have_a_mean_and_a_deviation(project):
    if not (project.folder / "benchmarks").exists():
        (project.folder / "benchmarks").symlink_to(ROOT / "benchmarks")
    said = project.run(sys.executable, "-m", "benchmarks.seeds", "demo", "0", "1")
    assert said.startswith("seed 0: ") and "\nseed 1: " in said
    found = json.loads((project.folder / "metrics/seeds_demo.json").read_text())
    assert found["seeds"] == [0, 1] and found["counts"]["frames"]["deviation"] == 0
    distillation = found["cues"]["distillation"]["micro_auc"]
    assert 0 < distillation["mean"] < 1 and distillation["deviation"] > 0
    own = json.loads((project.folder / "metrics/demo.json").read_text())
    assert f"micro_auc {own['micro_auc']}" in said.splitlines()[0]
    table = pd.read_csv(project.folder / "metrics/seeds_demo.csv", index_col="row")
    assert table.loc["as set", "rbdc_mean"] == found["rbdc"]["mean"] and "velocity alone" in table.index
