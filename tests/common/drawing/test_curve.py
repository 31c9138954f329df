"""Scores over time as curves: what is high is drawn high, at its time."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.common.drawing.boxes import ALARM
from stages.common.drawing.curve import HEIGHT, LINE, PAPER, SHADE, SIDE, Curve, score_range, shares, thin

WIDTH = 220
# Two seconds, of which the second frame lasts one.
SECONDS = np.array([0.0, 0.5, 1.5, 2.0])


def curve(scores=(0.0, 10.0, 0.0), anomalous=(False, True, False), threshold=math.inf) -> Curve:
    return Curve(np.array(scores), np.array(anomalous), SECONDS, (0.0, 10.0), threshold, WIDTH)


def rows(picture: np.ndarray, column: int, colour: tuple[int, int, int]) -> list[int]:
    return np.flatnonzero((picture[:, column] == colour).all(axis=1)).tolist()


def test_what_is_labelled_is_shaded_and_nothing_else():
    paper = curve((0.0, 0.0, 0.0)).paper
    shaded = (paper[20] == SHADE).all(axis=1)
    # The second frame is from a quarter to three quarters of the width between the sides.
    assert np.flatnonzero(shaded).tolist() == list(range(SIDE + 50, SIDE + 151))
    assert (paper[20][~shaded] == PAPER).all()
    assert not (curve(anomalous=(False, False, False)).paper == SHADE).all(axis=2).any()


def test_a_higher_score_is_drawn_higher():
    paper = curve((10.0, 10.0, 0.0), (False, False, False)).paper
    top, bottom = 12, HEIGHT - 20
    assert (paper[top, SIDE + 20] == LINE).all() and (paper[bottom, SIDE + 20] != LINE).any()
    low = curve((0.0, 0.0, 0.0), (False, False, False)).paper
    assert (low[bottom, SIDE + 20] == LINE).all() and (low[top, SIDE + 20] == PAPER).all()


@pytest.mark.parametrize("threshold, row", [(0.0, HEIGHT - 20), (10.0, 12), (7.5, 28)])
def test_the_threshold_is_dashed_at_its_height(threshold, row):
    paper = curve((5.0, 5.0, 5.0), (False, False, False), threshold).paper
    assert rows(paper, SIDE, ALARM) == [row]
    assert 0.4 < (paper[row, SIDE : WIDTH - SIDE] == ALARM).all(axis=1).mean() < 0.7
    assert not (curve(threshold=math.inf).paper == ALARM).all(axis=2).any()


def test_the_cursor_is_at_its_frame():
    for frame, x in enumerate((SIDE, SIDE + 50, SIDE + 150)):
        changed = (curve().at(frame)[:70] != curve().paper[:70]).any(axis=2).any(axis=0)
        assert abs(np.flatnonzero(changed).mean() - x) <= 1
    shown = curve()
    assert (shown.at(0)[HEIGHT - 15 :] != shown.at(1)[HEIGHT - 15 :]).any()


@given(
    st.lists(st.integers(-5, 5), min_size=1, max_size=60),
    st.integers(1, 40),
    st.lists(st.sampled_from([0.1, 0.25, 2.0]), min_size=60, max_size=60),
)
def test_thinned_scores_keep_what_is_high_and_make_nothing_up(scores, places, lengths):
    scores, seconds = np.array(scores, float), np.append(0.0, np.cumsum(lengths[: len(scores)]))
    thinned = thin(scores, seconds, places)
    assert len(thinned) == min(places, len(scores)) and set(thinned) <= set(scores)
    assert thinned.max() == scores.max()
    edges = np.linspace(seconds[0], seconds[-1], len(thinned) + 1)
    for value, begin, end in zip(thinned, edges, edges[1:], strict=False):
        shown = (seconds[1:] > begin + 1e-6) & (seconds[:-1] < end - 1e-6)
        assert value == scores[shown].max()


def test_shares_are_of_the_range_and_within_it():
    assert shares(np.array([-9.0, 1.0, 2.0, 3.0, 9.0]), (1.0, 3.0)).tolist() == [0, 0, 0.5, 1, 1]
    assert shares(2.0, (2.0, 2.0)) == 0


def test_the_range_has_room_for_scores_and_threshold():
    assert score_range(np.array([]), math.inf) == pytest.approx((0, 1.05))
    low, high = score_range(np.array([-1.0, 2.0]), 4.0)
    assert low == -1 and high > 4
    low, high = score_range(np.array([3.0]), math.inf)
    assert low == 3 and high > 3
