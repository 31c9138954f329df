"""Events from peaks: when, what makes them, and how much."""

import math

import numpy as np
import pandas as pd
import pytest
from event_tables import FPS, NORMAL, object_table, peak_table

from stages.common.cues.all import ALL, EVENTS
from stages.common.tables.schemas import LABELS, arrow_table
from stages.report.events import by_normal, describe

CUES = list(ALL)
# Where in the source an event begins, and whether it alarms, is said elsewhere.
ORIGIN = ("file", "file_seconds", "clock", "alarm", "normal_per_hour", "verdict")
NO_LABELS = arrow_table(pd.DataFrame(columns=LABELS.names), LABELS).to_pandas()


def described(peaks, objects=None, labels=NO_LABELS):
    if objects is None:
        rows = [(peak.video, peak.peak_frame, peak.track, peak.score) for peak in peaks.itertuples()]
        objects = object_table(rows)
    return describe(peaks, objects, labels, dict.fromkeys("ab", np.arange(100) / FPS))


def test_nothing_at_all_is_no_event():
    events = described(peak_table([]))
    assert events.empty and arrow_table(events.assign(**dict.fromkeys(ORIGIN)), EVENTS).num_rows == 0


def test_events_are_in_the_order_of_their_scores_with_frames_and_seconds():
    events = described(peak_table([("a", 1, 1, 3, 3.0), ("b", 0, 1, 1, 4.0), ("a", 0, 6, 6, 5.0)]))
    assert events[["event", "video", "first_frame", "last_frame", "peak_frame"]].to_numpy().tolist() == [
        [1, "a", 6, 6, 6],
        [2, "b", 1, 1, 1],
        [3, "a", 1, 3, 2],
    ]
    np.testing.assert_allclose(events[["start", "end", "peak"]], [[0.6, 0.7, 0.6], [0.1, 0.2, 0.1], [0.1, 0.4, 0.2]])
    assert events["labelled"].tolist() == [None, None, None]
    assert arrow_table(events.assign(**dict.fromkeys(ORIGIN)), EVENTS).schema == EVENTS


def test_what_explains_an_event_is_the_highest_of_its_own_track_near_the_peak():
    objects = object_table([("a", frame, track, 3.0) for frame in range(40) for track in (0, 1)])
    own, frame = objects["track"] == 1, objects["frame"]
    objects.loc[own & (frame == 20), "velocity"] = 6.0
    objects.loc[own & (frame == 28), "middle"] = 7.0
    # Of another track, and more than a second from the peak.
    objects.loc[~own & (frame == 20), "shape"] = 9.0
    objects.loc[own & (frame == 31), "shape"] = 9.0
    (event,) = described(peak_table([("a", 1, 2, 38, 5.0)]), pd.concat([objects, NORMAL[:1]])).itertuples()
    assert (event.peak_frame, event.cue, event.kind) == (20, "middle", ALL["middle"].SAYS)
    assert (event.velocity, event.middle, event.shape) == (6.0, 7.0, 0.0)
    assert (event.track, event.x1, event.x2) == (1, 10.0, 18.0)


def test_a_cue_of_which_nothing_is_known_is_not_what_explains():
    peaks, unknown = peak_table([("a", 0, 1, 1, 5.0)]), {cue: math.nan for cue in CUES if cue != "arrow"}
    objects = object_table([("a", 1, 0, 5.0)]).assign(**unknown, arrow=0.5)
    assert described(peaks, objects)["cue"].tolist() == ["arrow"]
    nothing = described(peaks, objects.assign(arrow=math.nan)).iloc[0]
    assert (nothing["cue"], nothing["kind"]) == ("", "")


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
    one, other = described(peak_table([("a", 0, 1, 3, 5.0), ("b", 0, 1, 3, 4.0)]), labels=labels).itertuples()
    assert one.labelled is expected and other.labelled is None
