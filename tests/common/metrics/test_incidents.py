"""Incidents and alarms against walking through the frames at every threshold."""

import math
from itertools import groupby

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.common.metrics.incidents import (
    alarm_curve,
    alarms,
    counts_at,
    hours_of,
    incidents,
    joined,
    stretch_counts,
    stretch_numbers,
    stretches,
    threshold_for,
)

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


@given(st.lists(st.booleans(), max_size=30))
def test_stretches_are_of_true_values_alone_and_hold_all_of_them(marked):
    found = stretches(marked)
    assert all(all(marked[first : last + 1]) for first, last in found)
    assert sum(last - first + 1 for first, last in found) == sum(marked)
    assert all(later[0] > earlier[1] + 1 for earlier, later in zip(found, found[1:], strict=False))


@given(clips, st.sets(st.integers(0, 47)), st.integers(-1, 5))
def test_stretches_that_hold_a_place_are_counted(clips, places, threshold):
    _, scores, videos = columns(clips)
    places = np.array(sorted(place for place in places if place < len(scores)), int)
    holding = [any(a <= place <= b for place in places) for a, b in alarms(scores, videos, threshold)]
    assert stretch_counts(scores, videos, places, np.array([threshold])).tolist() == [sum(holding)]


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


def slow_alarms(clip, threshold, join):
    """First and last frame of each alarm of a clip, which is a list of (seconds, label, score)."""
    found = []
    for place, (begins, _, score) in enumerate(clip):
        if score < threshold:
            continue
        if found and (place == found[-1][1] + 1 or begins - clip[found[-1][1] + 1][0] < join):
            found[-1][1] = place
        else:
            found.append([place, place])
    return found


timed = st.lists(
    st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.integers(0, 4)), max_size=14).map(
        lambda clip: [(sum(step for step, *_ in clip[: place + 1]), *rest) for place, (_, *rest) in enumerate(clip)]
    ),
    max_size=3,
)


@given(timed, st.integers(0, 8))
def test_stretches_of_joined_scores_are_the_joined_alarms(clips, join):
    """At every threshold, whether frames come at even times or not; and so are the counts of their curve."""
    seconds = [begins for clip in clips for begins, _, _ in clip]
    labels, scores, videos = columns([[frame[1:] for frame in clip] for clip in clips])
    found = joined(scores, videos, seconds, join)
    curve = alarm_curve(labels, found, videos)
    for threshold in (-1, 0, 1, 2, 3, 4, 5):
        expected, start, false, reached = [], 0, 0, set()
        for clip in clips:
            for first, last in slow_alarms(clip, threshold, join):
                expected.append([start + first, start + last])
                false += not any(label for _, label, _ in clip[first : last + 1])
                reached |= {place + start for place in range(first, last + 1)}
            start += len(clip)
        assert alarms(found, videos, threshold).tolist() == expected
        hit = sum(any(place in reached for place in range(a, b + 1)) for a, b in incidents(labels, videos))
        assert counts_at(curve, threshold) == (false, hit)


# Of recorded frames: how many numbers after the one before, label, score.
gapped = st.lists(
    st.lists(st.tuples(st.sampled_from([1, 1, 1, 2, 5]), st.booleans(), st.integers(0, 4)), max_size=14), max_size=3
)


@given(gapped, st.integers(0, 8))
def test_alarms_and_incidents_end_where_frames_were_not_recorded(clips, join):
    """As if what follows were another clip, at every threshold, however long alarms are joined."""
    rows, parts = [], []
    for number, clip in enumerate(clips):
        frame = 0
        for place, (step, label, score) in enumerate(clip):
            frame += step
            if place == 0 or step > 1:
                parts.append([])
            parts[-1].append((frame, label, score))
            rows.append((f"clip {number}", frame, label, score))
    videos, frames, labels, scores = (np.array(column) for column in (zip(*rows, strict=True) if rows else [()] * 4))
    stretch = stretch_numbers(videos, frames)
    assert stretch.tolist() == [number for number, part in enumerate(parts) for _ in part]
    found = joined(scores.astype(float), stretch, frames.astype(float), join)
    starts = np.cumsum([0, *map(len, parts)])
    for threshold in (0, 1, 2, 3, 4, 5):
        expected = [
            [start + first, start + last]
            for start, part in zip(starts, parts, strict=False)
            for first, last in slow_alarms(part, threshold, join)
        ]
        assert alarms(found, stretch, threshold).tolist() == expected
    labelled = [
        [start + first, start + last]
        for start, part in zip(starts, parts, strict=False)
        for first, last in stretches([label for _, label, _ in part]).tolist()
    ]
    assert incidents(labels.astype(bool), stretch).tolist() == labelled


def test_alarms_that_the_threshold_is_set_by_are_those_that_are_shown():
    """Two peaks half a second apart are one alarm to a person, not two for which the threshold rises."""
    scores, videos, seconds = np.array([0, 3, 0, 2, 0, 0, 0, 1, 0.0]), ["a"] * 9, np.arange(9) / 2
    plain, close = alarm_curve(np.zeros(9), scores, videos), joined(scores, videos, seconds, 1.0)
    curve = alarm_curve(np.zeros(9), close, videos)
    assert threshold_for(plain, 1) > 2 and 1 < threshold_for(curve, 1) < 2
    assert alarms(close, videos, threshold_for(curve, 1)).tolist() == [[1, 3]]


def test_nothing_is_joined_over_no_time_and_all_of_a_clip_over_any():
    scores, videos, seconds = np.array([1.0, 0, 2, 0, 0, 3, 9, 0]), list("aaaaaabb"), [0, 1, 2, 3, 4, 5, 0, 1]
    assert joined(scores, videos, seconds, 0).tolist() == scores.tolist()
    assert joined(scores, videos, seconds, math.inf).tolist() == [1, 1, 2, 2, 2, 3, 9, 0]


def test_a_threshold_just_above_a_score_is_above_it_in_the_scores_own_precision():
    scores = np.array([0.1, 0, 0.3, 0], np.float32)
    close = joined(scores, ["a"] * 4, range(4), 0)
    assert close.dtype == scores.dtype
    threshold = threshold_for(alarm_curve(np.zeros(4), close, ["a"] * 4), 0)
    assert not (scores >= threshold).any() and not (scores.astype(float) >= threshold).any()


def test_an_hour_is_an_hour_whatever_its_frames_per_second():
    for fps in (10, 12, 25):
        assert hours_of(pd.DataFrame({"fps": [float(fps)] * (3600 * fps)})) == 1


@given(clips)
def test_only_the_order_of_scores_counts(clips):
    labels, scores, videos = columns(clips)
    curve, rescaled = alarm_curve(labels, scores, videos), alarm_curve(labels, np.exp(scores) - 40, videos)
    assert all((a == b).all() for a, b in zip(curve[1:], rescaled[1:], strict=True))


def test_nothing_at_all():
    curve = alarm_curve([], [], [])
    assert all(len(column) == 0 for column in curve)
    assert threshold_for(curve, 0) == math.inf and counts_at(curve, math.inf) == (0, 0)
    assert incidents([], []).shape == (0, 2)


def test_incidents_end_where_their_video_does():
    assert incidents([1, 1, 1, 0, 1], list("aabbb")).tolist() == [[0, 1], [2, 2], [4, 4]]


def test_a_perfect_scorer_finds_every_incident_without_a_false_alarm():
    labels = np.array([0, 1, 1, 0, 0, 1, 0, 0, 1])
    curve = alarm_curve(labels, labels, ["a"] * 9)
    assert counts_at(curve, threshold_for(curve, 0)) == (0, 3)


def test_an_alarm_that_runs_into_an_incident_is_not_false_and_one_beside_it_is():
    labels, scores = [0, 0, 0, 1, 1, 0, 0], [0, 2, 2, 2, 0, 0, 2]
    assert counts_at(alarm_curve(labels, scores, ["a"] * 7), 1) == (1, 1)
    assert counts_at(alarm_curve(labels, scores, list("aaabbbb")), 1) == (2, 1)  # another video began


def test_all_normal_footage_has_false_alarms_only():
    curve = alarm_curve(np.zeros(5), [1, 0, 3, 0, 2], ["a"] * 5)
    assert curve.thresholds.tolist() == [3, 2, 1, 0] and curve.false_alarms.tolist() == [1, 2, 3, 1]
    assert threshold_for(curve, 2) == np.nextafter(1, 2) and threshold_for(curve, 0.5) == np.nextafter(3, 4)


def test_a_score_that_is_not_finite_is_refused():
    with pytest.raises(ValueError, match="scores: expected finite numbers, got nan"):
        alarm_curve([0, 0], [1, math.nan], ["a", "a"])
