"""Events from alarms: where they begin and end, what makes them, and how much."""

import math

import numpy as np
import pandas as pd
import pytest
from event_tables import NORMAL, frame_table, object_table, seconds_for, videos_for

from stages.common.cues.all import ALL, EVENTS
from stages.common.tables.schemas import LABELS, arrow_table
from stages.report.alarms import find_alarms, with_alarms
from stages.report.events import ORIGIN, by_normal, describe, peak_object

CUES = list(ALL)
NO_LABELS = arrow_table(pd.DataFrame(columns=LABELS.names), LABELS).to_pandas()
NO_FAULTS = pd.DataFrame(columns=["video", "kind", "first_frame", "last_frame"])


def described(frames, objects, labels=NO_LABELS, threshold=2.0):
    seconds = seconds_for(frames)
    alarms = find_alarms(with_alarms(frames, objects, NO_FAULTS, videos_for(frames), 0.25), threshold)
    return describe(alarms, frames, objects, seconds, labels, threshold)


def test_nothing_at_all_is_no_event():
    frames = frame_table(test=[0.0, 1.0])
    events = described(frames, object_table([]))
    assert events.empty and arrow_table(events.assign(**dict.fromkeys(ORIGIN)), EVENTS).num_rows == 0


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
    assert arrow_table(events.assign(**dict.fromkeys(ORIGIN)), EVENTS).schema == EVENTS


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
    assert event.cue == "middle" and event.kind == ALL["middle"].SAYS


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


def test_an_event_of_a_clips_last_frames_has_the_object_that_was_near():
    frames = frame_table(a=[0, 0, 0, 0, 0, 0, 0, 5])
    event = described(frames, object_table([("a", 5, 1, 2.0), ("a", 4, 2, 4.0)])).iloc[0]
    assert (event.first_frame, event.track, event.box_frame, event.objects) == (7, 2, 4, 0)
    long_before = frame_table(a=[0] * 30 + [5])
    assert described(long_before, object_table([("a", 5, 1, 2.0)])).iloc[0]["box_frame"] == -1
