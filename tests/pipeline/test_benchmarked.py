"""The benchmarks of a set that the pipeline has made."""

import csv
import json
import sys

import pandas as pd
import pytest
from helpers import ROOT


@pytest.fixture(scope="module", autouse=True)
def benchmarks(project):
    (project.folder / "benchmarks").symlink_to(ROOT / "benchmarks")


def test_the_table_has_what_was_asked_for(project):
    said = project.run(
        sys.executable, "-m", "benchmarks.speed", "demo", "--steps", "tubes", "pooling", "train", "score", "whole"
    )
    with open(project.folder / "metrics/speed_demo.csv") as file:
        rows = list(csv.DictReader(file))
    assert [row["part"] for row in rows][:4] == ["tubes", "pooling", "train", "score"] and rows[-1]["part"] == "whole"
    assert all(float(row["rate"]) > 0 and float(row["peak_mb"]) > 1 for row in rows)
    assert all(float(row["ratio"]) > 0 for row in rows[:4])  # how much, only a quiet machine says
    parts = [row for row in rows if row["step"].startswith("of that")]
    assert len(parts) >= 6 and abs(sum(float(row["share"]) for row in parts) - 1) < 0.01
    assert "objects a frame" in said
    with open(project.folder / "metrics/speed_machine.csv") as file:
        assert len(list(csv.reader(file))) == 7


def test_the_search_for_a_fusion_has_the_sets_own_metrics_where_nothing_is_changed(project):
    said = project.run(sys.executable, "-m", "benchmarks.fusion_search", "demo")
    metrics = json.loads((project.folder / "metrics/demo.json").read_text())
    names = ["micro_auc", "macro_auc", "rbdc", "tbdc"]
    knobs = pd.read_csv(project.folder / "metrics/fusion_knobs.csv").set_index("knob")
    combinations = pd.read_csv(project.folder / "metrics/fusion_search.csv")
    fuse = project.params()["fuse"]
    method = f"tail {fuse['tail_share']}" if fuse["method"] == "tail" else fuse["method"]
    rows = combinations.set_index(["method", "features", "velocity", "frame_sigma"])
    as_set = rows.loc[(method, fuse["weights"]["features"], fuse["weights"]["velocity"], fuse["frame_sigma"])]
    for found in (knobs.loc["as set"], as_set):
        assert found[names].tolist() == pytest.approx([metrics[name] for name in names], abs=1e-4)
    alone = knobs.loc["velocity alone", names[:2]]
    assert alone.tolist() == pytest.approx([metrics["cues"]["velocity"][name] for name in names[:2]], abs=1e-4)
    assert "not smoothed along tracks" in said and len(combinations) == 240


def test_the_profile_tells_where_the_time_of_both_ways_goes(project):
    said = project.run(sys.executable, "-m", "benchmarks.profiled", "demo")
    table = pd.read_csv(project.folder / "metrics/profile_demo.csv")
    assert len(table) == 2 * 2 * 4 and (table["microseconds"] > 0).all()
    main = table[table["operations"] == "convolution"].set_index(["step", "way"])["microseconds"]
    assert (main > 1).all() and "pooling, norm, ReLU" in said
