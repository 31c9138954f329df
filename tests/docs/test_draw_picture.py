"""The README's picture: a frame of a clip of the report, whatever the frame."""

from contextlib import chdir
from pathlib import Path

import cv2
from small_set import write_set

from docs.draw_picture import main
from stages.common.drawing.boxes import ALARM
from stages.common.drawing.curve import HEIGHT


def test_it_shows_the_frame_that_is_asked_for(tmp_path):
    with chdir(tmp_path):
        write_set(Path())
        for frame in (5, 30):
            main("small", "day_1", frame, f"{frame}.png")
        quiet, event = (cv2.imread(f"{frame}.png") for frame in (5, 30))
    assert quiet.shape == event.shape and quiet.shape[0] > 500
    assert not (quiet[:-HEIGHT] == ALARM).all(axis=2).any() and (event[:-HEIGHT] == ALARM).all(axis=2).any()
