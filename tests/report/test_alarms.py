"""Alarms: the threshold that is set on them, their ends, and when a fault of the recording explains one."""

import math

import numpy as np
import pandas as pd
import pytest
from event_tables import FPS, NORMAL, frame_table, object_table, videos_for
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.report.alarms import TOUCHED, find_alarms, find_threshold, mostly_above, reach, with_alarms

NO_FAULTS = pd.DataFrame(columns=["video", "kind", "first_frame", "last_frame"])


def alarmed(frames, objects=NORMAL, faults=NO_FAULTS, join=0.0) -> pd.DataFrame:
    return with_alarms(frames, objects, faults, videos_for(frames), join)


@pytest.mark.parametrize("rate, enough", [(0, False), (1, False), (1800, True), (3600, True)])
def test_the_threshold_gives_no_more_false_alarms_than_wished_on_the_held_out_clips(rate, enough):
    scores = [0, 3, 0, 2, 0, 4, 0, 1, 0, 0] * 2
    found = find_threshold(alarmed(frame_table(held=scores, test=[9, 9])), rate)
    assert (found.clips, found.enough) == (1, enough) and found.hours == pytest.approx(2 / 3600)
    alarms = np.sum(np.array(scores) >= found.value)
    assert alarms <= rate * found.hours
    assert np.sum(np.array(scores) >= found.value - 1.001) > rate * found.hours


def test_the_threshold_counts_alarms_as_they_are_shown():
    # Two crossings half a second apart are one alarm, and one is allowed.
    frames = frame_table(held=[0, 5, 0, 0, 0, 0, 5, 0, 0, 0] * 2)
    joined, apart = (find_threshold(alarmed(frames, join=join), 3600 / 2) for join in (0.95, 0.0))
    assert joined.value == 0 or len(find_alarms(alarmed(frames, join=0.95), joined.value)) <= 1
    assert joined.value < apart.value and apart.value > 5


def test_the_order_of_the_rows_does_not_matter():
    frames = frame_table(held=[0, 5, 5, 0, 3, 0] * 3, test=[0, 6, 6, 6, 0, 0] * 3)
    shuffled = frames.sample(frac=1, random_state=1)
    found = [find_threshold(alarmed(table), 1.0) for table in (frames, shuffled)]
    assert found[0] == found[1]
    pd.testing.assert_frame_equal(*(find_alarms(alarmed(table), 5.5) for table in (frames, shuffled)))


def test_without_held_out_footage_nothing_is_an_alarm():
    frames = alarmed(frame_table(test=[1.0, 5.0]))
    found = find_threshold(frames, 1.0)
    assert found.value == math.inf and found.clips == 0
    assert find_alarms(frames, found.value).empty


@given(st.lists(st.integers(0, 3), min_size=1, max_size=40), st.integers(0, 6))
def test_alarms_are_the_stretches_above_the_threshold_with_short_gaps_joined(scores, gap):
    # Half a frame less than the gap, since seconds are no whole numbers.
    found = find_alarms(alarmed(frame_table(held=[0, 0], test=scores), join=max(0, gap - 0.5) / FPS), 2)
    inside = np.zeros(len(scores), bool)
    for row in found.itertuples():
        assert (row.video, row.split, row.fault) == ("test", "test", -1)
        assert min(scores[row.first_frame], scores[row.last_frame]) >= 2
        assert not inside[row.first_frame : row.last_frame + 1].any()
        inside[row.first_frame : row.last_frame + 1] = True
    high = np.array(scores) >= 2
    assert (inside >= high).all()
    places = np.flatnonzero(high)
    joined = [b - a - 1 < gap for a, b in zip(places, places[1:], strict=False) if b > a + 1]
    assert len(found) == (1 + joined.count(False) if len(places) else 0)


def faults_at(*ends: tuple[int, int], video: str = "a") -> pd.DataFrame:
    return pd.DataFrame([(video, "shake", *pair) for pair in ends], columns=NO_FAULTS.columns)


def hit(raw: dict[int, float], tracks: int, of: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Frames and objects of a clip of 60 frames that alarms from 20 to 40; `tracks` of `of` objects score high there.

    Args:
        raw: by frame, the highest unsmoothed score; 1 elsewhere.
    """
    frames = frame_table(a=[4.0 if 20 <= frame <= 40 else 1.0 for frame in range(60)])
    frames["raw"] = [raw.get(frame, 1.0) for frame in range(60)]
    rows = [
        ("a", frame, track, raw.get(frame, 0.4) if track < tracks else 0.4)
        for frame in range(60)
        for track in range(of)
    ]
    return frames, pd.concat([object_table(rows), NORMAL], ignore_index=True)


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
    frames, objects = hit(raw, tracks, 4)
    assert find_alarms(alarmed(frames, objects, faults_at(*faults)), 3.0)["fault"].tolist() == [expected]


def test_what_follows_what_was_not_recorded_is_an_alarm_of_its_own_that_a_fault_before_does_not_explain():
    frames, objects = hit({**BRIEF, 39: 9.0}, 4, 4)
    frames = frames[frames["frame"] != 36].reset_index(drop=True)
    found = find_alarms(alarmed(frames, objects, faults_at((30, 30)), join=9.0), 3.0)
    assert found[["first_frame", "last_frame", "fault"]].to_numpy().tolist() == [[20, 35, 0], [37, 40, -1]]


def test_a_fault_in_another_video_explains_nothing():
    frames, objects = hit(BRIEF, 4, 4)
    faults = faults_at((30, 30), video="b")
    assert find_alarms(alarmed(frames, objects, faults), 3.0)["fault"].tolist() == [-1]
    assert find_alarms(alarmed(frames, objects, faults), 9.0).empty


def test_an_alarm_of_normal_footage_that_a_fault_explains_does_not_raise_the_threshold():
    frames, objects = hit(BRIEF, 4, 4)
    frames, objects = (table.replace({"a": "held", "test": "held_out"}) for table in (frames, objects))
    found, blind = (
        find_threshold(alarmed(frames, objects, faults), 0.0)
        for faults in (faults_at((30, 30), video="held"), NO_FAULTS)
    )
    assert found.value == pytest.approx(1.0) and found.value > 1
    assert blind.value > 4


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=12))
def test_what_is_reached_is_the_highest_threshold_at_which_the_alarm_holds_a_value_of_it(pairs):
    values, scores = (np.array(column, float) for column in (zip(*pairs, strict=True) if pairs else ((), ())))
    for place, found in enumerate(reach(values, scores)):
        reached = []
        for threshold in range(6):
            first = last = place
            while first > 0 and scores[first - 1] >= threshold:
                first -= 1
            while last + 1 < len(scores) and scores[last + 1] >= threshold:
                last += 1
            if scores[place] >= threshold and (values[first : last + 1] >= threshold).any():
                reached.append(threshold)
        assert found == max(reached)


def slow_explained(alarm, threshold, hits, raw) -> bool:
    """Whether an alarm, its video and first and last frame, is put down to a fault, by the words of `with_alarms`.

    Args:
        hits: rows of faults that hit most of the objects there.
        raw: unsmoothed frame scores, by video.
    """
    video, first, last = alarm
    hits = [fault for fault in hits if fault.video == video]
    beyond = [
        frame
        for frame in range(first, last + 1)
        if all(min(abs(frame - fault.first_frame), abs(frame - fault.last_frame)) > TOUCHED for fault in hits)
    ]
    inside = any(fault.first_frame <= last and fault.last_frame >= first for fault in hits)
    return inside and all(raw[video][frame] < threshold for frame in beyond)


def slow_alarms(scores, threshold, join) -> list[list[int]]:
    """First and last frame of each stretch, those with fewer frames than `join` between them being one."""
    found = []
    for frame in np.flatnonzero(np.array(scores) >= threshold):
        if found and frame - found[-1][1] - 1 < max(1, join):
            found[-1][1] = int(frame)
        else:
            found.append([int(frame), int(frame)])
    return found


scored = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5)), min_size=20, max_size=40)
ends = st.lists(st.tuples(st.integers(0, 39), st.integers(0, 9)), max_size=3)


@settings(max_examples=40)
@given(scored, scored, ends, ends, st.integers(0, 5), st.integers(0, 4))
def test_the_threshold_and_the_alarms_are_those_of_looking_at_every_threshold(a, b, faults_a, faults_b, join, allowed):
    """Joined and explained alarms, counted one by one."""
    clips = {"held": a, "held_2": b}
    frames = frame_table(**{video: [score for score, _ in clip] for video, clip in clips.items()})
    frames["raw"] = [float(raw) for clip in clips.values() for _, raw in clip]
    rows = [
        (video, frame, track, float(raw if track else 0))
        for video, clip in clips.items()
        for frame, (_, raw) in enumerate(clip)
        for track in range(3)
    ]
    objects = object_table(rows, "held_out")
    faults = pd.concat(
        [
            faults_at(*((at, min(at + more, len(clip) - 1)) for at, more in found if at < len(clip)), video=video)
            for (video, clip), found in zip(clips.items(), (faults_a, faults_b), strict=True)
        ],
        ignore_index=True,
    )
    table = alarmed(frames, objects, faults, max(0, join - 0.5) / FPS)
    high, raw = objects["raw"].quantile(0.9), {video: [raw for _, raw in clip] for video, clip in clips.items()}
    hits = [row for row in faults.itertuples() if mostly_above(objects[objects["video"] == row.video], row, high)]

    def counted(threshold: float) -> int:
        alarms = [
            (video, first, last)
            for video, clip in clips.items()
            for first, last in slow_alarms([score for score, _ in clip], threshold, join)
        ]
        explained = [slow_explained(alarm, threshold, hits, raw) for alarm in alarms]
        found = find_alarms(table, threshold)
        assert list(zip(found["video"], found["first_frame"], found["last_frame"], strict=True)) == alarms
        assert (found["fault"] >= 0).tolist() == explained
        return explained.count(False)

    hours = len(frames) / FPS / 3600
    found = find_threshold(table, (allowed + 0.5) / hours)
    # Between two scores, and at them, nothing changes.
    candidates = [place / 2 for place in range(13)]
    counts = [counted(threshold) for threshold in candidates]
    assert all(n <= allowed for n, threshold in zip(counts, candidates, strict=True) if threshold >= found.value)
    # At or below the lowest joined score all frames alarm: thresholds there are one.
    lowest = table["joined"].min()
    lower = [n for n, threshold in zip(counts, candidates, strict=True) if lowest <= threshold < found.value]
    assert not lower or lower[-1] > allowed


def test_an_alarm_ends_where_frames_were_not_recorded_and_hours_count_what_was():
    frames = frame_table(held=[0.0] * 20, test=[0, 5, 5, 5, 5, 0])
    frames = frames[~((frames["video"] == "test") & (frames["frame"] == 3))]
    frames = frames[(frames["video"] == "test") | (frames["frame"] < 10)].reset_index(drop=True)
    table = alarmed(frames, join=5.0)
    found = find_alarms(table, 4.0)[["first_frame", "last_frame"]].to_numpy().tolist()
    assert found == [[1, 2], [4, 4]]
    assert find_threshold(table, 1.0).hours == pytest.approx(1 / 3600)
