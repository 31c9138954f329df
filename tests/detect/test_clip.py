"""What the detectors find in a clip as one table."""

from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest
from helpers import PARAMS, store_frames

from stages.common.frames.settings import Areas
from stages.common.objects.boxes import Detections
from stages.common.running.errors import InputError
from stages.common.running.params import checked
from stages.common.tables.schemas import BOX, OBJECTS
from stages.detect.clip import clip_table, detect_clip, of_classes, settings_of
from stages.detect.settings import Detect

DETECT = checked(PARAMS["detect"], Detect, "params.yaml")
BOTH = replace(DETECT, sources=["yolox", "motion"])


def found_at(*lefts, classes=0):
    """Squares of 10 pixels, best first, each sure of its last class."""
    boxes = np.array([[left, 0, left + 10, 10] for left in lefts], np.float32).reshape(-1, 4)
    count = len(lefts)
    scores = np.eye(max(classes, 1), classes, k=classes - 1, dtype=np.float32)[[0] * count]
    labels = np.full(count, classes - 1, np.int16)
    return Detections(boxes, np.linspace(0.9, 0.5, count).astype(np.float32), labels, scores)


def frame_table(detect, *found):
    """The table of a clip of which one frame, 3, was searched."""
    return clip_table("a", [3], [found], detect)


def test_a_frame_without_objects_is_a_table_without_rows():
    for classes in (0, 80):
        table = frame_table(DETECT, found_at(classes=classes))
        assert len(table) == 0 and set(table.columns) == set(OBJECTS.names)


def test_the_objects_of_a_frame_keep_their_order_and_class_scores():
    found = Detections(
        np.array([[1, 2, 3, 4], [5, 6, 7, 8]], np.float32),
        np.array([0.9, 0.5], np.float32),
        np.array([1, 0], np.int16),
        np.array([[0.1, 0.8], [0.5, 0.4]], np.float32),
    )
    table = frame_table(replace(DETECT, sources=["yolox"]), found)
    assert table[BOX].values.tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]
    assert table["label"].tolist() == [1, 0] and table["score"].tolist() == pytest.approx([0.9, 0.5])
    assert np.stack(table["class_scores"]).tolist() == found.class_scores.tolist()
    assert set(table["frame"]) == {3} and set(table["source"]) == {"yolox"} and set(table["video"]) == {"a"}


def test_the_objects_of_a_clip_are_numbered_frame_by_frame_and_source_by_source():
    frames = [
        (found_at(0, classes=2), found_at(50)),
        (found_at(classes=2), found_at()),
        (found_at(5, 30, classes=2), found_at(70)),
    ]
    table = clip_table("a", [0, 3, 6], frames, BOTH)
    assert table["object"].tolist() == [0, 1, 2, 3, 4] and table["frame"].tolist() == [0, 0, 6, 6, 6]
    assert table["source"].tolist() == ["yolox", "motion", "yolox", "yolox", "motion"]
    assert table["x1"].tolist() == [0, 50, 5, 30, 70]


def test_what_a_later_source_adds_comes_last_without_classes():
    table = frame_table(BOTH, found_at(0, 50, classes=2), found_at(52, 100, 4))
    assert table["x1"].tolist() == [0, 50, 100]
    assert table["source"].tolist() == ["yolox", "yolox", "motion"] and table["label"].tolist() == [1, 1, -1]
    assert np.stack(table["class_scores"]).tolist() == [[0, 1], [0, 1], [0, 0]]


@pytest.mark.parametrize(
    ("box", "known"),
    [
        ([0, 0, 10, 30], True),  # IoU 1/3
        ([0, 0, 10, 40], False),  # IoU 1/4
        ([8, 8, 11, 11], False),  # 4/9 of it inside, IoU small
        ([7, 7, 11, 10], True),  # 3/4 of it inside
    ],
)
def test_what_an_earlier_source_has_found_is_known_by_its_overlap_or_by_how_much_of_it_lies_inside(box, known):
    later = found_at(0)._replace(boxes=np.array([box], np.float32))
    assert len(frame_table(BOTH, found_at(0, classes=2), later)) == (1 if known else 2)


def test_a_source_that_finds_nothing_leaves_the_other_as_it_is():
    table = frame_table(BOTH, found_at(classes=2), found_at(5))
    assert table["x1"].tolist() == [5] and np.stack(table["class_scores"]).tolist() == [[0, 0]]
    table = frame_table(BOTH, found_at(5, classes=2), found_at())
    assert table["source"].tolist() == ["yolox"] and np.stack(table["class_scores"]).tolist() == [[0, 1]]


def test_only_objects_of_the_wanted_classes_stay():
    rows = np.eye(80, dtype=np.float32)[[0, 2, 1, 0]]  # person, car, bicycle, person
    found = Detections(
        np.arange(16, dtype=np.float32).reshape(4, 4),
        np.array([0.9, 0.8, 0.7, 0.6], np.float32),
        rows.argmax(axis=1).astype(np.int16),
        rows,
    )
    assert of_classes(found, ["person", "bicycle"]).tolist() == [True, False, True, True]
    assert len(of_classes(found_at(classes=80), ["person"])) == 0
    by_number = found._replace(labels=np.array([1, 3, 2, 12], np.int16), class_scores=np.zeros((4, 91), np.float32))
    assert of_classes(by_number, ["person", "bicycle"]).tolist() == [True, False, True, False]
    with pytest.raises(InputError, match="the detector tells 5 classes, expected COCO's 80"):
        of_classes(found._replace(class_scores=np.zeros((4, 5), np.float32)), ["person"])


def test_what_has_an_unwanted_class_is_not_found_again_by_what_moves():
    rows = np.eye(80, dtype=np.float32)[[0, 1]]  # a person at 0, a bicycle at 50
    known = found_at(0, 50)._replace(class_scores=rows, labels=np.array([0, 1], np.int16))
    table = frame_table(replace(BOTH, classes=["bicycle"]), known, found_at(1, 51, 100))
    assert table["x1"].tolist() == [50, 100] and table["source"].tolist() == ["yolox", "motion"]


@pytest.mark.parametrize("shape", [(1, 48, 64), (3, 48, 64, 3)])
def test_a_clip_without_objects_is_an_empty_table_of_the_right_columns(tmp_path, shape):
    store = store_frames(tmp_path / "frames", a=np.full(shape, 100, np.uint8))
    detect_clip(store, "a", DETECT, [None], "cpu", tmp_path)
    table = pq.read_table(tmp_path / "objects.parquet")
    assert table.num_rows == 0 and table.schema.equals(OBJECTS)


@pytest.mark.parametrize("ignore, only, kept", [([], [], 2), ([0], [], 1), ([], [0], 1), ([0], [1], 1), ([1], [1], 0)])
def test_what_stands_where_nobody_looks_is_no_object(tmp_path, ignore, only, kept):
    """Squares at the left and at the right of frames that are otherwise still; a box is where its foot is."""
    frames = np.full((3, 48, 64), 100, np.uint8)
    frames[1, 10:30, 5:15] = frames[1, 20:40, 45:55] = 250
    store = store_frames(tmp_path / "frames", a=frames)
    sides = [(0.0, 0.5), (1.0, 0.5), (1.0, 0.7), (0.0, 0.7)], [(0.0, 0.71), (1.0, 0.71), (1.0, 1.0), (0.0, 1.0)]
    areas = Areas(ignore=[sides[n] for n in ignore], only=[sides[n] for n in only])
    detect_clip(store, "a", DETECT, [None], "cpu", tmp_path, areas)
    assert pq.read_table(tmp_path / "objects.parquet").num_rows == kept


def test_settings_of_another_detector_change_nothing():
    other = replace(DETECT, tiles=replace(DETECT.tiles, score=0.9))
    assert settings_of(DETECT) == settings_of(other)
    for source in ("yolox", "nanodet_plus", "torchvision", "boxes"):
        assert settings_of(replace(DETECT, sources=[source])) != settings_of(replace(other, sources=[source]))
    moving = replace(DETECT, motion=replace(DETECT.motion, join=0.9))
    assert settings_of(DETECT) != settings_of(moving)
    assert settings_of(replace(DETECT, sources=["yolox"])) == settings_of(replace(moving, sources=["yolox"]))
    precise = replace(DETECT, precision="bfloat16", classes=["person"])
    for source, decides in (("yolox", True), ("nanodet_plus", True), ("torchvision", True), ("boxes", False)):
        own = settings_of(replace(DETECT, sources=[source])) != settings_of(replace(precise, sources=[source]))
        assert own == decides
    assert settings_of(replace(DETECT, every=7)) != settings_of(DETECT) != settings_of(BOTH)
