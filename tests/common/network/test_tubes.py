import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.common.network.tubes import irregular_offsets, middle_of, regular_offsets, take_offsets


def numbered_tubes(count, frames):
    """Tubes (count, frames, 2, 2, 1) whose pixels are 100 x tube + frame."""
    numbers = 100 * np.arange(count)[:, None] + np.arange(frames)
    return np.broadcast_to(numbers[:, :, None, None, None], (count, frames, 2, 2, 1)).copy()


def frame_numbers(tubes):
    return tubes[..., 0, 0, 0].tolist()


def test_no_tubes_in_no_tubes_out():
    none = numbered_tubes(0, 7)
    assert irregular_offsets(2, 3, 0, np.random.default_rng(0)).shape == (0, 5)
    assert take_offsets(none, regular_offsets(1)).shape == (0, 3, 2, 2, 1)
    assert take_offsets(none, np.zeros((0, 3), int)).shape == (0, 3, 2, 2, 1)
    assert middle_of(none).shape == (0, 2, 2, 1)


@given(st.integers(1, 6), st.integers(2, 7), st.integers(0, 30), st.integers(0, 2**32 - 1))
def test_irregular_tubes_ascend_through_0_in_steps_within_bounds_and_reach(half, most, count, seed):
    offsets = irregular_offsets(half, most, count, np.random.default_rng(seed))
    assert offsets.shape == (count, 2 * half + 1)
    assert (offsets[:, half] == 0).all()
    steps = np.diff(offsets, axis=1)
    assert (steps >= 2).all() and (steps <= most).all()
    assert (np.abs(offsets) <= half * most).all()


def test_irregular_steps_take_every_length_on_either_side_and_differ_from_tube_to_tube():
    offsets = irregular_offsets(3, 5, 200, np.random.default_rng(0))
    steps = np.diff(offsets, axis=1)
    for column in steps.T:
        assert set(column.tolist()) == {2, 3, 4, 5}
    assert (steps[:, :3] != steps[:, :2:-1]).any()
    np.testing.assert_array_equal(offsets, irregular_offsets(3, 5, 200, np.random.default_rng(0)))


def test_offsets_count_from_the_middle_for_all_tubes_alike():
    tubes = numbered_tubes(2, 7)
    assert frame_numbers(take_offsets(tubes, regular_offsets(1))) == [[2, 3, 4], [102, 103, 104]]
    assert frame_numbers(take_offsets(tubes, regular_offsets(3))) == frame_numbers(tubes)


def test_offsets_may_be_each_tubes_own():
    taken = take_offsets(numbered_tubes(2, 7), np.array([[-3, 0, 1], [-1, 0, 3]]))
    assert frame_numbers(taken) == [[0, 3, 4], [102, 103, 106]]


@pytest.mark.parametrize("frames", [3, 5, 7])
def test_the_middle_frame_has_as_many_before_it_as_after(frames):
    half = frames // 2
    assert middle_of(numbered_tubes(3, frames))[:, 0, 0, 0].tolist() == [half, 100 + half, 200 + half]
