"""The threshold that alarms are set by."""

import math

import pandas as pd
import pytest
from event_tables import frame_table, peak_table
from hypothesis import given
from hypothesis import strategies as st

from stages.common.metrics.rate import threshold
from stages.report.alarms import find_threshold


def normal_peaks(*scores: float) -> pd.DataFrame:
    rows = [("held", 0, 10 * place, 10 * place + 3, score) for place, score in enumerate(scores)]
    return peak_table(rows, "held_out")


@given(st.lists(st.integers(0, 5), max_size=30), st.floats(1, 1000))
def test_the_threshold_is_that_of_the_peaks_of_the_held_out_clips(scores, per_hour):
    found = find_threshold(normal_peaks(*scores), frame_table(held=1800, test=99), per_hour)
    assert (found.clips, found.peaks, found.hours) == (1, len(scores), pytest.approx(0.05))
    assert found.value == threshold(scores, found.hours, per_hour)
    assert found.reached == sum(score >= found.value for score in scores)
    assert (found.rate is None) == (found.value == math.inf)
    assert found.rate is None or found.rate.per_hour(found.value) <= per_hour * (1 + 1e-9)


def test_without_held_out_footage_nothing_is_an_alarm():
    found = find_threshold(peak_table([("a", 0, 1, 2, 5.0)]), frame_table(a=9), 1.0)
    assert found.value == math.inf and found.clips == 0 and found.rate is None


def test_an_alarm_of_normal_footage_that_a_fault_explains_does_not_raise_the_threshold():
    peaks, frames = normal_peaks(4.0, 1.0), frame_table(held=36000)
    blind, found = (find_threshold(given, frames, 1.0) for given in (peaks, peaks.assign(beyond=[0.9, 1.0])))
    assert found.value == pytest.approx(threshold([0.9, 1.0], 1.0, 1.0))
    assert blind.value == pytest.approx(threshold([4.0, 1.0], 1.0, 1.0)) and blind.value > found.value + 1


@pytest.mark.parametrize("allowed", [0, 1, 5])
@pytest.mark.parametrize("others", [(), (2.0,), (2.0, 1.5)])
def test_what_a_fault_explains_at_any_threshold_does_not_lower_it_without_bound(allowed, others):
    """However few other peaks there are: what scores like the usual is never an alarm."""
    explained = normal_peaks(4.0, *others).assign(beyond=[-math.inf, *others])
    found = find_threshold(explained, frame_table(held=1800), 20.0 * allowed + 1)
    assert found.value >= min([*others, 4.0])
