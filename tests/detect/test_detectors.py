"""The detect stage: a table of objects of every frame, the same from any number of workers."""

import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from helpers import PARAMS, still, walking_square, write_pictures

from stages.common.frames.recordings import ClipFrames
from stages.common.objects.boxes import Detections, no_detections
from stages.common.running.errors import InputError
from stages.common.running.params import checked
from stages.common.tables.schemas import BOX, DETECTIONS
from stages.detect.detectors import Detect, check_sources, detect_clip, frame_table, of_classes, settings_of


@pytest.fixture
def detect():
    return checked(PARAMS["detect"], Detect, "params.yaml")


@pytest.fixture
def filled(project):
    write_pictures(project.source / "train/still", still(4))
    write_pictures(project.source / "train/walk", walking_square(15, seed=1))
    write_pictures(project.source / "test/walk_too", walking_square(18))
    write_pictures(project.source / "test/picture", still(1))
    return project


def test_a_frame_without_objects_is_a_table_without_rows(detect):
    for classes in (0, 80):
        table = frame_table("a", 3, [no_detections(classes)], detect)
        assert len(table) == 0 and set(table.columns) == set(DETECTIONS.names)


def test_the_objects_of_a_frame_keep_their_order_and_class_scores(detect):
    found = Detections(
        np.array([[1, 2, 3, 4], [5, 6, 7, 8]], np.float32),
        np.array([0.9, 0.5], np.float32),
        np.array([1, 0], np.int16),
        np.array([[0.1, 0.8], [0.5, 0.4]], np.float32),
    )
    table = frame_table("a", 3, [found], replace(detect, sources=["yolox"]))
    assert table[BOX].values.tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]
    assert table["label"].tolist() == [1, 0] and table["score"].tolist() == pytest.approx([0.9, 0.5])
    assert np.stack(table["class_scores"]).tolist() == found.class_scores.tolist()
    assert set(table["frame"]) == {3} and set(table["source"]) == {"yolox"} and set(table["video"]) == {"a"}


def test_settings_of_another_detector_change_nothing(detect):
    other = replace(detect, tiles=replace(detect.tiles, score=0.9))
    assert settings_of(detect) == settings_of(other)
    assert settings_of(replace(detect, sources=["yolox"])) != settings_of(replace(other, sources=["yolox"]))
    merging = replace(detect, merge=replace(detect.merge, iou=0.9))
    assert settings_of(detect) == settings_of(merging)
    both, both_merging = (replace(each, sources=["yolox", "motion"]) for each in (detect, merging))
    assert settings_of(both) != settings_of(both_merging) != settings_of(detect)
    assert settings_of(detect) != settings_of(replace(detect, motion=replace(detect.motion, pad=3)))


def found_at(*lefts, classes=0):
    """Squares of 10 pixels, best first, each sure of its last class."""
    boxes = np.array([[left, 0, left + 10, 10] for left in lefts], np.float32).reshape(-1, 4)
    count = len(lefts)
    scores = np.eye(max(classes, 1), classes, k=classes - 1, dtype=np.float32)[[0] * count]
    labels = np.full(count, classes - 1, np.int16)
    return Detections(boxes, np.linspace(0.9, 0.5, count).astype(np.float32), labels, scores)


def test_only_objects_of_the_wanted_classes_stay():
    rows = np.eye(80, dtype=np.float32)[[0, 2, 1, 0]]  # person, car, bicycle, person
    found = Detections(
        np.arange(16, dtype=np.float32).reshape(4, 4),
        np.array([0.9, 0.8, 0.7, 0.6], np.float32),
        rows.argmax(axis=1).astype(np.int16),
        rows,
    )
    assert of_classes(found, ["person", "bicycle"]).tolist() == [True, False, True, True]
    assert len(of_classes(no_detections(80), ["person"])) == 0
    by_number = found._replace(labels=np.array([1, 3, 2, 12], np.int16), class_scores=np.zeros((4, 91), np.float32))
    assert of_classes(by_number, ["person", "bicycle"]).tolist() == [True, False, True, False]
    with pytest.raises(InputError, match="the detector tells 5 classes, expected COCO's 80"):
        of_classes(found._replace(class_scores=np.zeros((4, 5), np.float32)), ["person"])


def test_what_has_an_unwanted_class_is_not_found_again_by_what_moves(detect):
    detect = replace(detect, sources=["yolox", "motion"], classes=["bicycle"])
    rows = np.eye(80, dtype=np.float32)[[0, 1]]  # a person at 0, a bicycle at 50
    known = found_at(0, 50)._replace(class_scores=rows, labels=np.array([0, 1], np.int16))
    table = frame_table("a", 3, [known, found_at(1, 51, 100)], detect)
    assert table["x1"].tolist() == [50, 100] and table["source"].tolist() == ["yolox", "motion"]


@pytest.mark.parametrize(
    "sources, classes, named",
    [
        (["yolox"], ["person", "man"], "detect.classes: 'man' is no class of COCO; expected some of .*'person'"),
        (["motion"], ["person"], "detect.classes: expected none with detect.sources .'motion'."),
        (["boxes"], ["person"], "detect.classes: expected none with detect.sources .'boxes'."),
    ],
)
def test_classes_that_a_source_does_not_know(detect, sources, classes, named):
    with pytest.raises(InputError, match=named):
        check_sources(replace(detect, sources=sources, classes=classes))
    check_sources(replace(detect, sources=["nanodet_plus", "motion"], classes=["person"]))


def test_what_a_later_source_adds_comes_last_without_classes(detect):
    detect = replace(detect, sources=["yolox", "motion"])
    table = frame_table("a", 3, [found_at(0, 50, classes=2), found_at(52, 100, 4)], detect)
    assert table["x1"].tolist() == [0, 50, 100]
    assert table["source"].tolist() == ["yolox", "yolox", "motion"] and table["label"].tolist() == [1, 1, -1]
    assert np.stack(table["class_scores"]).tolist() == [[0, 1], [0, 1], [0, 0]]


def test_a_source_that_finds_nothing_leaves_the_other_as_it_is(detect):
    detect = replace(detect, sources=["yolox", "motion"])
    table = frame_table("a", 3, [no_detections(2), found_at(5)], detect)
    assert table["x1"].tolist() == [5] and np.stack(table["class_scores"]).tolist() == [[0, 0]]
    table = frame_table("a", 3, [found_at(5, classes=2), no_detections()], detect)
    assert table["source"].tolist() == ["yolox"] and np.stack(table["class_scores"]).tolist() == [[0, 1]]


@pytest.mark.parametrize("sources", [[], ["motion", "motion"], ["yolox", "nanodet_plus"]])
def test_sources_that_cannot_go_together(detect, sources):
    with pytest.raises(InputError, match="detect.sources: expected one or more different detectors, .* found"):
        check_sources(replace(detect, sources=sources))


@pytest.mark.parametrize("shape", [(1, 48, 64), (3, 48, 64, 3)])
def test_a_clip_without_objects_is_an_empty_table_of_the_right_columns(tmp_path, detect, shape):
    import pyarrow.parquet as pq

    np.save(tmp_path / "a.npy", np.full(shape, 100, np.uint8))
    detect_clip(ClipFrames("a", [tmp_path / "a.npy"], 0), detect, None, "cpu", tmp_path)
    table = pq.read_table(tmp_path / "detections.parquet")
    assert table.num_rows == 0 and table.schema.equals(DETECTIONS)


@pytest.mark.parametrize("grey", [False, True])
def test_a_walking_square_is_found_in_every_frame_and_nothing_in_still_clips(filled, grey):
    filled.params(decode={"grey": grey})
    filled.run("footage", "decode", "detect")
    table = filled.detections()
    assert table.groupby("video").size().to_dict() == {"walk": 15, "walk_too": 18}
    for name, count in (("walk", 15), ("walk_too", 18)):
        own = table[table["video"] == name]
        assert own["frame"].tolist() == list(range(count))
        expected = np.array([(3 * frame, 14, 3 * frame + 10, 34) for frame in range(count)])
        # A border of a pixel is added, and softening moves an edge by one more.
        assert np.abs(own[BOX].to_numpy() - expected).max() <= 3
    assert set(table["source"]) == {"motion"} and set(table["label"]) == {-1}
    assert table["score"].between(0, 1).all() and all(len(scores) == 0 for scores in table["class_scores"])


def test_clips_without_any_object_give_an_empty_table(project):
    for path in ("train/a", "train/b", "test/c"):
        write_pictures(project.source / path, still(3))
    project.run("footage", "decode", "detect")
    table = project.detections()
    assert len(table) == 0 and list(table.columns) == DETECTIONS.names


def test_a_clip_of_one_frame_goes_all_the_way_to_tubes(project):
    """With nothing in it, and between clips that have objects."""
    for path in ("train/a", "train/b"):
        write_pictures(project.source / path, walking_square(12))
    write_pictures(project.source / "test/one", walking_square(1))
    project.run("footage", "decode", "detect", "tubes")
    assert project.videos().set_index("video").loc["one", "frames"] == 1
    assert project.frames("one").shape == (1, 48, 64, 3)
    assert len(np.load(project.root / "data/mine/tubes/one.npy")) == 0
    assert len(np.load(project.root / "data/mine/tubes/a.npy")) > 0


def test_the_same_bytes_from_one_worker_and_from_four(filled):
    filled.run("footage", "decode", "detect")
    path = filled.root / "data/mine/detections.parquet"
    alone = path.read_bytes()
    path.unlink()
    for piece in sorted((filled.root / ".work/detect").iterdir()):
        (piece / "detections.parquet").unlink()
        piece.rmdir()
    filled.params(machine={"workers": 4})
    filled.run_apart("detect")
    assert path.read_bytes() == alone
    assert len(os.listdir(filled.root / ".work/detect")) == 4


def test_decode_goes_before_detect(filled):
    filled.run("footage")
    (filled.root / "data/mine/detections.parquet").write_text("earlier")
    assert filled.refusal("detect") == "data/mine/frames/picture.npy: not found; run `dvc repro` to make it"


@pytest.mark.parametrize("detector", ["yolox", "nanodet_plus"])
def test_a_detector_without_its_weights(filled, detector):
    filled.run("footage", "decode")
    filled.leave_earlier_outputs()
    (filled.root / "models/mine/weights/detector/earlier").unlink()
    filled.params(detect={"sources": [detector, "motion"]})
    assert filled.refusal("detect").startswith("models/mine/weights/detector: not found; run `dvc repro`")
    filled.run("weights")
    line = filled.refusal("detect")
    assert line == f"params.yaml: weights.detector: detector {detector} needs weights; name a file and its SHA-256"


@pytest.mark.parametrize(
    "changes, named",
    [
        (
            {"sources": ["yolo"]},
            "sources.0: Input should be 'motion', 'yolox', 'nanodet_plus', 'torchvision' or 'boxes', found 'yolo'",
        ),
        ({"sources": "motion"}, "sources: Input should be a valid array, found 'motion'"),
        ({"motion": {"contrats": 3.0}}, "motion.contrats: is not a known parameter"),
        ({"motion": {"contrast": "high"}}, "motion.contrast: Input should be a valid number"),
        ({"tiles": {"rows": 1.5}}, "tiles.rows: Input should be a valid integer"),
    ],
)
def test_settings_that_no_detector_has(filled, changes, named):
    filled.leave_earlier_outputs()
    filled.params(detect=changes)
    assert filled.refusal("detect").startswith(f"params.yaml: detect (with sets.mine.detect): {named}")


@pytest.mark.parametrize("every", [1, 2, 3, 40])
def test_every_so_many_frames_are_searched_from_the_first_on(filled, every):
    filled.run("footage", "weights", "decode", "detect")
    all_found = filled.detections()
    filled.params(detect={"every": every})
    filled.run("detect")
    expected = all_found[all_found["frame"] % every == 0].reset_index(drop=True)
    assert 0 < len(expected) and set(expected["video"]) == set(all_found["video"])
    pd.testing.assert_frame_equal(filled.detections(), expected)
