"""Where on a timeline things are drawn: what is high is high up, and nothing that is short is lost."""

import numpy as np
import pytest

from stages.report.geometry import HEIGHT, NARROWEST, PLACES, heights, level, strokes


def test_a_higher_score_is_nearer_to_the_top():
    assert heights(np.array([0.0, 5.0, 10.0]), np.arange(4.0), (0.0, 10.0)) == [HEIGHT, HEIGHT // 2, 0]
    assert level(10.0, (0.0, 10.0)) == 0 and level(2.5, (0.0, 10.0)) == 150


def test_a_long_video_has_its_places_and_keeps_its_highest_score():
    scores = np.ones(50_000)
    scores[12_345] = 9.0
    drawn = heights(scores, np.arange(50_001) / 25, (1.0, 9.0))
    assert len(drawn) == PLACES
    assert drawn.index(0) == int(12_345 / 50_000 * PLACES) and drawn.count(HEIGHT) == PLACES - 1


def test_strokes_are_where_their_frames_are_shown():
    # Three frames, of which the second lasts half of the time.
    seconds = np.array([5.0, 6.0, 8.0, 9.0])
    assert strokes([(0, 0), (1, 2)], seconds, 200) == [(0.0, 50.0), (50.0, 150.0)]
    assert strokes([], seconds, 200) == []


def test_what_would_be_drawn_one_over_the_other_is_one_stroke():
    seconds = np.arange(1001.0)
    assert strokes([(0, 9), (0, 4), (8, 20), (500, 500), (501, 501)], seconds, 100) == [(0.0, 2.1), (50.0, 0.4)]


def test_a_moment_of_a_day_is_still_seen():
    ((left, width),) = strokes([(43_200, 43_200)], np.arange(86_401.0), 240)
    assert left == pytest.approx(120, abs=0.1) and width == pytest.approx(240 * NARROWEST)
