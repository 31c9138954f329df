"""The benchmark of a set that the pipeline has made."""

import csv
import sys

from helpers import ROOT


def test_the_table_has_what_was_asked_for(project):
    (project.folder / "benchmarks").symlink_to(ROOT / "benchmarks")
    said = project.run(sys.executable, "-m", "benchmarks.speed", "demo", "--steps", "tubes", "score", "whole")
    with open(project.folder / "metrics/speed_demo.csv") as file:
        rows = list(csv.DictReader(file))
    assert [row["part"] for row in rows][:2] == ["tubes", "score"] and rows[-1]["part"] == "whole"
    assert all(float(row["rate"]) > 0 and float(row["peak_mb"]) > 1 for row in rows)
    assert float(rows[0]["ratio"]) > 0.5 and float(rows[1]["ratio"]) > 0.5
    parts = [row for row in rows if row["step"].startswith("of that")]
    assert len(parts) >= 6 and abs(sum(float(row["share"]) for row in parts) - 1) < 0.01
    assert "objects a frame" in said
    with open(project.folder / "metrics/speed_machine.csv") as file:
        assert len(list(csv.reader(file))) == 7
