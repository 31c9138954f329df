"""Boxes on frames: where they are drawn, in which colours."""

import math

import numpy as np
import pandas as pd
import pytest

from stages.common.drawing.boxes import (
    ALARM,
    NORMAL,
    TRUTH,
    WARM,
    outline,
    resized,
    scale_for,
    score_colour,
    scored_frame,
)
from stages.common.tables.schemas import BOX

OBJECT = pd.DataFrame([[20.0, 15.0, 50.0, 45.0, 5.0]], columns=[*BOX, "score"])


def drawn(picture: np.ndarray, colour: tuple[int, int, int]) -> set[tuple[int, int]]:
    """Places (row, column) of the pixels of about a colour: edges are smooth."""
    alike = (np.abs(picture.astype(int) - colour) < 30).all(axis=2)
    return set(zip(*map(np.ndarray.tolist, np.nonzero(alike)), strict=True))


def test_an_outline_is_the_edge_of_the_box_enlarged_with_the_frame_and_a_margin_around_it():
    picture = np.zeros((40, 60, 3), np.uint8)
    outline(picture, (5, 3, 20, 12), 2.0, (0, 0, 255), margin=1)
    edge = {(row, column) for row in range(5, 26) for column in (9, 41)}
    edge |= {(row, column) for row in (5, 25) for column in range(9, 42)}
    # Its very corners are rounded.
    assert drawn(picture, (0, 0, 255)) == edge - {(5, 9), (5, 41), (25, 9), (25, 41)}


@pytest.mark.parametrize("shape", [(10, 20), (10, 20, 3)])
def test_a_frame_is_resized_in_colour(shape):
    frame = np.zeros(shape, np.uint8)
    frame[:, 10:] = 200
    for scale in (0.5, 1, 3):
        picture = resized(frame, scale)
        height, width = round(10 * scale), round(20 * scale)
        assert picture.shape == (height, width, 3) and picture.dtype == np.uint8
        assert picture[height // 2, width // 4].tolist() == [0, 0, 0]
        assert picture[height // 2, width * 3 // 4].tolist() == [200, 200, 200]
    assert resized(frame, 0.01, smallest=4).shape == (4, 4, 3)


def test_a_score_goes_from_the_usual_one_to_amber_and_is_red_from_the_threshold_on():
    assert score_colour(-1.0, 0.0, 4.0) == score_colour(0.0, 0.0, 4.0) == NORMAL
    between = tuple((cold + warm) / 2 for cold, warm in zip(NORMAL, WARM, strict=True))
    assert score_colour(2.0, 0.0, 4.0) == pytest.approx(between, abs=0.6)
    assert score_colour(3.9999, 0.0, 4.0) == WARM and score_colour(4.0, 0.0, 4.0) == ALARM
    assert score_colour(9.0, 0.0, math.inf) == NORMAL


def test_a_scored_frame_has_its_objects_and_what_is_labelled_where_they_are():
    frame = np.full((60, 80, 3), 128, np.uint8)
    for score, colour in ((2.9, score_colour(2.9, 0.0, 3.0)), (3.0, ALARM)):
        picture = scored_frame(frame, OBJECT.assign(score=score), OBJECT, 0.0, 3.0)
        assert picture.shape == (540, 720, 3)
        # On the left edges of both, half way down: 9 pixels of the picture are one of the frame.
        assert (270, 180) in drawn(picture, colour) and (270, 176) in drawn(picture, TRUTH)
        assert picture[270, 172].tolist() == picture[270, 315].tolist() == [128, 128, 128]
        assert bool(drawn(picture, ALARM)) == (colour == ALARM)
    assert not drawn(scored_frame(frame, OBJECT, OBJECT[:0], 0.0, 3.0), TRUTH)
    assert (scored_frame(frame, OBJECT[:0], OBJECT[:0], 0.0, 3.0) == 128).all()


@pytest.mark.parametrize("score", [3.0, 5.0])
def test_the_score_of_what_is_unusual_stands_on_its_box(score):
    frame = np.full((60, 80, 3), 128, np.uint8)
    picture = scored_frame(frame, OBJECT.assign(score=score), OBJECT[:0], 0.0, 3.0)
    patch = picture[118:134, 181:200]
    assert (patch == ALARM).all(axis=2).mean() > 0.5 and (patch > 200).all(axis=2).any()
    # At the upper edge there is no room above the box.
    high = scored_frame(frame, OBJECT.assign(y1=0.0), OBJECT[:0], 0.0, 3.0)
    assert (high[1:14, 181:200] == ALARM).all(axis=2).mean() > 0.5


def test_the_highest_score_is_drawn_last():
    both = pd.concat([OBJECT, OBJECT.assign(score=1.0)])
    picture = scored_frame(np.full((60, 80), 128, np.uint8), both, OBJECT[:0], 0.0, 3.0)
    assert (270, 180) in drawn(picture, ALARM)


@pytest.mark.parametrize(
    "height, width", [(1, 1), (30, 40), (240, 360), (576, 768), (720, 1280), (2160, 3840), (1920, 1080)]
)
def test_scored_frames_are_about_as_large_as_a_page(height, width):
    scale = scale_for(height, width)
    assert width * scale <= 900 and height * scale <= 1200
    assert width * scale >= 600 or height * scale >= 1000
