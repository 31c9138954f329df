"""When a fault of the recording explains that something is high."""

import math

import pandas as pd
import pytest
from event_tables import NORMAL, object_table, peak_table
from hypothesis import given
from hypothesis import strategies as st

from stages.fuse.explained import TOUCHED, mostly_above, with_faults

NO_FAULTS = pd.DataFrame(columns=["video", "kind", "first_frame", "last_frame"])


def faults_at(*ends: tuple[int, int], video: str = "a") -> pd.DataFrame:
    return pd.DataFrame([(video, "shake", *pair) for pair in ends], columns=NO_FAULTS.columns)


def test_nothing_is_explained_where_there_is_nothing():
    assert with_faults(peak_table([]), NORMAL[:0], NO_FAULTS).empty
    (found,) = with_faults(peak_table([("a", 0, 1, 2, 5.0)]), NORMAL[:0], NO_FAULTS).itertuples()
    assert (found.fault, found.beyond) == (-1, 5.0)


def hit(raw: dict[int, float], tracks: int, of: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A peak of track 0 from frame 20 to 40, and objects, of which `tracks` of `of` score high at the frames of `raw`.

    Args:
        raw: by frame, the unsmoothed score of these; 0.4 elsewhere.
    """
    rows = [
        ("a", frame, track, raw.get(frame, 0.4) if track < tracks else 0.4)
        for frame in range(60)
        for track in range(of)
    ]
    return peak_table([("a", 0, 20, 40, 4.0)]), pd.concat([object_table(rows), NORMAL], ignore_index=True)


BRIEF = {frame: 9.0 for frame in range(28, 33)}


@pytest.mark.parametrize(
    "raw, tracks, faults, expected",
    [
        (BRIEF, 4, [(30, 30)], 0),
        (BRIEF, 3, [(30, 30)], 0),
        # One of four: an object of its own.
        (BRIEF, 1, [(30, 30)], -1),
        # It goes on after the fault, and went on before it.
        ({**BRIEF, 39: 9.0}, 4, [(30, 30)], -1),
        ({**BRIEF, 21: 9.0}, 4, [(30, 30)], -1),
        # The midst of a long fault may hide something.
        ({frame: 9.0 for frame in range(22, 39)}, 4, [(22, 38)], -1),
        (BRIEF, 4, [(22, 31)], 0),
        # No fault in it, or none at all.
        (BRIEF, 4, [(50, 52)], -1),
        (BRIEF, 4, [], -1),
        # Two faults, of which the second explains the rest.
        ({**BRIEF, 39: 9.0}, 4, [(30, 30), (38, 38)], 0),
    ],
)
def test_an_alarm_is_put_down_to_a_fault_that_hits_nearly_all_and_nothing_goes_on(raw, tracks, faults, expected):
    peaks, objects = hit(raw, tracks, 4)
    (found,) = with_faults(peaks, objects, faults_at(*faults)).itertuples()
    # At a threshold of 3, where the peak alarms.
    assert (found.fault if found.beyond < 3.0 else -1) == expected


def test_a_fault_in_another_video_explains_nothing():
    peaks, objects = hit(BRIEF, 4, 4)
    (found,) = with_faults(peaks, objects, faults_at((30, 30), video="b")).itertuples()
    assert (found.fault, found.beyond) == (-1, 4.0)


@pytest.mark.parametrize("others", [(), (2.0,), (2.0, 1.5)])
def test_what_a_fault_explains_at_any_threshold_has_no_height_of_its_own(others):
    more = [("a", 3, 50 + place, 52, score) for place, score in enumerate(others)]
    peaks = peak_table([("a", 0, 28, 32, 4.0), *more])
    explained = with_faults(peaks, hit(BRIEF, 4, 4)[1], faults_at((30, 30)))
    assert explained["beyond"].tolist() == [-math.inf, *others]


ends = st.lists(st.tuples(st.integers(0, 39), st.integers(0, 9)), max_size=3)


@given(st.lists(st.integers(0, 5), min_size=40, max_size=40), ends, st.integers(0, 39), st.integers(0, 20))
def test_up_to_which_threshold_a_peak_alarms_is_that_of_looking_at_each(raw, found, first, length):
    """Of three tracks that score alike."""
    last = min(first + length, 39)
    objects = object_table([("a", frame, track, float(raw[frame])) for frame in range(40) for track in range(3)])
    objects = pd.concat([objects, NORMAL], ignore_index=True)
    faults = faults_at(*((at, min(at + more, 39)) for at, more in found))
    (peak,) = with_faults(peak_table([("a", 0, first, last, 4.0)]), objects, faults).itertuples()
    high, there = NORMAL["raw"].quantile(0.9), objects[objects["video"] == "a"]
    hits = [fault for fault in faults.itertuples() if mostly_above(there, fault, high)]
    inside = [fault for fault in hits if fault.first_frame <= last and fault.last_frame >= first]
    assert peak.fault == (inside[0].Index if inside else -1)
    free = [
        raw[frame]
        for frame in range(first, last + 1)
        if all(min(abs(frame - fault.first_frame), abs(frame - fault.last_frame)) > TOUCHED for fault in hits)
    ]
    for level in (0.5, 1, 2, 3, 4):
        explained = bool(inside) and not any(score >= level for score in free)
        assert (peak.beyond < level) == explained
