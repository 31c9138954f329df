"""From footage to numbers, and from footage of one's own to scores."""

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from projects import BUSY, OWN_STAGES, STAGES
from ruamel.yaml import YAML

from stages.common.cues.all import ALL, EVENTS, FRAME_SCORES, OBJECT_SCORES
from stages.common.tables.schemas import CUE_VALUES, OBJECTS, TRIVIAL, VIDEOS, read_table

FRAME_KEYS = {"micro_auc", "macro_auc"}
REGION_KEYS = {"rbdc", "tbdc"}
COUNTS = {
    "videos",
    "videos_with_regions",
    "frames",
    "anomalous_frames",
    "regions",
    "tracks",
    "objects",
    "objects_scored",
    "frames_without_objects",
}


def numbers(metrics: dict) -> list:
    """All values of nested mappings, but for names, counts and what is per hour."""
    found = []
    for key, value in metrics.items():
        if isinstance(value, dict):
            found += numbers(value) if key not in ("counts", "incidents", "types") else []
        elif not isinstance(value, str):
            found.append(value)
    return found


def test_the_metrics_have_the_promised_keys_and_each_number_is_from_0_to_1(project):
    metrics = json.loads((project.folder / "metrics/demo.json").read_text())
    assert {"macro_auc_mixed", *FRAME_KEYS, *REGION_KEYS} <= set(metrics)
    assert FRAME_KEYS | REGION_KEYS <= set(metrics["raw"])
    assert set(metrics["cues"]) == set(ALL) and set(metrics["trivial"]) == set(TRIVIAL)
    # What moves has no class, so that nobody can say that it is no person.
    assert set(metrics["trivial"].pop("not_person").values()) == {None}
    for part in (*metrics["cues"].values(), *metrics["trivial"].values()):
        assert FRAME_KEYS <= set(part)
    assert set(metrics.pop("alarms")) >= {"one_per_hour", "highest", "held_out_peaks"}
    found = numbers(metrics)
    assert len(found) > 20
    assert all(isinstance(number, float) and 0 <= number <= 1 for number in found)


def test_the_metrics_count_what_the_tables_hold(project):
    folder = project.folder / "data/demo"
    counts = json.loads((project.folder / "metrics/demo.json").read_text())["counts"]
    assert set(counts) == COUNTS
    assert counts["videos"] == 2 and counts["frames"] == 24 + 40
    assert 0 < counts["anomalous_frames"] == counts["regions"] and counts["tracks"] == 1
    detected = read_table(folder / "detections/objects.parquet", OBJECTS)
    objects = read_table(folder / "frame_scores/objects.parquet", OBJECT_SCORES)
    assert counts["objects"] == detected["video"].isin(["test_01", "test_02"]).sum()
    assert 0 < counts["objects_scored"] == (objects["split"] == "test").sum()
    # Of every second frame the objects, and of those between what is between two of a track.
    assert ((objects["object"] < 0) == (objects["frame"] % 2 == 1)).mean() > 0.9 and (objects["frame"] % 2).any()
    key = ["video", "object"]
    scored = read_table(folder / "scores.parquet", CUE_VALUES)[key].drop_duplicates()
    assert len(objects[objects["object"] >= 0].merge(scored, on=key)) == (objects["object"] >= 0).sum()


def test_every_frame_of_test_and_held_out_clips_has_finite_scores(project):
    folder = project.folder / "data/demo"
    videos = read_table(folder / "footage/videos.parquet", VIDEOS)
    frames = read_table(folder / "frame_scores/frames.parquet", FRAME_SCORES)
    assert sorted(videos["split"]) == ["held_out", "test", "test", "train", "train"]
    expected = videos[videos["split"] != "train"].set_index("video")["frames"]
    assert frames.groupby("video").size().to_dict() == expected.to_dict()
    told = set(TRIVIAL) - {"not_person"}
    assert np.isfinite(frames[["raw", "score", *ALL, *sorted(told)]]).all(axis=None)


def test_own_footage_without_labels_goes_all_the_way_to_scores(own):
    assert list(json.loads((own / "said.json").read_text())) == OWN_STAGES
    frames = read_table(own / "data/own/frame_scores/frames.parquet", FRAME_SCORES)
    # Of two folds all normal clips are held out, one from each network.
    normal = {"monday", "tuesday", "friday"}
    assert frames.groupby("video").size().to_dict() == dict.fromkeys([BUSY, "nobody", *normal], 42)
    objects = read_table(own / "data/own/frame_scores/objects.parquet", OBJECT_SCORES)
    assert set(objects["video"]) == {BUSY, *normal}
    assert np.isfinite(frames[["raw", "score"]]).all(axis=None)


def test_without_labels_there_is_nothing_to_evaluate(own):
    said = json.loads((own / "said.json").read_text())
    assert said["evaluate"].startswith("nothing to evaluate: none of the 2 test clips has labels")
    metrics = json.loads((own / "metrics/own.json").read_text())
    assert set(metrics) == {"counts", "alarms"} and metrics["alarms"]["hours"] > 0
    assert metrics["counts"]["videos"] == 0 and metrics["counts"]["objects"] > 0


def test_the_report_and_the_sheets_are_there_to_be_looked_at(project):
    folder = project.folder / "report"
    page = (folder / "demo/index.html").read_text()
    assert "micro AUC" in page and "false_alarms_per_hour" in page
    events = read_table(folder / "demo/events.parquet", EVENTS)
    assert page.count('class="event"') == len(events)
    assert {file.stem for file in (folder / "sheets/demo").iterdir()} == set(
        read_table(project.folder / "data/demo/footage/videos.parquet", VIDEOS)["video"]
    )


def test_own_footage_without_labels_has_a_report(own):
    page = (own / "report/own/index.html").read_text()
    assert "This set has no labels" in page and 'aria-label="Score over time of nobody:' in page
    said = json.loads((own / "said.json").read_text())["report"]
    assert "in 2 test clips" in said and said.endswith("open report/own/index.html")


def test_a_clip_in_which_nothing_moves_scores_as_normal_footage_does(own):
    frames = read_table(own / "data/own/frame_scores/frames.parquet", FRAME_SCORES)
    objects = read_table(own / "data/own/frame_scores/objects.parquet", OBJECT_SCORES)
    normal = objects[objects["split"] == "held_out"]
    for column in ("raw", "score"):
        level = normal.groupby(["video", "frame"])[column].max().median()
        np.testing.assert_allclose(frames.loc[frames["video"] == "nobody", column], level, atol=1e-5)
        assert frames.loc[frames["video"] == BUSY, column].nunique() > 10


def first_difference(one: Path, other: Path) -> str:
    """Where two runs differ first, in the order of the stages: the file and, of a table, the column."""
    lock = YAML(typ="safe").load(one / "dvc.lock")["stages"]
    outputs = [Path(out["path"]) for stage in STAGES for out in lock[f"{stage}@demo"]["outs"]]
    for output in outputs:
        files = sorted(p.relative_to(one) for p in (one / output).rglob("*")) if (one / output).is_dir() else [output]
        for file in files:
            if (one / file).is_file() and (one / file).read_bytes() != (other / file).read_bytes():
                return f"{file}{difference_of_tables(one / file, other / file)}"
    return "no output"


def difference_of_tables(one: Path, other: Path) -> str:
    if one.suffix != ".parquet":
        return ""
    tables = [pq.read_table(file) for file in (one, other)]
    if tables[0].num_rows != tables[1].num_rows:
        return f": {tables[0].num_rows} and {tables[1].num_rows} rows"
    names = [name for name in tables[0].column_names if not tables[0][name].equals(tables[1][name])]
    return f": column {names[0]}" if names else ": equal columns, other bytes"


def test_where_two_runs_differ_is_named(reproduced, tmp_path):
    assert first_difference(reproduced, reproduced) == "no output"
    shutil.copytree(reproduced / "data", tmp_path / "data")
    shutil.copytree(reproduced / "models", tmp_path / "models")
    shutil.copytree(reproduced / "metrics", tmp_path / "metrics")
    file = tmp_path / "data/demo/detections/objects.parquet"
    table = pq.read_table(file)
    pq.write_table(table.set_column(table.column_names.index("x1"), "x1", pc.add(table["x1"], 1).cast("float32")), file)
    assert first_difference(reproduced, tmp_path) == "data/demo/detections/objects.parquet: column x1"


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2, 4])
def test_another_place_home_clock_language_and_number_of_workers_give_the_same_bytes(reproduced, fresh, workers):
    params = fresh.params()
    params["machine"]["workers"] = workers
    fresh.write_params(params)
    fresh.dvc("repro")
    same = (fresh.folder / "dvc.lock").read_text() == (reproduced / "dvc.lock").read_text()
    assert same, first_difference(reproduced, fresh.folder)
