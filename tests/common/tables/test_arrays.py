import errno
import os

import numpy as np
import pytest

from stages.common.tables.arrays import map_array, new_array


def test_a_new_array_is_written_through_its_map(tmp_path):
    with new_array(tmp_path / "a.npy", (3, 4, 5)) as array:
        assert array.dtype == np.uint8 and not array.any()
        array[1] = 7
    assert map_array(tmp_path / "a.npy").sum() == 7 * 20
    assert (tmp_path / "a.npy").stat().st_blocks * 512 >= 60


def test_where_there_is_no_room_it_is_an_error_at_once(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", refuse)
    with pytest.raises(OSError, match="No space left"):
        with new_array(tmp_path / "a.npy", (3, 4, 5)):
            pass


def test_a_new_array_of_nothing_is_a_file_of_nothing(tmp_path):
    with new_array(tmp_path / "a.npy", (0, 4, 5)) as array:
        assert array.shape == (0, 4, 5)
    assert map_array(tmp_path / "a.npy").shape == (0, 4, 5) and map_array(tmp_path / "a.npy").dtype == np.uint8


@pytest.mark.parametrize("shape", [(0, 4), (3, 0, 2), (5,), (2, 3, 4)])
def test_arrays_come_back_mapped_and_read_only_and_empty_ones_plainly(tmp_path, shape):
    array = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    path = tmp_path / "array.npy"
    np.save(path, array)
    back = map_array(path)
    assert back.dtype == array.dtype and np.array_equal(back, array) and back.shape == shape
    if array.size:
        assert isinstance(back, np.memmap)
        with pytest.raises(ValueError, match="read-only"):
            back[0] = 1
