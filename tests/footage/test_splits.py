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
    for folds in (1, 2):
        with pytest.raises(InputError, match=f"{len(train)} training clips, 0 of them held out; at least one"):
            hold_out(clips(train, ["t1", "t2"]), folds, 0.15, [], 0)


@given(names, shares, seeds)
def test_of_one_fold_some_and_never_all_training_clips_are_held_out_and_no_others(train, share, seed):
    held = hold_out(clips(train, ["test_1", "test_2"]), 1, share, [], seed)
    assert set(held) < train and len(held) >= 1 and set(held.values()) == {0}
    assert len(held) == min(max(1, round(share * len(train))), len(train) - 1)


@given(names, st.integers(2, 5), shares, seeds)
def test_folds_share_no_clip_are_of_one_size_or_nearly_and_each_leaves_clips_to_learn_from(train, folds, share, seed):
    held = hold_out(clips(train, ["test_1", "test_2"]), folds, share, [], seed)
    assert set(held) <= train and len(held) == min(round(max(1, share * len(train)) * folds), len(train))
    counts = [list(held.values()).count(fold) for fold in range(folds)]
    assert max(counts) - min(counts) <= 1 and max(counts) < len(train) and counts[0] >= 1


@given(names, st.integers(1, 3), shares, seeds, st.randoms())
def test_the_draw_depends_on_the_seed_and_not_on_the_order_of_the_clips(train, folds, share, seed, random):
    shuffled = clips(train, ["t"])
    random.shuffle(shuffled)
    assert hold_out(shuffled, folds, share, [], seed) == hold_out(clips(sorted(train)), folds, share, [], seed)


def test_another_seed_draws_other_clips():
    train = [f"clip_{number:02d}" for number in range(20)]
    draws = {frozenset(hold_out(clips(train), 1, 0.25, [], seed)) for seed in range(10)}
    assert len(draws) > 5 and {len(draw) for draw in draws} == {5}
    halves = {
        frozenset(name for name, fold in hold_out(clips(train), 2, 0.5, [], s).items() if fold) for s in range(10)
    }
    assert len(halves) > 5 and {len(half) for half in halves} == {10}


@given(names, st.data(), seeds)
def test_named_clips_are_held_out_in_turn_and_nothing_is_drawn(train, data, seed):
    named = data.draw(st.lists(st.sampled_from(sorted(train)), min_size=1, max_size=4))
    own = list(dict.fromkeys(named))
    assert hold_out(clips(train), 2, 0.9, named, seed) == {name: place % 2 for place, name in enumerate(own)}
    if set(named) == train:
        with pytest.raises(InputError, match="held out; at least one has to be left"):
            hold_out(clips(train), 1, 0.9, named, seed)
    else:
        assert hold_out(clips(train), 1, 0.9, named, seed) == dict.fromkeys(own, 0)


@pytest.mark.parametrize("named", [["c"], ["a", "c"], ["t"]])
def test_a_named_clip_that_is_no_training_clip(named):
    with pytest.raises(InputError, match=rf"footage.held_out_clips: '{named[-1]}' is no training clip; known: \['a', "):
        hold_out(clips(["b", "a"], ["t"]), 2, 0.1, named, 0)
