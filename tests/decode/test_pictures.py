"""Pictures over what is damaged, and what is made of them."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from stages.decode import pictures
from stages.decode.pictures import Row, converted, luma, pictures_of, waiting

CLIP = Path("clip")


def shown(monkeypatch, rows, gone=(), guessed=()):
    """What comes of rows, where the picture of stamp s is s everywhere."""

    def read_pictures(path, kind, stamps):
        assert list(stamps) == sorted(set(stamps))
        for stamp in stamps:
            whole = stamp not in gone and stamp not in guessed
            yield stamp, None if stamp in gone else np.full((4, 6, 3), stamp, np.uint8), whole

    monkeypatch.setattr(pictures, "read_pictures", read_pictures)
    return [(row.number, int(picture[0, 0, 0]), damaged) for row, picture, damaged in pictures_of(rows, (6, 4))]


def rows_of(*stamps):
    return [Row(number, CLIP, "file", stamp) for number, stamp in enumerate(stamps)]


def test_no_rows(monkeypatch):
    assert shown(monkeypatch, []) == []


def test_a_picture_that_is_held_is_several_frames(monkeypatch):
    assert shown(monkeypatch, rows_of(3, 5, 5, 5, 9)) == [(0, 3, 0), (1, 5, 0), (2, 5, 0), (3, 5, 0), (4, 9, 0)]


def test_what_is_gone_or_guessed_repeats_the_one_before(monkeypatch):
    found = shown(monkeypatch, rows_of(1, 2, 2, 3, 4, 5), gone=[2], guessed=[4])
    assert found == [(0, 1, False), (1, 1, True), (2, 1, True), (3, 3, False), (4, 3, True), (5, 5, False)]


def test_at_the_start_it_is_the_first_that_there_is(monkeypatch):
    assert shown(monkeypatch, rows_of(1, 2, 3), gone=[1], guessed=[2]) == [(0, 3, True), (1, 3, True), (2, 3, False)]


def test_where_there_is_none_it_is_black(monkeypatch):
    assert shown(monkeypatch, rows_of(1, 2), gone=[1, 2]) == [(0, 0, True), (1, 0, True)]


def test_one_file_goes_on_with_another(monkeypatch):
    rows = [*rows_of(7, 8), Row(2, Path("other"), "file", 1), Row(3, Path("other"), "file", 2)]
    assert shown(monkeypatch, rows, gone=[1]) == [(0, 7, False), (1, 8, False), (2, 8, True), (3, 2, False)]


def drawn(width=64, height=48):
    down, across = np.mgrid[:height, :width]
    return np.stack([2 * across, 255 - 3 * down, 60 + across + down], axis=2).astype(np.uint8)


@pytest.mark.parametrize("form", ["yuv420p", "yuvj420p", "nv12", "yuv444p", "gray", "rgb24", "yuv420p10le"])
@pytest.mark.parametrize("size", [(64, 48), (62, 46)])
def test_the_light_of_a_picture(form, size):
    picture = drawn(*size)
    frame = av.VideoFrame.from_ndarray(picture, "bgr24").reformat(format=form)
    found, expected = luma(frame), cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    assert found.shape == expected.shape == luma(picture).shape
    # A video's light may go from 16 to 235.
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.99


@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize("form", ["yuv420p", "yuv444p", None])
def test_a_frame_of_the_size_that_is_kept(form, grey):
    picture = drawn()
    source = av.VideoFrame.from_ndarray(picture, "bgr24").reformat(format=form) if form else picture
    for size in ((64, 48), (32, 24)):
        expected = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        expected = cv2.cvtColor(expected, cv2.COLOR_BGR2GRAY) if grey else expected
        frame = converted(source, size, grey)
        assert frame.dtype == np.uint8 and frame.shape == expected.shape
        assert np.abs(frame.astype(int) - expected).mean() < 4


def test_only_very_large_pictures_shrink_while_they_wait(monkeypatch):
    frame = av.VideoFrame.from_ndarray(drawn(), "bgr24").reformat(format="yuv420p")
    assert waiting(frame, (32, 24)) is frame
    monkeypatch.setattr(pictures, "LARGE", 64 * 48 - 1)
    small = waiting(frame, (32, 24))
    assert (small.width, small.height, small.format.name) == (32, 24, "yuv420p")
    array = drawn()
    assert waiting(array, (32, 24)) is array
