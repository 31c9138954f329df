"""Events from scores: where they begin and end, what makes them, and when a recording fault does."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.common.tables.schemas import BOX, CUES, EVENTS, LABELS, TRIVIAL, arrow_table
from stages.report.events import KINDS, by_normal, describe, explained_by, find_alarms, peak_object, threshold

FPS = 10.0
NO_LABELS = arrow_table(pd.DataFrame(columns=LABELS.names), LABELS).to_pandas()


def frame_table(**clips) -> pd.DataFrame:
    """FRAME_SCORES, as far as events look at it, of clips by name: `held` is held out, the others are test clips."""
    parts = [
        pd.DataFrame({"video": video, "split": "held_out" if video == "held" else "test", "score": scores})
        for video, scores in clips.items()
    ]
    table = pd.concat(parts, ignore_index=True)
    return table.assign(frame=table.groupby("video").cumcount(), raw=table["score"])


def seconds_for(frames: pd.DataFrame) -> dict[str, np.ndarray]:
    return {video: np.arange(len(own) + 1) / FPS for video, own in frames.groupby("video")}


def object_table(rows: list[tuple[str, int, int, float]], split: str = "test") -> pd.DataFrame:
    """OBJECT_SCORES of (video, frame, track, score); cues are 0."""
    table = pd.DataFrame(rows, columns=["video", "frame", "track", "score"]).assign(split=split)
    boxes = [[10.0 * track, 5.0, 10.0 * track + 8, 25.0] for track in table["track"]]
    table[BOX] = np.array(boxes).reshape(-1, 4)
    return table.assign(raw=table["score"], **dict.fromkeys([*CUES, *TRIVIAL], 0.0))


NORMAL = object_table([("held", frame, 0, frame % 10 / 10) for frame in range(100)], "held_out")
VIDEO = pd.DataFrame({"video": ["held"], "split": ["held_out"], "fps": [FPS]})


@pytest.mark.parametrize("rate, told", [(0, False), (1, False), (1800, True), (3600, True)])
def test_the_threshold_gives_no_more_false_alarms_than_wished_on_the_held_out_clips(rate, told):
    scores = [0, 3, 0, 2, 0, 4, 0, 1, 0, 0] * 2
    found = threshold(frame_table(held=scores, test=[9, 9]), VIDEO, rate)
    assert (found.clips, found.told) == (1, told) and found.hours == pytest.approx(2 / 3600)
    alarms = np.sum(np.array(scores) >= found.value)
    assert alarms <= rate * found.hours
    assert np.sum(np.array(scores) >= found.value - 1.001) > rate * found.hours


def test_without_held_out_footage_nothing_is_an_event():
    frames = frame_table(test=[1.0, 5.0])
    videos = pd.DataFrame({"video": ["test"], "split": ["test"], "fps": [FPS]})
    found = threshold(frames, videos, 1.0)
    assert found.value == math.inf and found.clips == 0
    assert find_alarms(frames, seconds_for(frames), found.value, 1.0).empty


@given(st.lists(st.integers(0, 3), min_size=1, max_size=40), st.integers(0, 6))
def test_alarms_are_the_stretches_above_the_threshold_with_short_gaps_joined(scores, gap):
    frames = frame_table(held=[9, 9], test=scores)
    # Half a frame less than the gap, since seconds are no whole numbers.
    found = find_alarms(frames, seconds_for(frames), 2, (gap - 0.5) / FPS)
    inside = np.zeros(len(scores), bool)
    for row in found.itertuples():
        assert row.video == "test" and min(scores[row.first_frame], scores[row.last_frame]) >= 2
        assert not inside[row.first_frame : row.last_frame + 1].any()
        inside[row.first_frame : row.last_frame + 1] = True
    high = np.array(scores) >= 2
    assert (inside >= high).all()
    places = np.flatnonzero(high)
    joined = [b - a - 1 < gap for a, b in zip(places, places[1:], strict=False) if b > a + 1]
    assert len(found) == (1 + joined.count(False) if len(places) else 0)


def described(frames, objects, labels=NO_LABELS, least=2.0):
    seconds = seconds_for(frames)
    return describe(find_alarms(frames, seconds, least, 0.25), frames, objects, seconds, labels, least)


def test_nothing_at_all_is_no_event():
    frames = frame_table(test=[0.0, 1.0])
    events = described(frames, object_table([]))
    assert events.empty and arrow_table(events, EVENTS).num_rows == 0


def test_events_are_in_the_order_of_their_scores_with_frames_and_seconds():
    frames = frame_table(a=[0, 3, 3, 0, 0, 0, 5, 0], b=[0, 4, 0, 0])
    events = described(frames, object_table([]))
    assert events[["event", "video", "first_frame", "last_frame", "peak_frame"]].to_numpy().tolist() == [
        [1, "a", 6, 6, 6],
        [2, "b", 1, 1, 1],
        [3, "a", 1, 2, 1],
    ]
    np.testing.assert_allclose(events[["start", "end", "peak"]], [[0.6, 0.7, 0.6], [0.1, 0.2, 0.1], [0.1, 0.3, 0.1]])
    assert events["labelled"].tolist() == [None, None, None]
    assert (events["box_frame"] == -1).all() and events["kind"].tolist() == ["", "", ""]
    assert arrow_table(events, EVENTS).schema == EVENTS


def test_objects_of_one_moment_are_one_event_and_the_highest_near_the_peak_speaks_for_it():
    scores = [0, 3, 3, 5, 3, *[3] * 20, 0]
    objects = object_table(
        [("a", frame, 0, 3.5) for frame in range(1, 25)]
        + [("a", 3, 1, 5.0), ("a", 4, 1, 4.0), ("a", 5, 2, 1.0)]
        # The highest of all, but two seconds from the peak.
        + [("a", 24, 3, 9.0)]
    )
    objects.loc[objects["track"] == 1, ["velocity", "middle"]] = [[6.0, 2.0], [1.0, 7.0]]
    (event,) = described(frame_table(a=scores), pd.concat([objects, NORMAL])).itertuples()
    assert (event.track, event.box_frame, event.objects) == (1, 3, 3)
    assert (event.x1, event.x2, event.object_score) == (10.0, 18.0, 5.0)
    # Not only of the frame of the box: the highest of its track near the peak.
    assert event.cue == "middle" and event.kind == KINDS["middle"]


def test_a_cue_of_which_nothing_is_known_is_not_what_explains():
    objects = object_table([("a", 1, 0, 5.0)]).assign(**{cue: math.nan for cue in CUES if cue != "arrow"}, arrow=0.5)
    assert peak_object(objects, np.arange(3.0), 1)["cue"] == "arrow"
    assert peak_object(objects.assign(arrow=math.nan), np.arange(3.0), 1)["cue"] == ""


def test_cues_are_told_in_deviations_of_normal_objects_whatever_they_were_calibrated_to():
    rng = np.random.default_rng(0)
    normal = NORMAL.assign(**{cue: rng.normal(place, 2.0 + place, 100) for place, cue in enumerate(CUES)})
    both = pd.concat([normal, object_table([("a", 1, 0, 5.0)]).assign(velocity=normal["velocity"].max())])
    scaled = both.assign(velocity=0.001 * both["velocity"] + 7)
    found = by_normal(both)
    pd.testing.assert_frame_equal(found, by_normal(scaled))
    np.testing.assert_allclose(found.loc[found["split"] == "held_out", CUES].mean(), 0, atol=1e-9)
    np.testing.assert_allclose(found.loc[found["split"] == "held_out", CUES].std(), 1)


@pytest.mark.parametrize("anomalous, expected", [((2,), True), ((0, 4), False)])
def test_an_event_is_labelled_if_one_of_its_frames_is(anomalous, expected):
    labels = pd.DataFrame({"video": "a", "frame": range(5), "anomalous": [f in anomalous for f in range(5)]})
    (event,) = described(frame_table(a=[0, 3, 3, 3, 0]), object_table([]), labels).itertuples()
    assert event.labelled is expected


def faults_at(*spans: tuple[int, int]) -> pd.DataFrame:
    return pd.DataFrame(
        [("a", "shake", *span) for span in spans], columns=["video", "kind", "first_frame", "last_frame"]
    )


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
    alarms = find_alarms(frames, seconds_for(frames), 3.0, 0.0)
    assert explained_by(alarms, faults_at(*faults), frames, objects, 3.0).tolist() == [expected]


def test_a_fault_in_another_video_explains_nothing():
    frames, objects = hit(BRIEF, 4, 4)
    alarms = find_alarms(frames, seconds_for(frames), 3.0, 0.0)
    other = faults_at((30, 30)).assign(video="b")
    assert explained_by(alarms, other, frames, objects, 3.0).tolist() == [-1]
    assert explained_by(alarms.head(0), other, frames, objects, 3.0).tolist() == []


def test_an_event_of_a_clips_last_frames_has_the_object_that_was_near():
    frames = frame_table(a=[0, 0, 0, 0, 0, 0, 0, 5])
    event = described(frames, object_table([("a", 5, 1, 2.0), ("a", 4, 2, 4.0)])).iloc[0]
    assert (event.first_frame, event.track, event.box_frame, event.objects) == (7, 2, 4, 0)
    long_before = frame_table(a=[0] * 30 + [5])
    assert described(long_before, object_table([("a", 5, 1, 2.0)])).iloc[0]["box_frame"] == -1
