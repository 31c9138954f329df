"""Events and alarms against walking through the frames at every threshold."""

import math
from itertools import groupby

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.common.metrics.incidents import alarm_curve, counts_at, events, threshold_for

clips = st.lists(st.lists(st.tuples(st.booleans(), st.integers(0, 4)), max_size=12), max_size=4)


def columns(clips):
    rows = [(label, score, f"clip {number}") for number, clip in enumerate(clips) for label, score in clip]
    labels, scores, videos = zip(*rows, strict=True) if rows else ((), (), ())
    return np.array(labels, bool), np.array(scores, float), np.array(videos, str)


def slow_counts(clips, threshold):
    false = found = 0
    for clip in clips:
        for above, frames in groupby(clip, lambda frame: frame[1] >= threshold):
            false += above and not any(label for label, _ in frames)
        for label, frames in groupby(clip, lambda frame: frame[0]):
            found += label and any(score >= threshold for _, score in frames)
    return false, found


@given(clips)
def test_counts_are_those_of_walking_through_the_frames(clips):
    curve = alarm_curve(*columns(clips))
    assert curve.thresholds.tolist() == sorted({float(score) for clip in clips for _, score in clip}, reverse=True)
    for threshold, *counts in zip(*curve, strict=True):
        assert tuple(counts) == slow_counts(clips, threshold)
    for threshold in (-1, 0.5, 1, 2.5, 4, 9):
        assert counts_at(curve, threshold) == slow_counts(clips, threshold)


@given(clips, st.floats(0, 5))
def test_a_threshold_and_all_above_it_give_no_more_false_alarms_than_allowed(clips, allowed):
    curve = alarm_curve(*columns(clips))
    threshold = threshold_for(curve, allowed)
    for higher in (threshold, *curve.thresholds[curve.thresholds >= threshold]):
        assert slow_counts(clips, higher)[0] <= allowed
    lower = curve.thresholds[curve.thresholds < threshold]
    if len(lower):
        assert slow_counts(clips, lower[0])[0] > allowed


@given(clips)
def test_only_the_order_of_scores_counts(clips):
    labels, scores, videos = columns(clips)
    curve, rescaled = alarm_curve(labels, scores, videos), alarm_curve(labels, np.exp(scores) - 40, videos)
    assert all((a == b).all() for a, b in zip(curve[1:], rescaled[1:], strict=True))


def test_nothing_at_all():
    curve = alarm_curve([], [], [])
    assert all(len(column) == 0 for column in curve)
    assert threshold_for(curve, 0) == math.inf and counts_at(curve, math.inf) == (0, 0)
    assert events([], []).shape == (0, 2)


def test_events_end_where_their_video_does():
    assert events([1, 1, 1, 0, 1], list("aabbb")).tolist() == [[0, 1], [2, 2], [4, 4]]


def test_a_perfect_scorer_finds_every_event_without_a_false_alarm():
    labels = np.array([0, 1, 1, 0, 0, 1, 0, 0, 1])
    curve = alarm_curve(labels, labels, ["a"] * 9)
    assert counts_at(curve, threshold_for(curve, 0)) == (0, 3)


def test_an_alarm_that_runs_into_an_event_is_not_false_and_one_beside_it_is():
    labels, scores = [0, 0, 0, 1, 1, 0, 0], [0, 2, 2, 2, 0, 0, 2]
    assert counts_at(alarm_curve(labels, scores, ["a"] * 7), 1) == (1, 1)
    assert counts_at(alarm_curve(labels, scores, list("aaabbbb")), 1) == (2, 1)  # another video began


def test_all_normal_footage_has_false_alarms_only():
    curve = alarm_curve(np.zeros(5), [1, 0, 3, 0, 2], ["a"] * 5)
    assert curve.thresholds.tolist() == [3, 2, 1, 0] and curve.false_alarms.tolist() == [1, 2, 3, 1]
    assert threshold_for(curve, 2) == np.nextafter(1, 2) and threshold_for(curve, 0.5) == np.nextafter(3, 4)


@pytest.mark.parametrize(
    "labels, scores, videos, message",
    [
        ([0], [1, 2], ["a"], "expected one shape"),
        ([0, 0], [1, math.nan], ["a", "a"], "scores: expected finite numbers, got nan"),
        ([0, 0, 0], [1, 2, 3], ["a", "b", "a"], "videos: expected the frames of each video one after the other"),
    ],
)
def test_what_cannot_be_meant_is_refused(labels, scores, videos, message):
    with pytest.raises(ValueError, match=message):
        alarm_curve(labels, scores, videos)
