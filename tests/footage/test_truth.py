"""What is known about the test clips, as tables."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.common.tables.schemas import BOX, LABELS, REGIONS
from stages.footage.clips import Truth
from stages.footage.truth import cut_truth, label_table, region_table


def regions(*rows):
    return pd.DataFrame([(*row, "bag") for row in rows], columns=["track", "frame", *BOX, "type"])


@pytest.mark.parametrize("truths", [{}, {"a": Truth(None, None)}])
def test_nothing_known_gives_empty_tables_of_the_right_columns(truths):
    labels, boxes = label_table(truths, {"a": np.arange(3)}), region_table(truths)
    assert list(labels.columns) == LABELS.names and len(labels) == 0
    assert list(boxes.columns) == REGIONS.names and len(boxes) == 0
    assert boxes["frame"].dtype == np.int32 and boxes["x1"].dtype == np.float32


def test_a_clips_own_labels_come_before_its_regions():
    truth = Truth(np.array([False, True, False]), regions((0, 2, 0, 0, 5, 5)))
    assert cut_truth(truth, np.arange(3), np.arange(3), (1.0, 1.0)).labels.tolist() == [False, True, False]


def test_a_clip_with_an_empty_list_of_regions_is_known_to_be_normal():
    truth = cut_truth(Truth(None, regions()), np.arange(2), np.arange(2), (1.0, 1.0))
    table = label_table({"a": truth}, {"a": np.array([0, 7])})
    assert table["anomalous"].tolist() == [False, False] and table["frame"].tolist() == [0, 7]


@given(st.dictionaries(st.sampled_from("abcd"), st.none() | st.lists(st.booleans(), min_size=1, max_size=5)))
def test_every_frame_of_a_known_clip_has_one_row_by_clip_and_frame(known):
    truths = {video: Truth(None if labels is None else np.array(labels), None) for video, labels in known.items()}
    table = label_table(truths, {video: np.arange(len(labels or ())) for video, labels in known.items()})
    expected = [(video, frame, label) for video in sorted(known) for frame, label in enumerate(known[video] or [])]
    assert list(table.itertuples(index=False, name=None)) == expected


def test_regions_are_sorted_by_clip_track_and_frame():
    truths = {
        "b": Truth(None, regions((0, 0, 1, 2, 3, 4))),
        "a": Truth(None, regions((1, 0, 1, 2, 3, 4), (0, 7, 1, 2, 3, 4), (0, 2, 1.5, 2, 3, 4))),
        "c": Truth(np.array([True]), None),
    }
    table = region_table(truths)
    assert list(table.columns) == REGIONS.names
    rows = list(table[["video", "track", "frame"]].itertuples(index=False, name=None))
    assert rows == [("a", 0, 2), ("a", 0, 7), ("a", 1, 0), ("b", 0, 0)]
    assert table["x1"].tolist() == [1.5, 1, 1, 1] and set(table["type"]) == {"bag"}


@given(st.lists(st.integers(0, 29), min_size=1, max_size=30), st.lists(st.booleans(), min_size=30, max_size=30))
def test_what_is_cut_out_of_the_truth_is_that_of_the_pictures_that_frames_hold(held, anomalous):
    """Some pictures are no frame, others are several, and frames are not numbered without holes."""
    pictures, anomalous = np.sort(held), np.array(anomalous)
    frames = 2 * np.arange(len(pictures))
    rows = [(0, picture, picture, 0, 1, 1) for picture in np.flatnonzero(anomalous)]
    labels, found = cut_truth(Truth(anomalous, regions(*rows)), frames, pictures, (0.5, 1.0))
    assert labels.tolist() == anomalous[pictures].tolist()
    # x1 of a region tells which picture it came from.
    expected = [(frame, picture / 2) for frame, picture in zip(frames, pictures, strict=True) if anomalous[picture]]
    assert sorted(zip(found["frame"], found["x1"], strict=True)) == expected
    assert cut_truth(Truth(None, regions(*rows)), frames, pictures, (1.0, 1.0)).labels.tolist() == labels.tolist()
    assert cut_truth(Truth(None, None), frames, pictures, (1.0, 1.0)) == Truth(None, None)
