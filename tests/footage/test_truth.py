"""What is known about the test clips, as tables."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.common.tables.schemas import BOX, LABELS, REGIONS
from stages.footage.clips import Truth
from stages.footage.splits import Span
from stages.footage.truth import cut_truth, label_table, region_table


def regions(*rows):
    return pd.DataFrame([(*row, "bag") for row in rows], columns=["track", "frame", *BOX, "type"])


@pytest.mark.parametrize("truths", [{}, {"a": Truth(None, None)}])
def test_nothing_known_gives_empty_tables_of_the_right_columns(truths):
    labels, boxes = label_table(truths, {"a": 3}), region_table(truths)
    assert list(labels.columns) == LABELS.names and len(labels) == 0
    assert list(boxes.columns) == REGIONS.names and len(boxes) == 0
    assert boxes["frame"].dtype == np.int32 and boxes["x1"].dtype == np.float32


def test_a_clips_own_labels_come_before_its_regions():
    truth = Truth(np.array([False, True, False]), regions((0, 2, 0, 0, 5, 5)))
    assert label_table({"a": truth}, {"a": 3})["anomalous"].tolist() == [False, True, False]


def test_without_labels_a_frame_with_a_region_is_anomalous():
    truth = Truth(None, regions((0, 1, 0, 0, 5, 5), (1, 1, 0, 0, 5, 5), (0, 3, 0, 0, 5, 5)))
    table = label_table({"a": truth}, {"a": 5, "b": 9})
    assert table["anomalous"].tolist() == [False, True, False, True, False]
    assert table["frame"].tolist() == [0, 1, 2, 3, 4] and set(table["video"]) == {"a"}


def test_a_clip_with_an_empty_list_of_regions_is_known_to_be_normal():
    table = label_table({"a": Truth(None, regions())}, {"a": 2})
    assert table["anomalous"].tolist() == [False, False]


@given(st.dictionaries(st.sampled_from("abcd"), st.none() | st.lists(st.booleans(), min_size=1, max_size=5)))
def test_every_frame_of_a_known_clip_has_one_row_by_clip_and_frame(known):
    truths = {video: Truth(None if labels is None else np.array(labels), None) for video, labels in known.items()}
    table = label_table(truths, {})
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


@given(st.integers(1, 30), st.integers(0, 29), st.integers(1, 5), st.data())
def test_what_is_cut_out_of_the_truth_is_that_of_the_clips_own_frames(total, first, step, data):
    first = min(first, total - 1)
    count = data.draw(st.integers(1, (total - 1 - first) // step + 1))
    anomalous = np.array(data.draw(st.lists(st.booleans(), min_size=total, max_size=total)))
    rows = [(0, frame, frame, 0, 1, 1) for frame in np.flatnonzero(anomalous)]
    labels, found = cut_truth(Truth(anomalous, regions(*rows)), Span(first, step, count))
    taken = [first + step * number for number in range(count)]
    assert labels.tolist() == [anomalous[frame] for frame in taken]
    # x1 of a region tells which frame it came from.
    expected = [(number, frame) for number, frame in enumerate(taken) if anomalous[frame]]
    assert list(zip(found["frame"], found["x1"], strict=True)) == expected
    assert cut_truth(Truth(None, None), Span(first, step, count)) == Truth(None, None)
