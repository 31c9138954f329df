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


@pytest.mark.slow
@pytest.mark.parametrize("parts", [["tubes", "score"], ["pooling", "train", "whole"]])
def test_the_table_has_what_was_asked_for(project, parts):
    (project.folder / "metrics/speed_demo.csv").unlink(missing_ok=True)
    said = project.run(sys.executable, "-m", "benchmarks.speed", "demo", "--steps", *parts)
    with open(project.folder / "metrics/speed_demo.csv") as file:
        rows = list(csv.DictReader(file))
    assert list(dict.fromkeys(row["part"] for row in rows)) == parts
    assert all(float(row["rate"]) > 0 and float(row["peak_mb"]) > 1 for row in rows)
    # How much the ratio is, only a quiet machine says.
    assert all(float(row["ratio"]) > 0 for row in rows if row["part"] != "whole") and "/s, " in said
    if "whole" in parts:
        of_whole = [row for row in rows if row["step"].startswith("of that")]
        assert len(of_whole) >= 6 and abs(sum(float(row["share"]) for row in of_whole) - 1) < 0.01
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
    rows = combinations.set_index(["method", "features", "velocity", "frame_seconds"])
    as_set = rows.loc[(method, fuse["weights"]["features"], fuse["weights"]["velocity"], fuse["frame_seconds"])]
    for found in (knobs.loc["as set"], as_set):
        assert found[names].tolist() == pytest.approx([metrics[name] for name in names], abs=1e-4)
    alone = knobs.loc["velocity alone", names[:2]]
    assert alone.tolist() == pytest.approx([metrics["cues"]["velocity"][name] for name in names[:2]], abs=1e-4)
    assert "not smoothed along tracks" in said and len(combinations) == 240


@pytest.mark.slow
def test_the_profile_tells_where_the_time_of_both_ways_goes(project):
    said = project.run(sys.executable, "-m", "benchmarks.profiled", "demo")
    table = pd.read_csv(project.folder / "metrics/profile_demo.csv")
    assert len(table) == 2 * 2 * 4 and (table["microseconds"] > 0).all()
    main = table[table["operations"] == "convolution"].set_index(["step", "way"])["microseconds"]
    assert (main > 1).all() and "pooling, norm, ReLU" in said
