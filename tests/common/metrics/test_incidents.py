"""Incidents and alarms against looking at each of them at every threshold."""

import math

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from stages.common.metrics.incidents import (
    alarm_curve,
    counts_at,
    hours_of,
    incidents,
    stretches,
    threshold_for,
    touching,
)

NAMES = ["video", "first_frame", "last_frame"]
pieces = st.tuples(st.sampled_from("ab"), st.integers(0, 20), st.integers(0, 4)).map(
    lambda piece: (piece[0], piece[1], piece[1] + piece[2])
)
peak_lists = st.lists(st.tuples(pieces, st.integers(0, 4)), max_size=10)
incident_lists = st.lists(pieces, max_size=5)


def peaks_of(rows):
    table = pd.DataFrame([(*piece, float(score)) for piece, score in rows], columns=[*NAMES, "score"])
    return table.astype({"score": np.float32})


def found_at(rows):
    return pd.DataFrame(rows, columns=NAMES)


def share(one, other):
    return one[0] == other[0] and one[1] <= other[2] and one[2] >= other[1]


def slow_counts(peaks, found, threshold):
    alarms = [piece for piece, score in peaks if score >= threshold]
    false = sum(not any(share(alarm, incident) for incident in found) for alarm in alarms)
    return false, sum(any(share(alarm, incident) for alarm in alarms) for incident in found)


@given(st.lists(st.booleans(), max_size=30))
def test_stretches_are_of_true_values_alone_and_hold_all_of_them(marked):
    found = stretches(marked)
    assert all(all(marked[first : last + 1]) for first, last in found)
    assert sum(last - first + 1 for first, last in found) == sum(marked)
    assert all(later[0] > earlier[1] + 1 for earlier, later in zip(found, found[1:], strict=False))


def labels_of(video, anomalous, frames=None):
    frames = range(len(anomalous)) if frames is None else frames
    return pd.DataFrame({"video": video, "frame": list(frames), "anomalous": np.array(anomalous, bool)})


def test_incidents_end_where_their_video_does_and_where_nothing_is_labelled():
    labels = pd.concat([labels_of("b", [1, 0, 1]), labels_of("a", [0, 1, 1, 1, 1, 0], [0, 1, 2, 7, 8, 9])])
    expected = [["a", 1, 2], ["a", 7, 8], ["b", 0, 0], ["b", 2, 2]]
    for table in (labels, labels.sample(frac=1, random_state=0)):
        assert incidents(table)[NAMES].to_numpy().tolist() == expected
    assert incidents(labels[:0]).to_numpy().tolist() == []


@given(peak_lists, incident_lists)
def test_what_shares_a_frame_touches(peaks, found):
    touch = touching(peaks_of(peaks), found_at(found))
    assert touch.shape == (len(peaks), len(found))
    assert touch.tolist() == [[share(piece, incident) for incident in found] for piece, _ in peaks]


@given(peak_lists, incident_lists)
def test_counts_are_those_of_looking_at_each_alarm_and_incident(peaks, found):
    curve = alarm_curve(peaks_of(peaks), found_at(found))
    assert curve.thresholds.tolist() == sorted({float(score) for _, score in peaks}, reverse=True)
    for threshold, *counts in zip(*curve, strict=True):
        assert tuple(counts) == slow_counts(peaks, found, threshold)
    for threshold in (-1, 0.5, 1, 2.5, 4, 9):
        assert counts_at(curve, threshold) == slow_counts(peaks, found, threshold)


@given(peak_lists, incident_lists, st.floats(0, 5))
def test_a_threshold_and_all_above_it_give_no_more_false_alarms_than_allowed(peaks, found, allowed):
    curve = alarm_curve(peaks_of(peaks), found_at(found))
    threshold = threshold_for(curve, allowed)
    for higher in (threshold, *curve.thresholds[curve.thresholds >= threshold]):
        assert slow_counts(peaks, found, higher)[0] <= allowed
    lower = curve.thresholds[curve.thresholds < threshold]
    if len(lower):
        assert slow_counts(peaks, found, lower[0])[0] > allowed


def test_a_threshold_just_above_a_peak_is_above_it_in_the_scores_own_precision():
    peaks = peaks_of([(("a", 0, 1), 0.1), (("a", 5, 6), 0.3)])
    threshold = threshold_for(alarm_curve(peaks, found_at([])), 0)
    assert not (peaks["score"] >= threshold).any() and not (peaks["score"].astype(float) >= threshold).any()
    assert threshold < 0.3001


def test_an_hour_is_an_hour_whatever_its_frames_per_second():
    for fps in (10, 12, 25):
        assert hours_of(pd.DataFrame({"fps": [float(fps)] * (3600 * fps)})) == 1


def test_nothing_at_all():
    curve = alarm_curve(peaks_of([]), found_at([]))
    assert all(len(column) == 0 for column in curve)
    assert threshold_for(curve, 0) == math.inf and counts_at(curve, math.inf) == (0, 0)


def test_where_fewer_peaks_than_allowed_are_normal_their_lowest_is_the_threshold():
    curve = alarm_curve(peaks_of([(("a", 0, 1), 3), (("a", 5, 6), 2)]), found_at([]))
    assert threshold_for(curve, 7) == 2


def test_an_alarm_that_runs_into_an_incident_is_not_false_and_one_beside_it_is():
    found = found_at([("a", 3, 4)])
    assert counts_at(alarm_curve(peaks_of([(("a", 1, 3), 2), (("a", 5, 9), 2)]), found), 1) == (1, 1)
    assert counts_at(alarm_curve(peaks_of([(("b", 1, 3), 2)]), found), 1) == (1, 0)
