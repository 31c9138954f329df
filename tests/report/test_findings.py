"""What is found of a set, and the clips that show it."""

from contextlib import chdir
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_set import EVENT, write_set

from stages.common.metrics import rate
from stages.common.running.params import load
from stages.common.tables.schemas import FAULTS
from stages.report.cards import Clips, missed_row
from stages.report.findings import LONGEST, MOMENTS, Findings, around, clips_of, find, within
from stages.report.settings import Report
from stages.report.tables import Tables

NO_FAULTS = pd.DataFrame(columns=FAULTS.names)


def found(root: Path, faults=NO_FAULTS, **options) -> tuple[Tables, Findings, dict]:
    with chdir(root):
        tables, report = Tables(write_set(Path(), **options)), load("report", Report, "small")
        findings = find(tables, faults, report)
        return tables, findings, clips_of(findings, tables, report)


def test_an_incident_is_missed_if_no_event_touches_it(tmp_path):
    _, findings, _ = found(tmp_path)
    assert findings.incidents[["video", "found"]].to_numpy().tolist() == [["day_1", True], ["day_2", False]]
    assert findings.missed[["video", "first_frame", "last_frame"]].to_numpy().tolist() == [["day_2", 45, 52]]


def test_a_clip_shows_the_first_minute_of_what_was_missed_and_of_a_fault(tmp_path):
    # Of frames that last 10 s, six are a minute; 45 to 52 are labelled in the last clip.
    fault = {"split": "test", "kind": "frozen", "start": 50.0, "end": 250.0, "alarm": False}
    faults = pd.DataFrame([{"video": "day_1", "first_frame": 5, "last_frame": 24, **fault}])
    options = {"fps": 0.1, "event": False, "report": {"clip_margin": 0.0}}
    tables, _, clips = found(tmp_path, faults, **options)
    # Without an event both incidents are missed.
    assert clips == {"day_1": [(5, 10), (24, 29)], "day_2": [(45, 50)]}
    assert 6 * 10 == LONGEST


@pytest.mark.parametrize("fps", [30.0, 29.97, 25.0, 7.0])
def test_a_long_event_is_played_wherever_its_peak_is_without_any_margin(tmp_path, fps):
    frames = 4000
    black = np.zeros((frames, 4, 6), np.uint8)
    options = {"footage": {"normal": black, "day_1": black}, "report": {"clip_margin": 0.0}}
    tables, findings, _ = found(tmp_path, videos=("day_1",), frames=frames, fps=fps, **options)
    seconds = tables.seconds["day_1"]
    event = findings.events.iloc[0]
    report = Report(false_alarms_per_hour=1.0, events_shown=50, clip_margin=0.0, whole_clips=False, digest=False)
    for peak in tables.seconds["day_1"][1000:3000:7]:
        event = event.copy()
        event["start"], event["end"], event["peak"] = seconds[0], seconds[-1], peak
        changed = Findings(**{**vars(findings), "moments": pd.DataFrame([event]), "faults": NO_FAULTS})
        clips = Clips(clips_of(changed, tables, report), tables.seconds)
        assert clips.played("day_1", around(event)[0]) is not None


def test_all_of_a_set_may_be_filmed(tmp_path):
    assert found(tmp_path, frames=50, report={"whole_clips": True})[2] == {"day_1": [(0, 49)], "day_2": [(0, 49)]}


def test_scores_and_threshold_have_room_and_an_event_is_what_alarms(tmp_path):
    _, findings, _ = found(tmp_path)
    (event,) = findings.events.itertuples()
    assert (event.first_frame, event.last_frame) == (EVENT.start, EVENT.stop - 1)
    low, high = findings.score_range
    assert low < findings.usual < findings.threshold.value < event.score < high


def test_beside_events_the_highest_of_the_rest_are_moments(tmp_path, monkeypatch):
    monkeypatch.setattr(rate, "LEAST", 1)
    for name in "ab":
        (tmp_path / name).mkdir()
    _, both, _ = found(tmp_path / "a", second=True)
    between = both.threshold.rate.per_hour(both.moments["score"].iloc[:2].mean())
    _, findings, clips = found(tmp_path / "b", second=True, report={"false_alarms_per_hour": float(between)})
    moments, events = findings.moments, findings.events
    assert len(events) < len(moments) <= max(MOMENTS, len(events)) and moments["alarm"].tolist()[:1] == [True]
    assert moments["event"].tolist() == [*range(1, len(moments) + 1)] and moments["score"].is_monotonic_decreasing
    assert moments["normal_per_hour"].is_monotonic_increasing
    assert (moments["alarm"] == (moments["score"] >= findings.threshold.value)).all()
    for moment in moments.itertuples():
        assert any(a <= moment.peak_frame <= b for a, b in clips[moment.video])


def test_with_too_little_normal_footage_moments_are_ranked_and_none_is_an_event(tmp_path):
    _, findings, clips = found(tmp_path, report={"false_alarms_per_hour": 1.0})
    assert findings.threshold.rate is None and findings.threshold.value == np.inf
    assert len(findings.events) == 0 < len(findings.moments) and any(clips.values())
    first = findings.moments.iloc[0]
    assert (first["first_frame"], first["last_frame"]) == (EVENT.start, EVENT.stop - 1)
    assert np.isnan(first["normal_per_hour"])


def test_an_event_ends_where_frames_were_not_recorded_and_knows_its_file_and_its_time_of_day(tmp_path):
    began = pd.Timestamp("2024-03-01 23:59:58")
    recorded = {"day_1": [(0, 30), (33, 60)]}
    tables, findings, clips = found(tmp_path, recorded=recorded, began=began)
    events = findings.events.sort_values("first_frame")
    assert events[["first_frame", "last_frame"]].to_numpy().tolist() == [[24, 29], [33, 36]]
    assert events["file"].tolist() == ["day_1/0.mp4", "day_1/1.mp4"]
    np.testing.assert_allclose(events["file_seconds"], [102.0, 100.0])
    assert events["clock"].tolist() == [began + pd.Timedelta(seconds=2), began + pd.Timedelta(seconds=2.75)]
    np.testing.assert_allclose(events[["start", "end"]], [[2.0, 2.5], [2.75, 37 / 12]])
    # The labelled stretch ends there as well, and a clip shows nothing of the gap.
    incidents = findings.incidents.query("video == 'day_1'")
    assert incidents[["first_frame", "last_frame", "found"]].to_numpy().tolist() == [[24, 29, True], [33, 36, True]]
    assert clips["day_1"][0][1] == 29 and clips["day_1"][1][0] == 33
    assert tables.recorded() == pytest.approx((57 + 60) / 12)
    scores = tables.scores("day_1")
    assert len(scores) == 60 and (scores[30:33] == scores.min()).all()


def test_the_time_of_day_of_an_event_is_null_where_no_clock_is_known(tmp_path):
    (event,) = found(tmp_path)[1].events.itertuples()
    assert event.clock is pd.NaT and (event.file, event.file_seconds) == ("day_1/0.mp4", pytest.approx(102.0))


def test_hours_count_recorded_frames_alone(tmp_path):
    _, findings, _ = found(tmp_path, recorded={"normal": [(0, 10), (40, 60)]})
    assert findings.threshold.hours == pytest.approx(30 / 12 / 3600)


def test_clips_show_what_is_live_and_what_was_missed_elsewhere_has_none(tmp_path):
    live = {"day_1": [(10, 34)], "day_2": [(0, 20)]}
    tables, findings, clips = found(tmp_path, live=live, report={"clip_margin": 1.0})
    assert findings.missed[["video", "first_frame"]].to_numpy().tolist() == [["day_2", 45]]
    assert clips == {"day_1": [(12, 33)], "day_2": []}
    shown = Clips(clips, tables.seconds)
    row = missed_row(next(findings.missed.itertuples()), tables, shown)
    assert row["when"] == "0:03.8 to 0:04.4" and row["played"] is None
    (tmp_path / "whole").mkdir()
    whole = found(tmp_path / "whole", live={**live, "day_1": [(0, 4), (10, 34)]}, report={"whole_clips": True})[2]
    assert whole == {"day_1": [(0, 3), (10, 33)], "day_2": [(0, 19)]}


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9)), max_size=4),
    st.lists(st.integers(0, 50), min_size=2, max_size=6, unique=True).map(sorted),
)
def test_within_live_stretches_is_all_of_clips_that_can_be_shown(clips, ends):
    clips = [(first, first + more) for first, more in sorted(clips)]
    spans = np.array(list(zip(ends[::2], ends[1::2], strict=False)))
    for first, last in (shown := within(clips, spans)):
        assert any(start <= first <= last < stop for start, stop in spans.tolist())
    wanted = [
        frame for a, b in clips for frame in range(a, b + 1) if ((spans[:, 0] <= frame) & (frame < spans[:, 1])).any()
    ]
    assert sorted(frame for a, b in shown for frame in range(a, b + 1)) == sorted(wanted)
