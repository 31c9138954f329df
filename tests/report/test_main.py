"""The stage as a whole on small sets: what it writes, whatever the set has or lacks."""

import math
import re
from contextlib import chdir
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers import tree
from small_set import EVENT, FPS, METRICS, walkers, write_set

from stages.common.cues.all import EVENTS
from stages.common.metrics import rate
from stages.common.running.errors import InputError
from stages.common.running.params import load
from stages.common.tables.schemas import FAULTS, VIDEOS, read_table, write_table
from stages.report.__main__ import run
from stages.report.findings import clips_of, find
from stages.report.page import found_of, measured_of, render, run_of
from stages.report.settings import Report
from stages.report.tables import Tables

ODD = 'a <b>&amp;\'"x" #1 100%'


def made(root: Path, **options) -> tuple[Path, str]:
    """The report of a set of these options, and its page."""
    root.mkdir(exist_ok=True)
    with chdir(root):
        paths = write_set(Path(), **options)
        said = run("small")
        assert said.endswith(f"open {paths.report}/index.html")
    folder = root / paths.report
    return folder, (folder / "index.html").read_text()


def without_tags(page: str) -> str:
    return " ".join(re.sub("<[^>]*>", " ", page.split("<main>")[1]).split())


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> tuple[Path, str]:
    return made(tmp_path_factory.mktemp("report"))


def test_the_event_is_found_and_told(report):
    folder, page = report
    (event,) = read_table(folder / "events.parquet", EVENTS).itertuples()
    assert (event.video, event.first_frame, event.last_frame) == ("day_1", EVENT.start, EVENT.stop - 1)
    assert event.start == pytest.approx(EVENT.start / FPS) and event.end == pytest.approx(EVENT.stop / FPS)
    assert event.cue == "velocity" and event.labelled is True and event.tracks == 1
    table = pd.read_csv(folder / "events.csv")
    assert list(table.columns) == EVENTS.names and table["video"].tolist() == ["day_1"]
    said = without_tags(page)
    assert "Faster than what is normal here; moves like nothing seen" in said and "0:02.0 to 0:03.1" in said
    assert "1 event in 2 videos" in page and "Normal footage is as high about" in said
    assert re.search("reaches 1000 times an hour: so says a tail fitted to [1-9] peaks? of 1 held-out", said)


def test_with_too_little_normal_footage_the_page_says_so_first(tmp_path):
    folder, page = made(tmp_path / "report", report={"false_alarms_per_hour": 1.0})
    first, said = page.split("<main>")[0], without_tags(page)
    assert "Too little normal footage to tell what is an event; the highest moments in 2 videos" in first
    assert "nothing is called an event" in said and "too little held-out normal footage for a threshold" in said
    assert "Normal footage is as high" not in said and "Below the threshold" not in said
    (first,) = read_table(folder / "events.parquet", EVENTS).itertuples()
    assert first.first_frame == EVENT.start and not first.alarm and math.isnan(first.normal_per_hour)


def test_moments_below_the_threshold_come_after_the_events_and_are_told_apart(tmp_path, monkeypatch):
    monkeypatch.setattr(rate, "LEAST", 1)
    folder, _ = made(tmp_path / "both", second=True)
    rates = read_table(folder / "events.parquet", EVENTS)["normal_per_hour"].iloc[:2]
    folder, page = made(tmp_path / "one", second=True, report={"false_alarms_per_hour": float(rates.mean())})
    found = read_table(folder / "events.parquet", EVENTS)
    assert found["alarm"].tolist() == [True] + [False] * (len(found) - 1) and len(found) > 1
    assert "1 event in 2 videos" in page and page.count('class="event"') == len(found)
    event, below, moment = (page.index(part) for part in ('id="event-1"', "Below the threshold", 'id="event-2"'))
    assert event < below < moment


def test_what_was_missed_is_told(report):
    said = without_tags(report[1])
    assert "Events touch 1 of the 2" in said
    missed = said.split("Incidents that no event touches")[1]
    assert missed.count("thrown bag") == 2 and "0.0" in missed and "0:03.8 to 0:04.4" in missed


def test_the_metrics_are_told_with_their_intervals(report):
    said = without_tags(report[1])
    for words in (
        "90.0 % 95 %: 85.0 to 95.0",
        "RBDC – undefined here",
        "macro AUC 80.0 % no interval",
        "1 of 2 labelled",
    ):
        assert words in said.replace("\u00a0", " "), words


def test_every_file_that_the_page_names_is_there_and_none_is_from_elsewhere(report):
    folder, page = report
    named = set(re.findall(r'(?:href|src|data-clip)="([^"#]+)', page)) - {"data:,"}
    assert {name.split(".")[-1] for name in named} >= {"mp4", "jpg", "csv", "png", "svg"}
    assert all((folder / name).is_file() for name in named)
    assert not re.search("https?:|//cdn|@import", page.replace("http://www.w3.org", ""))
    listed = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    assert listed - named == {"index.html", "events.parquet", "faults.csv", "faults.parquet"}


def test_parameters_and_versions_of_the_run_are_told_and_no_place_of_this_machine(report):
    folder, page = report
    said = without_tags(page)
    assert "false_alarms_per_hour: 1000.0" in said and "numpy" in said and "SHA-256" in said
    assert str(folder.parent) not in page and str(Path.home()) not in page


def test_the_same_set_gives_the_same_bytes_with_kept_pieces_and_anew(tmp_path, report):
    folder, _ = made(tmp_path / "elsewhere")
    assert tree(folder) == tree(report[0])
    with chdir(tmp_path / "elsewhere"):
        run("small")
        assert tree(folder) == tree(report[0])


def test_without_labels_the_page_says_so_and_has_its_events(tmp_path):
    folder, page = made(tmp_path / "set", labelled=False)
    said = without_tags(page)
    assert "This set has no labels" in said and "Missed" not in said and "ROC" not in said and "AUC" not in said
    assert read_table(folder / "events.parquet", EVENTS)["labelled"].tolist() == [None]


def test_without_an_event_the_page_says_so(tmp_path):
    folder, page = made(tmp_path / "set", event=False, labelled=False)
    assert "No object in the test videos reaches a score of" in without_tags(page)
    assert read_table(folder / "events.parquet", EVENTS).empty and not list((folder / "clips").iterdir())


def test_videos_without_any_object_are_shown(tmp_path):
    folder, page = made(tmp_path / "set", objects=False)
    assert read_table(folder / "events.parquet", EVENTS).empty and page.count("<polyline") == 2
    assert not list((folder / "clips").glob("*strip.jpg")) and list((folder / "clips").glob("*.mp4"))


def test_whole_clips_are_of_every_test_video(tmp_path):
    folder, _ = made(tmp_path / "set", event=False, report={"whole_clips": True}, frames=20, labelled=False)
    assert {file.name for file in (folder / "clips").iterdir()} == {"day_1_0.mp4", "day_2_0.mp4"}


def test_a_long_event_is_shown_around_its_peak(tmp_path):
    folder, page = made(tmp_path / "set", fps=0.1, labelled=False)
    (event,) = read_table(folder / "events.parquet", EVENTS).itertuples()
    assert event.end - event.start == 130
    (clip,) = (folder / "clips").glob("*.mp4")
    assert abs(int(clip.stem.split("_")[-1]) - event.peak_frame) <= 4 and f"clips/{clip.name}#t=" in page


def test_faults_are_found_in_the_frames_and_told(tmp_path):
    frames = walkers(60)
    frames[30:36] = frames[29]
    folder, page = made(tmp_path / "set", labelled=False, event=False, footage={"day_2": frames})
    (fault,) = read_table(folder / "faults.parquet", FAULTS).itertuples()
    said = without_tags(page)
    assert (fault.video, fault.kind, fault.first_frame, fault.last_frame) == ("day_2", "frozen", 30, 35)
    assert fault.start == pytest.approx(30 / FPS) and not fault.alarm
    assert "the picture stands still" in said and list((folder / "clips").glob("day_2_*.mp4"))


TOLD = [
    ("day_1", "day_1/1.mp4", "gap", 30, 32, 0.25, "0.25 s were not recorded"),
    ("day_1", "day_1/1.mp4", "clock", 33, 33, 1.0, "its clock jumps forward by 2 h"),
    ("day_1", "day_1/1.mp4", "cut_off", 59, 59, 120.0, "its end is missing"),
    ("day_2", "", "damaged", 3, 8, 0.5, "the file is damaged"),
    ("day_2", "", "light", 12, 12, 0.0, "the light switches"),
    ("normal", "", "moved", 20, 20, 0.0, "the camera is moved"),
    ("", "<bad> 1.mkv", "unreadable", -1, -1, 0.0, "it is empty"),
    ("", "bad 2.avi", "unreadable", -1, -1, 0.0, "no picture in it"),
]


def test_faults_of_files_are_in_the_table_on_the_page_and_in_the_closing_line(tmp_path):
    with chdir(tmp_path):
        recorded = {"day_1": [(0, 30), (33, 60)]}
        paths = write_set(Path(), told=TOLD, recorded=recorded, began=pd.Timestamp("2024-03-01 23:59:58"))
        said = run("small")
        page = (paths.report / "index.html").read_text()
        table = pd.read_csv(paths.report / "faults.csv", keep_default_na=False)
        events = pd.read_csv(paths.report / "events.csv")
    assert (
        "2 events and 8 recording faults in 2 test clips" in said and ", 2 min 2 s lost, 2 files left out: open" in said
    )
    assert list(table.columns) == FAULTS.names
    columns = ["video", "path", "kind", "first_frame", "last_frame", "seconds", "said"]
    assert [tuple(row) for row in table[columns].to_numpy()] == TOLD
    assert table["split"].tolist() == ["test"] * 5 + ["held_out", "", ""]
    assert table["start"].tolist()[:2] == ["2.5", "2.75"] and table["start"].tolist()[6:] == ["", ""]
    shown = without_tags(page)
    for words in [words for *_, words in TOLD] + ["&lt;bad&gt; 1.mkv", "bad 2.avi", "normal (held out)"]:
        assert words in shown
    assert "10 s of footage, 2 min 2 s lost, 2 files left out" in page
    # The moment and the file of an event are said where a person reads, not in a title.
    assert "2024-03-02 00:00:00 , day_1/0.mp4, 1:42.0" in shown and "day_1/1.mp4, 1:40.0" in shown
    assert pd.to_datetime(events["clock"]).tolist() == [
        pd.Timestamp("2024-03-02"),
        pd.Timestamp("2024-03-02 00:00:00.75"),
    ]


def test_faults_of_training_clips_are_not_those_of_what_is_shown(tmp_path):
    with chdir(tmp_path):
        paths = write_set(Path(), told=[("learnt", "a.mp4", "gap", 3, 4, 9.0, "9 s were not recorded")])
        videos = read_table(paths.footage / "videos.parquet", VIDEOS)
        learnt = videos[:1].assign(video="learnt", split="train")
        write_table(paths.footage / "videos.parquet", pd.concat([videos, learnt]), VIDEOS)
        assert "0 recording faults" in run("small")
        assert "None found" in (paths.report / "index.html").read_text()


def test_a_clip_in_which_nothing_is_live_has_its_timeline_and_no_clip(tmp_path):
    folder, page = made(tmp_path / "set", live={"day_2": []}, labelled=False, report={"whole_clips": True})
    assert [file.name for file in (folder / "clips").glob("*.mp4")] == ["day_1_0.mp4"]
    assert page.count("<polyline") == 2


def test_names_are_escaped(tmp_path):
    folder, page = made(tmp_path / "set", videos=(ODD, "b|*c"), frames=40)
    assert ODD not in page and "&lt;b&gt;&amp;amp;" in page
    assert {file.name for file in (folder / "clips").glob("*.mp4")} >= {f"{ODD}_0.mp4"}


def test_a_page_of_a_hundred_videos_is_light(tmp_path):
    videos = tuple(f"camera_{number:03}" for number in range(100))
    black = np.zeros((300, 20, 30), np.uint8)
    with chdir(tmp_path):
        paths = write_set(Path(), videos=videos, frames=300, footage=dict.fromkeys(["normal", *videos], black))
        tables, report = Tables(paths), load("report", Report, "small")
    # Every score is another, and all of them have an event.
    high = tables.peaks["score"] > 4
    tables.peaks = pd.concat([tables.peaks[high].assign(video=video) for video in videos] + [tables.peaks[~high]])
    tables.peaks["score"] += np.random.default_rng(0).uniform(0, 0.1, len(tables.peaks)).astype("float32")
    facts = {
        "split": "test",
        "path": "a.mp4",
        "kind": "gap",
        "said": "nothing recorded",
        "alarm": False,
    }
    moment = {"first_frame": 3, "last_frame": 4, "start": 0.3, "end": 0.5, "seconds": 0.2}
    faults = pd.DataFrame([{"video": video, **facts, **moment} for video in videos for _ in range(50)])
    findings = find(tables, faults[FAULTS.names], report)
    assert len(findings.events) == 100
    clips = clips_of(findings, tables, report)
    about = run_of(findings, report, figures=[], parameters="", versions=[])
    page = render("small", measured_of(METRICS, findings), found_of(tables, findings, report, clips), about)
    assert page.count('class="event"') == report.events_shown == 50 and page.count("<polyline") == 100
    assert len(page.encode()) < 420_000
    assert "5000 recording faults" in page and "all 5000, of which here are the first 100" in page
    # Two pictures of each event that is shown beside the clips.
    assert sum(map(len, clips.values())) + 2 * report.events_shown < 1000


def test_without_metrics_it_says_what_to_do(tmp_path):
    with chdir(tmp_path):
        paths = write_set(Path())
        paths.metrics.unlink()
        with pytest.raises(InputError, match="metrics/small.json: not found; run `dvc repro` to make it"):
            run("small")
        assert not paths.report.exists()
