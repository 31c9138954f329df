"""The small pictures of an event."""

import numpy as np
import pytest
from helpers import store_frames

from stages.common.drawing.boxes import ALARM
from stages.common.frames.store import open_frames
from stages.report.stills import scene, strip


@pytest.mark.parametrize("height, width, scale", [(45, 80, 4.0), (1080, 640, 0.5)])
def test_a_scene_is_the_whole_frame_with_the_object_boxed(height, width, scale):
    frame = np.full((height, width), 90, np.uint8)
    box = np.array([20, 10, 40, 30])
    picture = scene(frame, box)
    assert picture.shape == (round(height * scale), 320, 3)
    red = (np.abs(picture.astype(int) - ALARM) < 60).all(axis=2)
    rows, columns = np.nonzero(red)
    assert abs(columns.min() - scale * 20) <= 4 and abs(columns.max() - scale * 40) <= 4
    assert abs(rows.min() - scale * 10) <= 4 and abs(rows.max() - scale * 30) <= 4


def test_a_strip_shows_the_same_place_in_each_of_its_moments(tmp_path):
    frames = np.zeros((9, 40, 60), np.uint8)
    frames[4, 10:30, 20:30] = 255
    frames = open_frames(store_frames(tmp_path / "frames", a=frames), "a")
    pictures = np.split(strip(frames, 4, np.array([20, 10, 30, 30]), 2, count=5, side=60), 5, axis=1)
    lit = [int(picture[20:40, 25:35].mean()) for picture in pictures]
    assert lit == [0, 0, 255, 0, 0]
    assert strip(frames, 0, np.array([-5, -5, 3, 3]), 4).shape == (88, 440, 3)


@pytest.mark.parametrize(
    "live, shown", [([(0, 20)], [4, 7, 10, 13, 16]), ([(0, 4), (6, 12), (14, 20)], [6, 7, 10, 11, 11])]
)
def test_a_strip_goes_from_earlier_to_later_and_repeats_the_ends_of_its_live_stretch(tmp_path, live, shown):
    frames = np.arange(20, dtype=np.uint8)[:, None, None].repeat(30, 1).repeat(30, 2)
    frames = open_frames(store_frames(tmp_path / "frames", {"a": live}, a=frames), "a")
    pictures = np.split(strip(frames, 10, np.array([5, 5, 15, 15]), 3), 5, axis=1)
    assert [int(picture[44, 44, 0]) for picture in pictures] == shown
