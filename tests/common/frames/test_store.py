"""The one door to a clip's frames."""

import numpy as np
import pytest
from helpers import store_frames

from stages.common.frames import store as store_module
from stages.common.frames.measures import measure
from stages.common.frames.store import fill_store, open_frames, read_clip, write_clip
from stages.common.running.errors import InputError

SHAPES = [(0, 4, 6), (1, 4, 6), (5, 4, 6), (1, 4, 6, 3), (7, 4, 6, 3)]


def random_frames(shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def written(folder, frames, spans, shape=None, quality=None, backgrounds=()):
    """A clip that keeps the frames of its spans."""
    folder.mkdir()
    kept = [number for first, stop in spans for number in range(first, stop)]
    with write_clip(folder, 12.5, shape or frames.shape, quality) as writer:
        for number in kept:
            writer.frame(number, frames[number])
        for first, stop in backgrounds:
            writer.background(first, stop, frames[first])
        writer.finish(spans, measure(frames[number] for number in kept))
    return read_clip(folder)


@pytest.mark.parametrize("shape", SHAPES)
def test_frames_come_out_as_they_went_in(tmp_path, shape):
    pixels = random_frames(shape)
    frames = open_frames(store_frames(tmp_path / "frames", a=pixels, b=random_frames((2, 3, 3))), "a")
    assert (len(frames), frames.shape, frames.fps, frames.video) == (len(pixels), shape, 10, "a")
    read = list(frames)
    assert len(read) == len(pixels)
    for number, frame in enumerate(read):
        assert frame.dtype == np.uint8 and np.array_equal(frame, pixels[number])
    for number in (-1, len(pixels)):
        with pytest.raises(IndexError):
            frames[number]


def test_a_clip_in_which_nothing_lives(tmp_path):
    frames = written(tmp_path / "a", random_frames((0, 4, 6)), [], shape=(9, 4, 6))
    assert (len(frames), frames.spans.shape, len(frames.searched(1))) == (9, (0, 2), 0)
    assert len(frames.measures.change) == 0
    for read in (frames.__getitem__, frames.span_of, frames.background):
        with pytest.raises(IndexError):
            read(3)


def test_the_live_frames_alone_are_kept(tmp_path):
    pixels, spans = random_frames((20, 4, 6)), [(2, 5), (5, 6), (11, 20)]
    frames = written(tmp_path / "a", pixels, spans, backgrounds=[(0, 5), (5, 20)])
    kept = [number for first, stop in spans for number in range(first, stop)]
    for number in range(-1, 22):
        of = [span for span in spans if number in range(*span)]
        if number in kept:
            assert np.array_equal(frames[number], pixels[number]) and frames.span_of(number) == of[0]
            assert np.array_equal(frames.background(number), pixels[0 if number < 5 else 5])
        else:
            with pytest.raises(IndexError):
                frames[number]
            with pytest.raises(IndexError):
                frames.span_of(number)
    assert np.array_equal(frames.spans, spans)
    for every in range(1, 23):
        assert frames.searched(every).tolist() == [number for number in kept if number % every == 0]


def test_what_is_kept_around_the_live_frames_can_be_read_and_is_not_searched(tmp_path):
    pixels = random_frames((20, 4, 6))
    with write_clip(tmp_path, 12.5, pixels.shape, None) as writer:
        for number in [*range(2, 9), *range(12, 18)]:
            writer.frame(number, pixels[number])
        writer.finish([(2, 9), (12, 18)], measure(pixels[:13]), [(4, 6), (12, 18)])
    frames = read_clip(tmp_path)
    assert frames.live.tolist() == [[4, 6], [12, 18]] and frames.span_of(8) == (2, 9)
    assert np.array_equal(frames[2], pixels[2])
    assert frames.searched(1).tolist() == [4, 5, *range(12, 18)] and frames.searched(5).tolist() == [5, 15]


@pytest.mark.parametrize("channels", [(), (3,)])
def test_jpeg_is_near_to_what_went_in(tmp_path, channels):
    smooth = np.add.outer(np.arange(4), np.add.outer(2 * np.arange(48), np.arange(64))).astype(np.uint8)
    pixels = smooth if not channels else np.stack([smooth, smooth // 2, 255 - smooth], axis=3)
    frames = written(tmp_path / "a", pixels, [(0, 4)], quality=95)
    assert np.abs(np.stack(frames).astype(int) - pixels).mean() < 2


def test_frames_cannot_be_written_through_the_door(tmp_path):
    frames = open_frames(store_frames(tmp_path / "frames", a=random_frames((3, 4, 6))), "a")
    for picture in (frames[0], frames.background(0)):
        with pytest.raises(ValueError, match="read-only"):
            picture[0, 0] = 1


def test_few_decoded_frames_are_kept_in_memory(tmp_path, monkeypatch):
    frames = open_frames(store_frames(tmp_path / "frames", a=random_frames((9, 4, 6))), "a")
    monkeypatch.setattr(store_module, "CACHED", 3 * 24)
    for number in [0, 1, 2, 3, 0, 8, 4, 4]:
        frames[number]
    assert list(frames.cache) == ["frame_0", "frame_8", "frame_4"]
    assert frames[4] is frames[4]


def test_measures_are_kept(tmp_path):
    pixels = random_frames((6, 48, 64, 3))
    kept, expected = open_frames(store_frames(tmp_path / "frames", a=pixels), "a").measures, measure(pixels)
    for name, values in expected._asdict().items():
        np.testing.assert_array_equal(getattr(kept, name), values)
        assert getattr(kept, name).dtype == values.dtype


def test_equal_frames_have_one_hash_and_others_another(tmp_path):
    clips = {"a": random_frames((3, 4, 6)), "b": random_frames((3, 4, 6)), "c": random_frames((3, 4, 6), seed=1)}
    clips["d"] = clips["a"].reshape(3, 6, 4)
    store = store_frames(tmp_path / "frames", **clips)
    a, b, c, d = (open_frames(store, video).hash for video in "abcd")
    assert a == b and len({a, c, d}) == 3
    assert open_frames(store_frames(tmp_path / "again", z=clips["a"]), "z").hash == a


def test_a_store_or_a_clip_that_is_missing_is_named(tmp_path):
    with pytest.raises(InputError, match="frames: not found; run `dvc repro` to make it"):
        open_frames(tmp_path / "frames", "a")
    store = store_frames(tmp_path / "frames", a=random_frames((3, 4, 6)))
    with pytest.raises(InputError, match="frames: no clip 'b' in it; run `dvc repro` to make it anew"):
        open_frames(store, "b")
    (tmp_path / "none").mkdir()
    fill_store(tmp_path / "none", [])
    with pytest.raises(InputError, match="no clip 'a' in it"):
        open_frames(tmp_path / "none", "a")
