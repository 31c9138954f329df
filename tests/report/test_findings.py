"""What is found of a set, and the clips that show it."""

from contextlib import chdir
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_set import EVENT, write_set

from stages.common.running.params import load
from stages.common.tables.schemas import FAULTS
from stages.report.cards import Clips
from stages.report.findings import LONGEST, Findings, around, clips_of, find
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
    fault = {"split": "test", "kind": "frozen", "start": 50.0, "end": 250.0, "strength": 0.0, "alarm": False}
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
    report = Report(false_alarms_per_hour=1.0, join_seconds=1.0, events_shown=50, clip_margin=0.0, whole_clips=False)
    for peak in tables.seconds["day_1"][1000:3000:7]:
        event = event.copy()
        event["start"], event["end"], event["peak"] = seconds[0], seconds[-1], peak
        changed = Findings(**{**vars(findings), "events": pd.DataFrame([event]), "faults": NO_FAULTS})
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
