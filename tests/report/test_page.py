"""The page draws what it is told, where it is told to, and says what the numbers are."""

import re
from contextlib import chdir
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from small_set import EVENT, METRICS, write_set

from stages.common.cues.all import ALL
from stages.common.running.params import load
from stages.common.tables.schemas import FAULTS
from stages.report.findings import clips_of, find
from stages.report.page import found_of, headlines, measured_of, render, run_of, scorer_rows
from stages.report.settings import Report
from stages.report.tables import Tables

FAULT = {"kind": "frozen", "start": 0.0, "end": 0.5, "alarm": False, "first_frame": 0, "last_frame": 5}
FAULT |= {"path": "", "seconds": 0.0, "said": "the picture stands still"}


def page_of(root: Path, metrics: dict = METRICS, fault: str = "day_1") -> tuple[str, object]:
    """The page of the small set with a fault in the first frames of a video, and its findings."""
    split = "held_out" if fault == "normal" else "test"
    faults = pd.DataFrame([{"video": fault, "split": split, **FAULT}])[FAULTS.names]
    with chdir(root):
        tables, report = Tables(write_set(Path())), load("report", Report, "small")
        findings = find(tables, faults, report)
    found = found_of(tables, findings, report, clips_of(findings, tables, report))
    about = run_of(findings, report, figures=[], parameters="", versions=[])
    return render("small", measured_of(metrics, findings), found, about), findings


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> tuple[str, object]:
    return page_of(tmp_path_factory.mktemp("page"))


def shapes(page: str, video: str) -> list[tuple[str, dict]]:
    """Class (or tag) and attributes of what is drawn in the timeline of a video, in order."""
    figure = page.split(f"<b>{video}</b>")[1].split("</figure>")[0]
    drawing = ElementTree.fromstring(re.search("<svg.*</svg>", figure, re.DOTALL)[0])
    return [(shape.get("class", shape.tag), dict(shape.attrib)) for shape in drawing]


def test_a_timeline_draws_the_curve_over_what_is_labelled_and_faults_and_events_below(page):
    drawn = shapes(page[0], "day_1")
    assert [kind for kind, _ in drawn] == ["label", "fault", "level", "polyline", "alarm"]
    label, fault, level, curve, alarm = (attributes for _, attributes in drawn)
    place = {"x": f"{float(EVENT.start)}", "width": f"{float(len(EVENT))}"}
    assert {**place, "y": "0", "height": "200"}.items() <= label.items()
    assert {"x": "0.0", "width": "6.0", "y": "0", "height": "200"}.items() <= fault.items()
    assert {**place, "y": "202", "height": "8"}.items() <= alarm.items()
    # The threshold is where a frame of its score would be drawn: below the event, above all else.
    heights = [int(number) for number in curve["points"].split()[1::2]]
    assert level["y1"] == level["y2"] and level["x2"] == "60"
    low, high = page[1].score_range
    assert int(level["y1"]) == pytest.approx(200 * (high - page[1].threshold.value) / (high - low), abs=0.6)
    assert max(heights[frame] for frame in EVENT) < int(level["y1"]) < min(heights[: EVENT.start])
    assert [kind for kind, _ in shapes(page[0], "day_2")] == ["label", "level", "polyline"]


def test_bars_are_as_wide_as_they_are_told(page):
    bars = re.findall(r'<dt>([^<]*)</dt><dd><i style="--width:(\d+)"></i><b>([-.\d]+)</b>', page[0])
    assert [title for title, *_ in bars] == [cue.TITLE for cue in ALL.values()]
    for _, width, value in bars:
        assert int(width) == pytest.approx(100 * min(1, max(0, float(value) / 10)), abs=1)


def test_the_words_of_cues_are_their_own(page):
    for cue in ALL.values():
        assert f"<dt>{cue.TITLE}</dt><dd>{cue.MEANING.replace(chr(39), '&#39;')}</dd>" in page[0]


def test_one_thing_has_one_word(page):
    said = " ".join(re.sub("<[^>]*>", " ", page[0].split("<main>")[1].split("<script")[0]).split())
    assert "incidents found 1 of 2 labelled stretches; 0 events without a label" in said
    assert "Events touch 1 of the 2" in said and "1 event in 2 videos" in page[0]
    assert "it is no standard deviation of the cue itself" in said


def test_an_alarm_of_held_out_footage_that_a_fault_explains_is_told(tmp_path):
    assert "recording fault" not in run_of(page_of(tmp_path)[1], REPORT, **NOTHING)["threshold_said"]
    (tmp_path / "other").mkdir()
    _, findings = page_of(tmp_path / "other", fault="normal")
    findings.faults["alarm"] = True
    assert ", 1 alarm at recording faults aside" in run_of(findings, REPORT, **NOTHING)["threshold_said"]


REPORT = Report(false_alarms_per_hour=1.0, events_shown=5, clip_margin=1.0, whole_clips=False, digest=False)
NOTHING = {"figures": [], "parameters": "", "versions": []}


def test_what_is_undefined_is_no_number(page):
    undefined = {**METRICS, "macro_auc": None, "interval": {}}
    shown = {shown["title"]: (shown["value"], shown["said"]) for shown in headlines(undefined, page[1])}
    assert shown["macro AUC"] == shown["RBDC"] == ("–", "undefined here")
    assert shown["micro AUC"] == ("90.0\u00a0%", "no interval of so few clips")


def test_every_cue_that_was_measured_has_a_row():
    measured = {"cues": {cue: {"micro_auc": 0.5, "macro_auc": None} for cue in ALL}, "raw": {"micro_auc": None}}
    rows = scorer_rows({**measured, "trivial": {"box_width": {"micro_auc": 0.25, "macro_auc": 0.5}}})
    assert [row["name"] for row in rows] == [*(cue.TITLE for cue in ALL.values()), "for comparison: box width"]
    assert rows[-1]["micro"] == "25.0\u00a0%" and rows[0]["macro"] == "–"
