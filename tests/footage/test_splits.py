"""Which clips are learnt from, held out and searched, and which of their frames."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.common.running.errors import InputError
from stages.footage.clips import Clip
from stages.footage.splits import NORMAL_PARTS, hold_out, span_of, split_recordings

names = st.sets(st.text("abc", min_size=1, max_size=3), min_size=2, max_size=12)
shares = st.floats(-1, 3)
seeds = st.integers(0, 2**31)


def clips(train, test=()):
    every = [(name, "train") for name in train] + [(name, "test") for name in test]
    return [Clip(name, split, "file", Path(name)) for name, split in every]


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


def recordings(*names):
    return [Clip(name, "recording", "file", Path(f"{name}.mp4")) for name in names]


def test_clips_that_are_sorted_already_stay_as_they_are():
    assert split_recordings([], [], 0.5) == []
    assert split_recordings(clips(["a"], ["b"]), [], 0.5) == clips(["a"], ["b"])


def test_named_recordings_are_normal_in_parts_and_the_others_are_searched():
    found = split_recordings(recordings("a", "b", "c"), ["b"], 0.5)
    assert [(clip.name, clip.split, clip.part) for clip in found] == [
        ("a", "test", (0, 1)),
        ("c", "test", (0, 1)),
        ("b_normal_1", "train", (0, 0.25)),
        ("b_normal_2", "train", (0.25, 0.5)),
        ("b_normal_3", "train", (0.5, 0.75)),
        ("b_normal_4", "train", (0.75, 1)),
    ]


def test_naming_recordings_of_a_set_that_is_sorted_is_refused():
    with pytest.raises(InputError, match=r"footage.normal_clips: 'a' is no recording; known: \[\]"):
        split_recordings(clips(["a"], ["b"]), ["a"], 0.5)


def steady(frames):
    return {"times": np.arange(frames) / 10, "fps": 10.0}


@given(st.floats(0.01, 0.99), st.integers(20, 5000))
def test_the_parts_of_a_recording_are_all_of_it_in_order(share, frames):
    parts = split_recordings(recordings("a"), [], share)
    assert [part.split for part in parts] == ["train"] * NORMAL_PARTS + ["test"]
    facts, next_frame = steady(frames), 0
    for part in parts:
        try:
            span = span_of(part, facts, 0.0, None, 1)
        except InputError:
            continue
        assert span.first == next_frame
        next_frame += span.frames
    assert next_frame == frames


@pytest.mark.parametrize(
    "normal, message",
    [
        (["x"], "footage.normal_clips: 'x' is no recording; known: ['a', 'b']"),
        (["a", "b"], "footage.normal_clips: no recording is left to search"),
    ],
)
def test_splits_that_leave_nothing_are_refused(normal, message):
    with pytest.raises(InputError) as refused:
        split_recordings(recordings("a", "b"), normal, 0.5)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    "start, end, stride, span",
    [
        (0.0, None, 1, (0, 1, 100)),
        (1.0, 4.0, 1, (10, 1, 30)),
        (0.95, 4.04, 1, (10, 1, 31)),
        (1.0, 99.0, 4, (10, 4, 23)),
        (0.0, 1.0, 10, (0, 10, 1)),
        (2.2, 2.9, 1, (22, 1, 7)),
    ],
)
def test_a_range_in_seconds_and_a_stride(start, end, stride, span):
    clip = Clip("a", "test", "file", Path("a.mp4"))
    assert span_of(clip, steady(100), start, end, stride) == span


def test_a_range_in_seconds_goes_by_the_times_of_the_frames_where_their_rate_varies():
    clip, facts = Clip("a", "test", "file", Path("a.mp4")), {"times": np.array([0, 0.1, 0.5, 2, 2.1, 9]), "fps": 0.6}
    assert span_of(clip, facts, 0.5, 9.0, 1) == (2, 1, 3)
    assert span_of(clip, facts, 0.2, None, 2) == (2, 2, 2)


@pytest.mark.parametrize("start, end", [(10.0, None), (11.0, 12.0), (3.0, 3.0), (4.0, 3.0)])
def test_a_range_without_frames_is_refused_by_name(start, end):
    clip = Clip("a", "test", "file", Path("a.mp4"))
    with pytest.raises(InputError, match="a.mp4: 100 frames at 10 per second, none of them is left for a; change"):
        span_of(clip, steady(100), start, end, 1)
