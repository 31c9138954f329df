"""Boxes of one's own: taken as they are, and refused by row where they cannot be meant."""

import numpy as np
import pandas as pd
import pytest
from helpers import KEEP_ALL, still, write_pictures

from stages.common.running.errors import InputError
from stages.common.running.files import sha256
from stages.common.tables.schemas import BOX
from stages.detect import given
from stages.detect.given import boxes_of_frames, read_boxes, ready

ROWS = [
    ("walk", 1, 5.0, 6.0, 15.0, 26.0, 0.6),
    ("walk", 1, 30.0, -4.0, 41.0, 20.0, 0.9),
    ("walk", 3, 50.0, 10.0, 70.0, 30.0, 0.4),
    ("still", 0, 1.0, 1.0, 9.0, 9.0, 0.8),
]
COLUMNS = ["video", "frame", *BOX, "score"]
VIDEOS = pd.DataFrame({"video": ["still", "walk", "other"], "frames": [4, 5, 3], "width": 64, "height": 48})


def table(rows=ROWS):
    return pd.DataFrame(rows, columns=COLUMNS)


@pytest.fixture(params=["parquet", "csv"])
def write(request, tmp_path):
    def written(rows):
        path = tmp_path / f"boxes.{request.param}"
        rows.to_parquet(path) if request.param == "parquet" else rows.to_csv(path, index=False)
        return path

    return written


def test_both_forms_are_the_same_table(write):
    assert read_boxes(write(table()))[0][COLUMNS].values.tolist() == [list(row) for row in ROWS]
    assert read_boxes(write(table([])))[0][COLUMNS].empty


def test_numbers_as_names_stay_names(write):
    rows = table().assign(video="01")
    assert set(read_boxes(write(rows))[0]["video"]) == {"01"}


def test_boxes_without_scores_are_sure(write):
    assert read_boxes(write(table().drop(columns="score")))[0]["score"].tolist() == [1] * 4


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"x1": np.nan}, "row 0 .of 4 such.: expected a video, a whole frame and finite numbers"),
        ({"frame": 0.5}, "row 0 .of 4 such.: expected a video, a whole frame and finite numbers"),
        ({"y2": np.inf}, "a whole frame and finite numbers"),
        ({"score": 1.5}, "expected a score from 0 to 1"),
        ({"x2": 0}, "expected x1 < x2 and y1 < y2"),
        ({"video": None}, "expected a video"),
    ],
)
def test_rows_that_cannot_be_meant_are_named(write, changes, message):
    with pytest.raises(InputError, match=message):
        read_boxes(write(table().assign(**changes)))


def test_a_missing_column_and_what_is_no_table_are_named(write, tmp_path):
    with pytest.raises(InputError, match="column 'y1' is missing"):
        read_boxes(write(table().drop(columns="y1")))
    for name, content in (("no.parquet", b"none"), ("no.parquet", b""), ("no.csv", b""), ("no.csv", b"\xff\xfe\x00")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=f"{name}: no table of boxes: .+|{name}: column 'video' is missing"):
            read_boxes(tmp_path / name)


def test_class_scores_have_one_length(tmp_path):
    rows = table().assign(class_scores=[[0.1, 0.9], [0.8, 0.2], [0.5, 0.5], [0.3, 0.3]])
    rows.to_parquet(tmp_path / "a.parquet")
    found = list(boxes_of_frames(ready(tmp_path / "a.parquet", VIDEOS)["walk"], range(4), 64, 48, 0.0))
    assert found[1].labels.tolist() == [0, 1] and found[0].class_scores.shape == (0, 2)
    np.testing.assert_array_equal(found[1].class_scores, np.array([[0.8, 0.2], [0.1, 0.9]], np.float32))
    rows["class_scores"] = [[0.1], [0.8, 0.2], [0.5, 0.5], [0.3, 0.3]]
    rows.to_parquet(tmp_path / "b.parquet")
    with pytest.raises(InputError, match="class_scores of 1 and of 2 classes"):
        read_boxes(tmp_path / "b.parquet")


def test_class_scores_that_are_none_or_out_of_range_or_in_a_csv_are_refused(tmp_path):
    for wrong, message in (([0.1, 1.5], "expected class_scores from 0 to 1"), (None, "expected class_scores")):
        table().assign(class_scores=[[0.1, 0.9]] * 3 + [wrong]).to_parquet(tmp_path / "a.parquet")
        with pytest.raises(InputError, match=f"row 3 .of 1 such.: {message}"):
            read_boxes(tmp_path / "a.parquet")
    table().assign(class_scores="0.1 0.9").to_csv(tmp_path / "a.csv")
    with pytest.raises(InputError, match="class_scores are lists, which CSV does not have"):
        read_boxes(tmp_path / "a.csv")


def test_a_clip_without_boxes_has_the_classes_of_the_others(tmp_path):
    table().assign(class_scores=[[0.1, 0.9, 0.0]] * 4).to_parquet(tmp_path / "a.parquet")
    found = list(boxes_of_frames(ready(tmp_path / "a.parquet", VIDEOS)["other"], range(2), 64, 48, least=0.0))
    assert [each.class_scores.shape for each in found] == [(0, 3), (0, 3)]


def test_what_is_less_than_a_pixel_after_cutting_is_left_out():
    thin = table([("walk", 0, -5, 1, 0.4, 9, 0.9), ("walk", 0, 3, 1, 3.2, 9, 0.9), ("walk", 0, 60, 1, 70, 9, 0.5)])
    found = list(boxes_of_frames((thin, np.zeros((3, 0))), range(1), 64, 48, least=0.0))
    assert found[0].boxes.tolist() == [[60, 1, 64, 9]]


def test_the_boxes_of_a_clip_come_by_frame_best_first_and_cut_at_the_edges(write):
    own = ready(write(table()), VIDEOS)["walk"]
    found = list(boxes_of_frames(own, range(4), 64, 48, least=0.5))
    assert [len(each.boxes) for each in found] == [0, 2, 0, 0]
    assert found[1].boxes.tolist() == [[30, 0, 41, 20], [5, 6, 15, 26]]
    assert found[1].labels.tolist() == [-1, -1] and found[1].class_scores.shape == (2, 0)
    assert [len(each.boxes) for each in boxes_of_frames(own, range(4), 64, 48, least=0.0)] == [0, 2, 0, 1]
    assert [len(each.boxes) for each in boxes_of_frames(own, range(1, 4, 2), 64, 48, least=0.0)] == [2, 1]


def test_of_boxes_that_are_equally_sure_the_right_one_comes_first():
    same = table([("walk", 0, 5, 1, 15, 40, 0.9), ("walk", 0, 30, 1, 41, 20, 0.9)])
    assert next(boxes_of_frames((same, np.zeros((2, 0))), range(1), 64, 48, least=0.0)).boxes[:, 0].tolist() == [30, 5]


@pytest.fixture
def filled(project):
    for path, count in (("train/still", 4), ("train/walk", 5), ("test/other", 3)):
        write_pictures(project.source / path, still(count))
    project.params(decode=KEEP_ALL)
    project.run("footage", "decode")
    return project


def take(project, rows):
    path = project.root / "data/raw/weights/mine.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows.to_csv(path, index=False)
    weights = {"file": path.name, "sha256": sha256(path)}
    project.params(detect={"sources": ["boxes"]}, weights={"detector": weights})
    project.run("weights")


def test_the_stage_takes_them_as_they_are(filled):
    take(filled, table())
    filled.run("detect")
    found = filled.detections()
    assert found[["video", "frame"]].values.tolist() == [["still", 0], ["walk", 1], ["walk", 1], ["walk", 3]]
    assert found["x1"].tolist() == [1, 30, 5, 50] and set(found["source"]) == {"boxes"}
    assert found["x2"].tolist()[-1] == 64 and set(found["label"]) == {-1}


def test_the_table_is_read_once_for_all_clips(filled, monkeypatch):
    take(filled, table())
    reads, read_csv = [], pd.read_csv
    monkeypatch.setattr(given.pd, "read_csv", lambda *args, **options: reads.append(args) or read_csv(*args, **options))
    filled.run("detect")
    assert len(reads) == 1 and len(filled.videos()) == 3


@pytest.mark.parametrize(
    "row, message",
    [
        (("01", 1, 5, 6, 15, 26, 0.6), "no clip is named '01' (1 such); expected 'other' and the like"),
        (("walk", 5, 5, 6, 15, 26, 0.6), "row 4 (of 1 such): expected a frame of the clip, from 0, found"),
        (("walk", 1, 65, 6, 75, 26, 0.6), "expected a box that is at least partly in the picture, found"),
    ],
)
def test_boxes_of_no_clip_no_frame_or_outside_are_refused(filled, row, message):
    take(filled, table([*ROWS, row]))
    filled.leave_earlier_outputs()
    assert message in filled.refusal("detect")
