"""Which clips are learnt from, held out and searched."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.common.running.errors import InputError
from stages.footage.clips import Clip
from stages.footage.splits import hold_out

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
