import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stages.fuse import smoothing
from stages.fuse.smoothing import CELL, fill_frames, frame_maxima, object_map_maxima, smooth_frames, smooth_track

NAN = float("nan")
values = st.floats(-100, 100, width=16)
sigmas = st.just(0.0) | st.floats(0.05, 12)


def whole(*spans):
    """Stretches of which all is live."""
    return [(*span, *span) for span in spans]


def test_nothing_in_nothing_out():
    none = np.zeros(0)
    assert smooth_track(np.zeros(0, int), none, 2.0).tolist() == []
    assert frame_maxima(np.zeros(0, int), none, 0).tolist() == []
    assert np.isnan(frame_maxima(np.zeros(0, int), none, 3)).all()
    for side in (1, 3):
        maxima = object_map_maxima(np.zeros(0, int), np.zeros((0, 4)), none, (3, 20, 30), side, 0.0)
        assert maxima.shape == (3,) and np.isnan(maxima).all()
    assert fill_frames(none, 3, 1.0, np.zeros(0, int), np.zeros((0, 4), int)).tolist() == []
    assert smooth_frames(none, 0.0).tolist() == []


# Along tracks


@st.composite
def tracks(draw):
    frames = np.array(sorted(draw(st.sets(st.integers(0, 40), min_size=1, max_size=15))), int)
    return frames, draw(arrays(float, len(frames), elements=values))


def slow_track(frames, scores, sigma):
    """Each box's mean over the boxes of the track, by the bell curve of their distance, cut off at 4 sigma."""
    reach, smoothed = int(4 * sigma + 0.5), []
    for here in frames:
        near = [
            (math.exp(-0.5 * ((t - here) / sigma) ** 2), s)
            for t, s in zip(frames, scores, strict=True)
            if abs(t - here) <= reach
        ]
        smoothed.append(sum(weight * score for weight, score in near) / sum(weight for weight, _ in near))
    return np.array(smoothed)


@given(tracks(), st.floats(0.3, 6))
def test_a_track_is_smoothed_as_by_its_slow_form_gaps_and_ends_included(track, sigma):
    frames, scores = track
    np.testing.assert_allclose(smooth_track(frames, scores, sigma), slow_track(frames, scores, sigma), atol=1e-7)


@given(tracks(), values, st.floats(0.3, 6))
def test_a_track_of_one_score_keeps_it(track, score, sigma):
    frames = track[0]
    np.testing.assert_allclose(smooth_track(frames, np.full(len(frames), score), sigma), score, atol=1e-7)


@given(tracks())
def test_without_a_sigma_a_track_stays_as_it_is(track):
    np.testing.assert_array_equal(smooth_track(*track, 0.0), track[1])


def test_smoothing_a_track_spreads_a_peak_evenly_to_both_sides():
    smoothed = smooth_track(np.arange(10, 21), np.eye(11)[5], 1.5)
    assert smoothed.argmax() == 5 and smoothed[5] < 0.5
    np.testing.assert_allclose(smoothed[:5], smoothed[:5:-1], rtol=0.05)


def test_boxes_with_a_gap_between_them_wider_than_the_bell_keep_their_scores():
    np.testing.assert_allclose(smooth_track(np.array([0, 30]), np.array([1.0, 2.0]), 1.0), [1, 2])


# Frames


def test_a_frame_has_the_highest_score_of_its_objects():
    maxima = frame_maxima(np.array([3, 1, 3, 1]), np.array([-5.0, 2.0, -7.0, 9.0]), 5)
    np.testing.assert_array_equal(maxima, [NAN, 9, NAN, -5, NAN])


def slow_map_maxima(frames, boxes, scores, shape, side, level):
    """The object map place by place, and the mean over the cube around each place, edges repeated."""
    length, height, width = shape
    rows, columns = math.ceil(height / CELL), math.ceil(width / CELL)
    places = np.full((length, rows, columns), NAN)
    for frame, (x1, y1, x2, y2), score in zip(frames, boxes, scores, strict=True):
        for row in range(rows):
            for column in range(columns):
                across = column * CELL < x2 and (column + 1) * CELL > x1
                down = row * CELL < y2 and (row + 1) * CELL > y1
                if across and down:
                    places[frame, row, column] = np.nanmax([places[frame, row, column], score])
    filled = np.where(np.isnan(places), level, places)
    half = side // 2
    padded = np.pad(filled, half, mode="edge")
    maxima = []
    for frame in range(length):
        means = [
            padded[frame : frame + side, row : row + side, column : column + side].mean()
            for row in range(rows)
            for column in range(columns)
        ]
        maxima.append(max(means) if frame in frames else NAN)
    return np.array(maxima)


@st.composite
def scenes(draw, least=-20):
    count = draw(st.integers(1, 6))
    length, height, width = draw(st.tuples(st.integers(1, 12), st.integers(5, 50), st.integers(5, 50)))
    frames = np.array(draw(st.lists(st.integers(0, length - 1), min_size=count, max_size=count)), int)
    boxes = []
    for _ in range(count):
        x1, y1 = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
        boxes.append([x1, y1, draw(st.integers(x1 + 1, width)), draw(st.integers(y1 + 1, height))])
    scores = np.array(draw(st.lists(st.integers(least, 20), min_size=count, max_size=count)), float)
    return frames, np.array(boxes, np.float32), scores, (length, height, width)


@given(scenes(), st.integers(1, 6), st.integers(-5, 5), st.integers(1, 13))
def test_the_object_map_is_that_of_the_whole_clip_whatever_the_stretches_and_the_filter(scene, side, level, stretch):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(smoothing, "STRETCH", stretch)
        found = object_map_maxima(*scene, side, level)
    np.testing.assert_allclose(found, slow_map_maxima(*scene, side, level), atol=1e-4)


def test_the_map_of_a_long_clip_takes_no_more_memory_than_that_of_a_stretch():
    peaks = []
    for stretches in (2, 8):
        length = stretches * smoothing.STRETCH
        frames = np.arange(0, length, 100)
        boxes = np.tile([[100, 100, 130, 170]], (len(frames), 1)).astype(np.float32)
        tracemalloc.start()
        found = object_map_maxima(frames, boxes, np.ones(len(frames)), (length, 480, 640), 3, 0.0)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert np.isfinite(found).sum() == len(frames)
    assert peaks[1] < 1.1 * peaks[0]


@given(scenes(least=0))
def test_an_unfiltered_map_has_the_frames_maxima_where_these_reach_the_level(scene):
    frames, _, scores, shape = scene
    np.testing.assert_allclose(object_map_maxima(*scene, 1, 0.0), frame_maxima(frames, scores, shape[0]))


def test_what_is_alone_in_the_map_counts_less_after_filtering_than_what_fills_it():
    frames, level = np.array([2]), 0.0
    small, large = np.array([[10, 10, 20, 20]], np.float32), np.array([[0, 0, 50, 40]], np.float32)
    small_score, large_score = (
        object_map_maxima(frames, boxes, np.array([9.0]), (5, 40, 50), 3, level)[2] for boxes in (small, large)
    )
    assert small_score == pytest.approx(9 / 27) and large_score == pytest.approx(9 / 3)


def test_empty_frames_are_at_the_level_and_a_clips_ends_take_the_nearest_scored_frame():
    scores = np.array([NAN, NAN, 5, NAN, 7, NAN, NAN])
    assert fill_frames(scores, 2, 1.0, np.arange(7), whole(*[(0, len(scores))])).tolist() == [5, 5, 5, 1, 7, 7, 7]
    assert fill_frames(scores, 0, 1.0, np.arange(7), whole(*[(0, len(scores))])).tolist() == [1, 1, 5, 1, 7, 1, 1]


def test_ends_take_the_value_of_the_nearest_frame_that_was_searched():
    scores = np.array([NAN, NAN, NAN, NAN, 5, 6, 7, NAN, NAN, NAN])
    assert fill_frames(scores, 3, 1.0, np.arange(0, 10, 2), whole(*[(0, 10)])).tolist() == [
        5,
        5,
        5,
        5,
        5,
        6,
        7,
        7,
        7,
        7,
    ]
    assert fill_frames(scores, 3, 1.0, np.arange(0, 10, 3), whole(*[(0, 10)])).tolist() == [
        1,
        1,
        1,
        1,
        5,
        6,
        7,
        7,
        7,
        7,
    ]
    assert fill_frames(scores, 3, 1.0, np.array([0]), whole(*[(0, 10)])).tolist() == [1, 1, 1, 1, 5, 6, 7, 1, 1, 1]


def test_the_ends_of_each_live_stretch_take_the_nearest_scored_frame_of_it():
    scores = np.array([NAN, NAN, 5, NAN, NAN, NAN, NAN, NAN, 7, 8, NAN, NAN])
    filled = fill_frames(scores, 2, 1.0, np.arange(12), whole(*[(0, 5), (6, 12)]))
    assert filled.tolist() == [5, 5, 5, 5, 5, 1, 7, 7, 7, 8, 8, 8]


def test_the_margins_of_a_live_stretch_are_as_normal_as_can_be():
    scores = np.array([NAN, NAN, NAN, NAN, 5, NAN, 7, NAN, NAN, NAN])
    assert fill_frames(scores, 1, 1.0, np.array([4, 6]), [(3, 8, 0, 10)]).tolist() == [1, 1, 1, 5, 5, 1, 7, 7, 1, 1]
    # In the first and the last frame of what is kept no object is scored, live or not.
    assert fill_frames(scores, 1, 1.0, np.arange(3, 8), [(3, 8, 3, 8)]).tolist() == [1, 1, 1, 5, 5, 1, 7, 7, 1, 1]


@given(
    arrays(float, 24, elements=values),
    st.integers(0, 4),
    st.lists(st.integers(0, 24), min_size=2, max_size=6, unique=True).map(sorted),
    st.sets(st.integers(0, 23)),
)
def test_each_live_stretch_is_filled_as_if_it_were_a_clip_of_its_own(scores, margin, ends, searched):
    scores[::3] = NAN
    searched, spans = np.array(sorted(searched), int), list(zip(ends[::2], ends[1::2], strict=False))
    filled = fill_frames(scores, margin, 0.5, searched, whole(*spans))
    expected = np.where(np.isnan(scores), 0.5, scores)
    for first, stop in spans:
        own = searched[(searched >= first) & (searched < stop)] - first
        expected[first:stop] = fill_frames(scores[first:stop], margin, 0.5, own, whole(*[(0, stop - first)]))
    np.testing.assert_array_equal(filled, expected)


def test_one_object_does_not_spread_over_the_frames_that_were_searched_and_are_empty():
    scores = np.full(100, NAN)
    scores[37] = 9
    assert np.flatnonzero(
        fill_frames(scores, 3, 1.0, np.arange(1, 100, 2), whole(*[(0, len(scores))])) == 9
    ).tolist() == [37]


def test_a_clip_without_objects_is_at_the_level_throughout():
    assert fill_frames(np.full(9, NAN), 3, 0.4, np.arange(9), whole(*[(0, 9)])).tolist() == [0.4] * 9


@given(arrays(float, st.integers(1, 12), elements=values), st.integers(0, 8), values, st.sets(st.integers(0, 11)))
def test_filling_keeps_the_length_leaves_no_gap_and_invents_no_score(scores, margin, level, searched):
    scores[::3] = NAN
    searched = np.array(sorted(frame for frame in searched if frame < len(scores)), int)
    filled = fill_frames(scores, margin, level, searched, whole(*[(0, len(scores))]))
    assert len(filled) == len(scores)
    assert set(filled.tolist()) <= {*scores[~np.isnan(scores)].tolist(), level}
    inside = searched[(searched >= margin) & (searched < len(scores) - margin)]
    if len(inside):
        between = slice(inside[0], inside[-1] + 1)
        np.testing.assert_array_equal(filled[between], np.where(np.isnan(scores), level, scores)[between])


@given(arrays(float, st.integers(1, 50), elements=values), sigmas)
def test_smoothed_frames_are_as_many_and_never_beyond_the_scores(scores, sigma):
    smoothed = smooth_frames(scores, sigma)
    assert len(smoothed) == len(scores)
    assert smoothed.min() >= scores.min() - 1e-9 and smoothed.max() <= scores.max() + 1e-9


@given(st.integers(1, 50), values, sigmas)
def test_a_constant_clip_stays_constant(length, score, sigma):
    np.testing.assert_allclose(smooth_frames(np.full(length, score), sigma), score, atol=1e-9)


def test_frames_are_smoothed_by_a_symmetric_bell_and_not_at_all_by_none():
    peak = np.eye(41)[20]
    smoothed = smooth_frames(peak, 3.0)
    np.testing.assert_allclose(smoothed, smoothed[::-1], atol=1e-12)
    assert smoothed.sum() == pytest.approx(1) and smoothed[20] == pytest.approx(1 / (3 * math.sqrt(2 * math.pi)), 1e-3)
    np.testing.assert_array_equal(smooth_frames(peak, 0.0), peak)
