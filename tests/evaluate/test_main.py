import json
import runpy
import sys

import pandas as pd
import pytest
from helpers import PARAMS
from known_scores import (
    ground_truth,
    held_out_rows,
    peaks_of,
    perfect_scores,
    whole_summary,
)

from stages.common.cues.all import FRAME_SCORES, OBJECT_SCORES
from stages.common.tables.schemas import LABELS, OBJECTS, PEAKS, REGIONS, VERDICTS, VIDEOS, write_table


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The tables of a set with two test clips and a held-out one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(json.dumps({**PARAMS, "sets": {"tiny": {}}}))
    frames, objects = perfect_scores()
    more_frames, more_objects = held_out_rows(frames, objects)
    frames, objects = pd.concat([frames, more_frames]), pd.concat([objects, more_objects])
    videos = pd.DataFrame({"video": ["a", "b", "h"], "split": ["test", "test", "held_out"]})
    videos = videos.assign(fold=-1, view="", frames=10, fps=12.0, width=50, height=50, began=pd.NaT, hash="")
    labels, regions = ground_truth()
    folder = tmp_path / "data/tiny"
    write_table(folder / "footage/videos.parquet", videos, VIDEOS)
    write_table(folder / "footage/labels.parquet", labels, LABELS)
    write_table(folder / "footage/regions.parquet", regions, REGIONS)
    found = objects.assign(label=0, source="motion", class_scores=[[]] * len(objects))
    write_table(folder / "detections/objects.parquet", found, OBJECTS)
    write_table(folder / "frame_scores/frames.parquet", frames, FRAME_SCORES)
    write_table(folder / "frame_scores/objects.parquet", objects, OBJECT_SCORES)
    write_table(folder / "frame_scores/peaks.parquet", peaks_of(frames), PEAKS)
    write_table(folder / "frame_scores/verdicts.parquet", pd.DataFrame(columns=VERDICTS.names), VERDICTS)
    return tmp_path


def said(monkeypatch, capsys):
    """What `python -m stages.evaluate tiny` prints."""
    monkeypatch.setattr(sys, "argv", ["evaluate", "tiny"])
    monkeypatch.delitem(sys.modules, "stages.evaluate.__main__", raising=False)
    runpy.run_module("stages.evaluate", run_name="__main__")
    return capsys.readouterr().out


def test_the_command_writes_the_summary_and_says_the_numbers(project, monkeypatch, capsys):
    line = said(monkeypatch, capsys)
    assert line.startswith("evaluate@tiny: micro AUC 1.0000, macro AUC 1.0000, RBDC 1.0000, TBDC 1.0000")
    metrics = json.loads((project / "metrics/tiny.json").read_text())
    expected = whole_summary(*perfect_scores())
    assert expected.pop("incidents")["held_out_hours"] == 0 and metrics.pop("incidents")["held_out_hours"] > 0
    assert metrics.pop("alarms")["held_out_peaks"] > expected.pop("alarms")["held_out_peaks"] == 0
    assert metrics == expected
    curves = {file.name: pd.read_csv(file) for file in (project / "data/tiny/curves").iterdir()}
    assert set(curves) == {"timeline.csv", "roc.csv", "regions.csv", "scorers.csv", "videos.csv"}
    assert all(len(table) for table in curves.values())


def test_an_undefined_number_is_said_and_written_as_such(project, monkeypatch, capsys):
    labels, regions = ground_truth()
    write_table(project / "data/tiny/footage/labels.parquet", labels.assign(anomalous=False), LABELS)
    write_table(project / "data/tiny/footage/regions.parquet", regions[:0], REGIONS)
    assert "micro AUC undefined, macro AUC undefined, RBDC undefined, TBDC undefined" in said(monkeypatch, capsys)
    assert json.loads((project / "metrics/tiny.json").read_text())["micro_auc"] is None


def test_without_any_labels_the_command_says_that_there_is_nothing_to_evaluate(project, monkeypatch, capsys):
    labels, regions = ground_truth()
    write_table(project / "data/tiny/footage/labels.parquet", labels[:0], LABELS)
    write_table(project / "data/tiny/footage/regions.parquet", regions[:0], REGIONS)
    line = said(monkeypatch, capsys)
    assert "nothing to evaluate: none of the 2 test clips has labels; scores lie in data/tiny/frame_scores" in line
    metrics = json.loads((project / "metrics/tiny.json").read_text())
    assert metrics["counts"] == {"videos": 0, "objects": 19, "objects_scored": 19} and set(metrics) == {
        "counts",
        "alarms",
    }
    assert metrics["alarms"]["hours"] == pytest.approx(20 / 12 / 3600, abs=1e-6) and metrics["alarms"]["highest"] > 0
    # A second of normal footage is too little.
    assert metrics["alarms"]["one_per_hour"] == {"threshold": None, "count": 0, "seconds": 0.0}
    curves = {file.stem: pd.read_csv(file) for file in (project / "data/tiny/curves").iterdir()}
    assert len(curves.pop("timeline")) == 20 and [len(table) for table in curves.values()] == [0] * 4
