"""The one door to a clip's frames."""

import numpy as np
import pandas as pd
import pytest
from helpers import store_frames

from stages.common.frames.store import fill_store, open_frames, write_frames
from stages.common.running.errors import InputError
from stages.common.tables.schemas import TIMES

SHAPES = [(0, 4, 6), (1, 4, 6), (5, 4, 6), (1, 4, 6, 3), (7, 4, 6, 3)]


def random_frames(shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("shape", SHAPES)
def test_frames_come_out_as_they_went_in(tmp_path, shape):
    pixels = random_frames(shape)
    frames = open_frames(store_frames(tmp_path / "frames", a=pixels, b=random_frames((2, 3, 3))), "a")
    assert (len(frames), frames.shape) == (len(pixels), shape)
    read = list(frames)
    assert len(read) == len(pixels)
    for place, frame in enumerate(read):
        assert frame.dtype == np.uint8 and np.array_equal(frame, pixels[place])
        assert np.array_equal(frames[place], pixels[place]) and np.array_equal(frames[place - len(read)], pixels[place])
    with pytest.raises(IndexError):
        frames[len(pixels)]
    np.testing.assert_allclose(frames.times, np.arange(len(pixels)) / 10)


def test_frames_cannot_be_written_through_the_door(tmp_path):
    frames = open_frames(store_frames(tmp_path / "frames", a=random_frames((3, 4, 6))), "a")
    with pytest.raises(ValueError, match="read-only"):
        frames[0][0, 0] = 1


def test_equal_frames_have_one_hash_and_others_another(tmp_path):
    clips = {"a": random_frames((3, 4, 6)), "b": random_frames((3, 4, 6)), "c": random_frames((3, 4, 6), seed=1)}
    clips["d"] = clips["a"].reshape(3, 6, 4)
    store = store_frames(tmp_path / "frames", **clips)
    a, b, c, d = (open_frames(store, video).hash for video in "abcd")
    assert a == b and len({a, c, d}) == 3
    assert open_frames(store_frames(tmp_path / "again", z=clips["a"]), "z").hash == a


def test_times_are_the_clips_own_in_the_order_of_frames(tmp_path):
    (tmp_path / "piece").mkdir()
    write_frames(tmp_path / "piece", random_frames((3, 4, 6)), (3, 4, 6))
    rows = [("b", 0, 9.0), ("a", 2, 0.5), ("a", 0, 0.1), ("a", 1, 0.2)]
    (tmp_path / "frames").mkdir()
    fill_store(tmp_path / "frames", [("a", tmp_path / "piece")], pd.DataFrame(rows, columns=TIMES.names))
    assert open_frames(tmp_path / "frames", "a").times.tolist() == [0.1, 0.2, 0.5]


def test_how_many_frames_were_written_is_told(tmp_path):
    assert write_frames(tmp_path, iter(random_frames((2, 4, 6))), (5, 4, 6)) == 2
    assert write_frames(tmp_path, iter([]), (5, 4, 6)) == 0


def test_a_store_or_a_clip_that_is_missing_is_named(tmp_path):
    with pytest.raises(InputError, match="frames: not found; run `dvc repro` to make it"):
        open_frames(tmp_path / "frames", "a")
    store = store_frames(tmp_path / "frames", a=random_frames((3, 4, 6)))
    with pytest.raises(InputError, match="frames: no clip 'b' in it; run `dvc repro` to make it anew"):
        open_frames(store, "b")
