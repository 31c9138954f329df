"""Backgrounds are the medians of what is around a stretch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.common.frames.light import soften
from stages.decode.backgrounds import SAMPLES, Backgrounds, median_of


def backgrounds_of(frames, first, stop, stretch, wanted=None):
    """First, stop and background of each stretch, of frames shown one by one, and the most samples in memory."""
    made, most, found = Backgrounds(len(frames), first, stop, stretch), 0, []
    for place, frame in enumerate(frames):
        made.show(place, lambda: frame)  # noqa: B023  it is asked for at once or never
        if first <= place < stop and (wanted is None or place in wanted):
            made.want(place)
        found += made.due(place)
        most = max(most, len(made.samples))
    return found + list(made.due(len(frames))), most


def random_frames(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 5, 7), np.uint8)


def test_nothing_has_no_background():
    assert backgrounds_of([], 0, 0, 10) == ([], 0)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 8, 61, 300])
@pytest.mark.parametrize("shape", [(1, 1), (5, 7), (3, 4, 3)])
def test_the_median_is_that_of_sorted_values(count, shape):
    frames = np.random.default_rng(count).integers(0, 256, (count, *shape), np.uint8)
    np.testing.assert_array_equal(median_of(frames), np.sort(frames, axis=0)[(count - 1) // 2])


def test_a_short_clip_has_one_background_of_61_of_its_frames():
    frames = random_frames(150)
    chosen = np.linspace(0, 149, SAMPLES).round().astype(int)
    ((start, stop, background),), _ = backgrounds_of(frames, 0, 150, 300)
    assert (start, stop) == (0, 150)
    np.testing.assert_array_equal(background, median_of([soften(frames[place]) for place in chosen]))


@given(st.integers(1, 120), st.integers(0, 30), st.integers(0, 30), st.integers(1, 40))
def test_each_stretch_has_that_of_frames_in_and_around_it(count, before, after, stretch):
    """Frames are dark within a stretch around this one, and bright beyond: none of these is looked at."""
    total = before + count + after
    for number, start in enumerate(range(before, before + count, stretch)):
        stop = min(start + stretch, before + count)
        frames = np.full((total, 2, 2), 200, np.uint8)
        frames[max(0, start - stretch) : stop + stretch] = 50
        found, _ = backgrounds_of(frames, before, before + count, stretch)
        assert found[number][:2] == (start, stop) and (found[number][2] == 50).all()


def test_only_what_is_wanted_is_made_and_little_is_held():
    found, most = backgrounds_of(random_frames(2000), 0, 2000, 100, wanted={250, 1999})
    assert [(start, stop) for start, stop, _ in found] == [(200, 300), (1900, 2000)]
    assert most <= SAMPLES + 2


def changing(changes, total=300, stretch=100, first=0, stop=300):
    """The backgrounds of frames that are a grey level brighter from each change on."""
    made = Backgrounds(total, first, stop, stretch)
    for place in range(total):
        level = 50 + 10 * sum(place >= change for change in changes)
        made.show(place, lambda: np.full((2, 2), level, np.uint8))  # noqa: B023
    for place in range(first, stop, stretch):
        made.want(place)
    for change in changes:
        made.change(change)
    return [(start, stop, int(background[0, 0])) for start, stop, background in made.due(total)]


def test_where_the_scene_changes_the_background_is_learnt_anew():
    assert changing([]) == [(0, 100, 50), (100, 200, 50), (200, 300, 50)]
    assert changing([130]) == [(0, 100, 50), (100, 130, 50), (130, 200, 60), (200, 300, 60)]
    assert changing([100]) == [(0, 100, 50), (100, 200, 60), (200, 300, 60)]
    assert changing([0]) == [(0, 100, 60), (100, 200, 60), (200, 300, 60)]
    found = changing([120, 160, 290])
    assert found == [(0, 100, 50), (100, 120, 50), (120, 160, 60), (160, 200, 70), (200, 290, 70), (290, 300, 80)]


def test_between_two_changes_of_which_no_sample_tells_all_that_is_around_speaks():
    assert [part[:2] for part in changing([131, 132])] == [(0, 100), (100, 131), (131, 132), (132, 200), (200, 300)]


def test_who_stands_through_a_part_is_no_part_of_its_background():
    frames = np.full((30, 40, 40), 100, np.uint8)
    frames[10:18, 10:30, 10:30] = 250
    (found,), _ = backgrounds_of(frames, 10, 18, 20)
    assert (found[2] == 100).all()
