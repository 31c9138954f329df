"""Tubes come back nearly as they were, whichever rows are asked for, and no frame of them tells of another."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.common.tables.shards import Shard, write_shard


def drawn(seed: int, shape: tuple[int, ...]) -> np.ndarray:
    """Tubes of smooth pictures, every frame another."""
    random, (tubes, frames, side, _, channels) = np.random.default_rng(seed), shape
    coarse = random.integers(0, 256, (tubes * frames, 4, 4, channels)).astype(np.uint8)
    enlarged = [cv2.resize(each, (side, side), interpolation=cv2.INTER_CUBIC) for each in coarse]
    return np.reshape(enlarged, shape).astype(np.uint8)


@given(
    st.integers(0, 5),
    st.integers(1, 4),
    st.sampled_from([16, 32]),
    st.sampled_from([1, 3]),
    st.lists(st.integers(0, 4)),
)
def test_tubes_come_back_nearly_as_they_were(tmp_path_factory, count, frames, side, channels, rows):
    tubes = drawn(count, (count, frames, side, side, channels))
    path, rows = tmp_path_factory.mktemp("shard") / "a.tubes", np.array([row for row in rows if row < count], int)
    write_shard(path, tubes, tubes.shape[1:])
    shard = Shard(path)
    assert shard.shape == tubes.shape and len(shard) == count
    back = shard[:]
    assert np.sqrt(np.square(back.astype(float) - tubes).mean()) < 6 if count else not len(back)
    np.testing.assert_array_equal(shard[rows], back[rows])
    np.testing.assert_array_equal(shard[1:3], back[1:3])


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("place", [0, 2, 4])
def test_no_frame_tells_of_another(tmp_path, channels, place):
    tube = drawn(1, (1, 5, 32, 32, channels))
    other = tube.copy()
    other[0, place] = 255 - other[0, place]
    for name, tubes in (("a", tube), ("b", other)):
        write_shard(tmp_path / name, tubes, tubes.shape[1:])
    same = (Shard(tmp_path / "a")[:] == Shard(tmp_path / "b")[:]).all(axis=(0, 2, 3, 4))
    assert same.tolist() == [frame != place for frame in range(5)]


def test_a_row_that_is_not_there_is_an_error(tmp_path):
    write_shard(tmp_path / "a.tubes", np.zeros((2, 3, 16, 16, 1), np.uint8), (3, 16, 16, 1))
    with pytest.raises(IndexError):
        Shard(tmp_path / "a.tubes")[np.array([2])]


def test_the_same_tubes_have_the_same_bytes_in_a_fifth_of_the_space(tmp_path):
    tubes = drawn(2, (3, 7, 32, 32, 3))
    for name in ("a", "b"):
        write_shard(tmp_path / name, iter(tubes), tubes.shape[1:])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").stat().st_size < tubes.nbytes / 5
