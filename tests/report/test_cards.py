"""What the page shows of one event, one video, one fault: the right words, the right places."""

import math
from contextlib import chdir
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from small_set import EVENT, write_set

from stages.common.cues.all import ALL
from stages.common.running.params import load
from stages.common.tables.schemas import BOX, FAULTS
from stages.report.cards import LEAD, Clips, bar_width, event_card, fault_row, missed_row, timeline
from stages.report.findings import clips_of, find
from stages.report.settings import Report
from stages.report.tables import Tables
from stages.report.words import lost_said

FIRST, SECOND, THIRD, *_ = ALL
SHAPE = {"height": 240, "width": 360}
CLIPS = Clips({"gate": [(10, 29), (50, 59)]}, {"gate": np.arange(101) / 10})


def row_of(values: dict) -> SimpleNamespace:
    """A row as `itertuples` gives it."""
    return SimpleNamespace(**values)


def event(**values):
    cues = {**dict.fromkeys(ALL, 0.0), **{name: values.pop(name) for name in list(values) if name in ALL}}
    known = {"video": "gate", "event": 3, "first_frame": 20, "peak_frame": 22, "track": 7, "labelled": True}
    times = {
        "start": 2.0,
        "end": 2.5,
        "peak": 2.2,
        "score": 4.25,
        "alarm": True,
        "verdict": "",
        "object_class": "",
        "cue": max(cues, key=cues.get),
    }
    origin = {"normal_per_hour": 0.2, "file": "day/gate.mkv", "file_seconds": 3661.5, "clock": pd.NaT}
    return row_of({**known, **times, **origin, **dict.fromkeys(BOX, 5.0), **cues, **values})


def test_a_moment_is_played_from_a_second_before_it_in_the_clip_that_shows_it():
    assert CLIPS.played("gate", 2.5) == {"clip": "clips/gate_10.mp4", "at": 2.5 - LEAD - 1.0}
    assert CLIPS.played("gate", 1.2) == {"clip": "clips/gate_10.mp4", "at": 0.0}
    assert CLIPS.played("gate", 5.5)["clip"] == "clips/gate_50.mp4"
    assert CLIPS.played("gate", 4.0) is None and CLIPS.played("yard", 2.0) is None


def test_a_moment_at_the_very_edge_of_a_clip_is_played():
    for second in (1.0 - 1e-7, 3.0 + 1e-7):
        assert CLIPS.played("gate", second)["clip"] == "clips/gate_10.mp4"


@pytest.mark.parametrize("value, width", [(-3.0, 0), (0.0, 0), (2.5, 25), (10.0, 100), (21.9, 100)])
def test_a_bar_is_as_wide_as_its_value_says(value, width):
    assert bar_width(value) == width
    card = event_card(event(**{SECOND: value}), CLIPS, SHAPE)
    assert [cue["width"] for cue in card["cues"]] == [width if name == SECOND else 0 for name in ALL]


def test_the_highest_cues_are_what_is_said_of_an_event():
    card = event_card(event(**{FIRST: 2.1, SECOND: 9.0, THIRD: 1.9}), CLIPS, SHAPE)
    says = f"{ALL[SECOND].SAYS}; {ALL[FIRST].SAYS}"
    assert card["why"] == says[0].upper() + says[1:]
    assert [cue["name"] for cue in card["cues"] if cue["strong"]] == [ALL[FIRST].TITLE, ALL[SECOND].TITLE]
    assert (card["score"], card["rank"], card["height"]) == ("4.2", 3, 213)
    assert card["scene"] == "clips/gate_20_7_scene.jpg" and card["strip"] == "clips/gate_20_7_strip.jpg"


def test_an_event_without_cues_or_with_weak_ones():
    card = event_card(event(**dict.fromkeys(ALL, math.nan), cue=""), CLIPS, SHAPE)
    assert (card["why"], card["cues"]) == ("", [])
    weak = event_card(event(**{THIRD: 0.4}), CLIPS, SHAPE)
    assert weak["why"].lower() == ALL[THIRD].SAYS.lower()


def test_a_fault_is_told_with_its_time_and_what_it_did():
    fault = {"video": "gate", "split": "test", "kind": "frozen", "first_frame": 12, "last_frame": 20, "start": 1.2}
    fault |= {"path": "", "said": "the picture stands still"}
    row = fault_row(row_of({**fault, "end": 2.1, "alarm": True}), CLIPS)
    assert (row["when"], row["what"], row["alarm"]) == (
        "0:01.2 to 0:02.1",
        "the picture stands still",
        "put down to it",
    )
    assert row["played"]["clip"] == "clips/gate_10.mp4" and not row["normal"]
    short = fault_row(row_of({**fault, "last_frame": 12, "end": 1.3, "alarm": False, "split": "held_out"}), CLIPS)
    assert (short["when"], short["alarm"], short["normal"]) == ("0:01.2", "none", True)


@pytest.mark.parametrize("kind", ["gap", "clock", "damaged", "cut_off", "light", "moved"])
def test_a_fault_of_a_file_is_told_in_its_own_words_with_the_file(kind):
    fault = {"video": "gate", "split": "test", "path": "day/gate.mkv", "kind": kind, "said": "2.0 s are lost"}
    row = row_of({**fault, "first_frame": 12, "last_frame": 20, "start": 1.2, "end": 2.1, "alarm": False})
    shown = fault_row(row, CLIPS)
    assert (shown["video"], shown["file"], shown["what"]) == ("gate", "day/gate.mkv", "2.0 s are lost")
    assert shown["why"] and shown["played"]["clip"] == "clips/gate_10.mp4"
    outside = fault_row(row_of({**vars(row), "start": 4.0, "end": 4.5}), CLIPS)
    assert outside["when"] == "0:04.0 to 0:04.5" and outside["played"] is None


def test_a_file_that_gave_no_clip_has_no_moment():
    fault = {"video": "", "split": "", "path": "day/bad.mkv", "kind": "unreadable", "said": "it is empty"}
    times = {"first_frame": -1, "last_frame": -1, "start": math.nan, "end": math.nan, "alarm": False}
    row = fault_row(row_of({**fault, **times}), CLIPS)
    assert (row["video"], row["file"], row["when"], row["played"]) == ("", "day/bad.mkv", "", None)
    assert row["what"] == "it is empty" and not row["normal"]


def test_an_event_says_its_file_and_its_time_of_day_where_it_is_known():
    card = event_card(event(), CLIPS, SHAPE)
    assert (card["clock"], card["origin"]) == ("", "day/gate.mkv, 1:01:01.5")
    known = event(clock=pd.Timestamp("2024-03-01 23:59:58.7"))
    assert event_card(known, CLIPS, SHAPE)["clock"] == "2024-03-01 23:59:58"


@pytest.mark.parametrize(
    "seconds, unread, said",
    [
        ([], 0, ""),
        ([0.0], 0, ""),
        ([0.25, 0.5], 0, ", 0.8 s lost"),
        ([100.0, 67.0], 0, ", 2 min 47 s lost"),
        ([0.0], 1, ", 1 file left out"),
        ([12.0], 2, ", 12 s lost, 2 files left out"),
    ],
)
def test_what_is_lost_is_said_in_time_and_files(seconds, unread, said):
    rows = [("gap", lost) for lost in seconds] + [("unreadable", 0.0)] * unread
    assert lost_said(pd.DataFrame(rows, columns=["kind", "seconds"])) == said


def test_a_timeline_has_what_is_labelled_its_events_and_faults_in_their_places(tmp_path):
    fault = {"split": "test", "kind": "frozen", "start": 0.0, "end": 0.5, "alarm": False}
    fault |= {"path": "", "seconds": 0.0, "said": "the picture stands still"}
    faults = pd.DataFrame([{"video": "day_1", "first_frame": 0, "last_frame": 5, **fault}])[FAULTS.names]
    with chdir(tmp_path):
        tables, report = Tables(write_set(Path())), load("report", Report, "small")
        findings = find(tables, faults, report)
    clips = Clips(clips_of(findings, tables, report), tables.seconds)
    drawn, other = (timeline(video, tables, findings, clips, 50) for video in tables.tests)
    # 60 frames are 60 units.
    assert drawn["width"] == 60
    assert drawn["labelled"] == drawn["events"] == [(float(EVENT.start), float(len(EVENT)))]
    assert drawn["faults"] == [(0.0, 6.0)]
    assert (other["labelled"], other["events"], other["faults"]) == ([(45.0, 8.0)], [], [])
    drawn_heights = [int(number) for number in drawn["points"].split()[1::2]]
    assert max(drawn_heights[place] for place in EVENT) < 20 < 150 < min(drawn_heights[:20])
    assert drawn["links"] == [(1, "0:02.0 to 0:03.1")] and other["links"] == []
    assert timeline("day_1", tables, findings, clips, 0)["links"] == []
    assert drawn["data"]["clips"][-1]["file"].startswith("clips/day_1_") and drawn["said"].endswith("1 event")


def test_what_was_missed_is_told_with_its_kind():
    incident = {"video": "gate", "first_frame": 12, "last_frame": 20, "types": "thrown_bag", "score": 1.25}
    tables = SimpleNamespace(seconds={"gate": np.arange(101) / 10})
    row = missed_row(row_of({**incident, "boxed": math.nan}), tables, CLIPS)
    assert (row["what"], row["when"], row["boxed"]) == ("thrown bag", "0:01.2 to 0:02.1", "–")
    assert row["played"]["clip"] == "clips/gate_10.mp4"
