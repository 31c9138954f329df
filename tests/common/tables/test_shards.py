"""Tubes come back as they were, whichever rows are asked for; what stands still takes next to nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stages.common.tables.shards import Shard, write_shard

SHAPES = st.tuples(st.integers(0, 5), st.integers(1, 4), st.integers(1, 4), st.integers(1, 4), st.sampled_from([1, 3]))


@given(SHAPES.flatmap(lambda shape: arrays(np.uint8, shape)), st.lists(st.integers(0, 4), max_size=8))
def test_tubes_come_back_as_they_were(tmp_path_factory, tubes, rows):
    path, rows = tmp_path_factory.mktemp("shard") / "a.tubes", np.array([row for row in rows if row < len(tubes)], int)
    write_shard(path, tubes, tubes.shape[1:])
    shard = Shard(path)
    assert shard.shape == tubes.shape and len(shard) == len(tubes)
    np.testing.assert_array_equal(shard[:], tubes)
    np.testing.assert_array_equal(shard[rows], tubes[rows])
    np.testing.assert_array_equal(shard[1:3], tubes[1:3])


def test_a_row_that_is_not_there_is_an_error(tmp_path):
    write_shard(tmp_path / "a.tubes", np.zeros((2, 3, 4, 4, 1), np.uint8), (3, 4, 4, 1))
    with pytest.raises(IndexError):
        Shard(tmp_path / "a.tubes")[np.array([2])]


def test_what_stands_still_takes_next_to_nothing(tmp_path, rng):
    picture = rng.integers(0, 255, (32, 32, 3)).astype(np.uint8)
    write_shard(tmp_path / "a.tubes", np.tile(picture, (10, 31, 1, 1, 1)), (31, 32, 32, 3))
    assert (tmp_path / "a.tubes").stat().st_size < 1.1 * 10 * picture.nbytes


def test_the_same_tubes_have_the_same_bytes(tmp_path, rng):
    tubes = rng.integers(0, 255, (3, 7, 16, 16, 3)).astype(np.uint8)
    for name in ("a", "b"):
        write_shard(tmp_path / name, iter(tubes), tubes.shape[1:])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
