"""The split of the normal clips, and what is known about the test clips as tables."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.common.errors import InputError
from stages.common.tables import BOX, LABELS, REGIONS
from stages.footage.clips import Clip, Truth
from stages.footage.truth import hold_out, label_table, region_table

names = st.sets(st.text("abc", min_size=1, max_size=3), min_size=2, max_size=12)
shares = st.floats(-1, 3)
seeds = st.integers(0, 2**31)


def clips(train, test=()):
    every = [(name, "train") for name in train] + [(name, "test") for name in test]
    return [Clip(name, split, "file", Path(name)) for name, split in every]


def regions(*rows):
    return pd.DataFrame([(*row, "bag") for row in rows], columns=["track", "frame", *BOX, "type"])


@pytest.mark.parametrize("train", [[], ["only"]])
def test_too_few_clips_to_hold_one_out(train):
    with pytest.raises(InputError, match=f"{len(train)} training clips, 0 of them held out; at least one"):
        hold_out(clips(train, ["t1", "t2"]), 0.15, [], 0)


@given(names, shares, seeds)
def test_some_and_never_all_training_clips_are_held_out_and_no_others(train, share, seed):
    held = hold_out(clips(train, ["test_1", "test_2"]), share, [], seed)
    assert held < train and len(held) >= 1
    assert len(held) == min(max(1, round(share * len(train))), len(train) - 1)


@given(names, shares, seeds, st.randoms())
def test_the_draw_depends_on_the_seed_and_not_on_the_order_of_the_clips(train, share, seed, random):
    shuffled = clips(train, ["t"])
    random.shuffle(shuffled)
    assert hold_out(shuffled, share, [], seed) == hold_out(clips(sorted(train)), share, [], seed)


def test_another_seed_draws_other_clips():
    train = [f"clip_{number:02d}" for number in range(20)]
    draws = {frozenset(hold_out(clips(train), 0.25, [], seed)) for seed in range(10)}
    assert len(draws) > 5 and {len(draw) for draw in draws} == {5}


@given(names, st.data(), seeds)
def test_named_clips_are_held_out_and_nothing_is_drawn(train, data, seed):
    named = data.draw(st.lists(st.sampled_from(sorted(train)), min_size=1, max_size=4))
    if set(named) == train:
        with pytest.raises(InputError, match="held out; at least one has to be left"):
            hold_out(clips(train), 0.9, named, seed)
    else:
        assert hold_out(clips(train), 0.9, named, seed) == set(named)


@pytest.mark.parametrize("named", [["c"], ["a", "c"], ["t"]])
def test_a_named_clip_that_is_no_training_clip(named):
    with pytest.raises(InputError, match=rf"footage.held_out_clips: '{named[-1]}' is no training clip; known: \['a', "):
        hold_out(clips(["b", "a"], ["t"]), 0.1, named, 0)


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
