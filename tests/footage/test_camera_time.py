"""Recordings on their camera's time: joined by the clocks in their names, cut into clips, split at a moment."""

from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from miniatures import clips_of, rows, shown, table
from recorder import number_of, record

from stages.footage.clocks import camera_of, clock_of, stem_of

MOMENT = datetime(2026, 11, 25, 14, 3, 10)


@pytest.mark.parametrize(
    "name",
    [
        "2026-11-25_14-03-10.mp4",
        "20261125140310.ts",
        "gate_20261125_140310_1.mkv",
        "2026-11-25T14.03.10Z.avi",
        "2026-11-25 14-03-10",
        "2026-11-25/14/03.10.mp4",
        "gate/2026/11/25/14/03/10.mp4",
        "2026-11-25/14.03.10-14.13.10.dav",
        "2026-11-25/001/dav/14/14.03.10-14.13.10[R][0@0][0].dav",
        "RLC_00_20261125140310.mp4",
    ],
)
def test_clocks_in_names_and_folders(name):
    assert clock_of(Path(name), "") == MOMENT


@pytest.mark.parametrize(
    "name", ["a.mp4", "2026-11-25.avi", "20269925140310.mp4", "000123.ts", "clip_10-20-30.mp4", "IMG_20261125.mov"]
)
def test_names_without_a_clock(name):
    assert clock_of(Path(name), "") is None
    assert clock_of(Path(name), "2026-11-25T14:03:10.000000Z") == MOMENT
    assert clock_of(Path(name), "1970-01-01T00:00:00.000000Z") is None and clock_of(Path(name), "soon") is None


def test_folders_named_for_a_time_are_no_cameras():
    assert camera_of(Path("gate/2026-11-25/14")) == "gate" and camera_of(Path("2026-11-25/001/14")) == ""


def segment(project, name, count=50, **more):
    """Two seconds at 25 a second."""
    return record(project.source / name, codec="mpeg4", count=count, **more)


@pytest.fixture
def days(project):
    project.params(decode={"rate": 25.0}, footage={"clip_minutes": 0.1})
    return project


def clocks(project):
    began = table(project, "videos")["began"]
    return [None if pd.isna(moment) else f"{moment:%H:%M:%S}" for moment in began]


def test_segments_are_joined_by_their_clocks_and_normal_time_gives_four_clips(days):
    for second in range(0, 40, 2):
        segment(days, f"2026-11-25_14-03-{second:02d}.mp4")
    days.run("footage")
    videos = table(days, "videos")
    # Half of 40 seconds are normal: four clips of five seconds at most, then of six.
    normal = [("2026-11-25_14-03-00", 100), ("2026-11-25_14-03-04", 100), ("2026-11-25_14-03-08", 100)]
    normal += [("2026-11-25_14-03-12", 100), ("2026-11-25_14-03-16", 100)]
    searched = [("2026-11-25_14-03-20", 150), ("2026-11-25_14-03-26", 150), ("2026-11-25_14-03-32", 150)]
    assert rows(videos, "video", "frames") == [*normal, *searched, ("2026-11-25_14-03-38", 50)]
    assert (videos["split"] == "test").tolist() == [False] * 5 + [True] * 4
    assert clocks(days)[:3] == ["14:03:00", "14:03:04", "14:03:08"]
    runs = table(days, "runs").query("video == '2026-11-25_14-03-20'")
    assert rows(runs, "first", "frames", "second") == [(0, 50, 0), (50, 50, 0), (100, 50, 0)]
    assert [number_of(picture) for picture in shown(days, "2026-11-25_14-03-20")] == [*range(50)] * 3
    assert len(table(days, "faults")) == 0


@pytest.mark.parametrize("layout", ["{}/14/03.{:02d}.mp4", "gate/{}/14.03.{:02d}-14.04.00.dav", "{}T14.03.{:02d}Z"])
def test_folders_by_date_and_hour_are_one_cameras_time(days, layout):
    for second in range(0, 16, 2):
        path = days.source / layout.format("2026-11-25", second)
        record(path, codec="mpeg4", form="mpegts", count=50)
    days.run("footage")
    assert set(table(days, "videos").query("split == 'test'")["video"]) == {"2026-11-25_14-03-08", last_of(layout)}
    assert sorted(clocks(days))[-2:] == ["14:03:08", "14:03:14"] and set(table(days, "videos")["view"]) == {""}


def last_of(layout):
    """A clip of one whole file has the file's name."""
    return stem_of(Path(layout.format("2026-11-25", 14)))


def test_names_tell_whole_seconds_and_real_holes_are_gaps(days):
    """Segments of 2.4 s named 2, 3, 2 s apart go on; then one is missing."""
    for second in (0, 2, 5, 7, 20, 22):
        segment(days, f"2026-11-25_14-03-{second:02d}.mp4", 60)
    days.params(footage={"clip_minutes": 1.0, "normal": ["2026-11-25T14:03:00/2026-11-25T14:03:02"]})
    days.run("footage")
    faults = table(days, "faults")
    assert rows(faults, "kind", "path") == [("gap", "2026-11-25_14-03-20.mp4")]
    videos = table(days, "videos")
    (searched,) = videos[videos["split"] == "test"].itertuples()
    gap = faults.iloc[0]
    recorded = table(days, "pictures").query("video == @searched.video")["frame"]
    missing = sorted(set(range(searched.frames)) - set(recorded))
    assert (gap["first_frame"], gap["last_frame"]) == (missing[0], missing[-1])
    assert len(missing) / 25 == pytest.approx(gap["seconds"], abs=0.05) and gap["seconds"] > 9


def test_what_two_segments_overlap_by_is_taken_once_and_one_within_another_stands_alone(days):
    """Segments of five seconds, named four, and then one, seconds apart: as a recorder does that starts early."""
    for second in (0, 3, 6, 9, 12, 13):
        segment(days, f"2026-11-25_14-03-{second:02d}.mp4", 125)
    days.params(footage={"clip_minutes": 1.0, "normal": ["2026-11-25_14-03-00"]})
    days.run("footage")
    counts = table(days, "pictures").merge(table(days, "files"), on="file").groupby("path").size().tolist()
    assert counts == [125, 75, 75, 75, 75, 125]
    assert clocks(days)[-2:] == ["14:03:05", "14:03:13"]
    assert len(table(days, "faults")) == 0


def test_days_are_normal_by_name(days):
    for day in (24, 25, 26):
        for second in (0, 2, 4):
            segment(days, f"2026-11-{day}_14-03-{second:02d}.mp4")
    days.params(footage={"normal": ["2026-11-25"]})
    days.run("footage")
    videos = table(days, "videos")
    normal = videos["split"] != "test"
    assert {f"{moment:%d}" for moment in videos["began"][normal]} == {"25"} and normal.sum() >= 4
    assert {f"{moment:%d}" for moment in videos["began"][~normal]} == {"24", "26"}


def test_recorders_that_start_with_movement_leave_holes_and_these_are_no_faults(days):
    for minute in range(6):
        segment(days, f"2026-11-25_14-{5 * minute:02d}-00.mp4")
    days.run("footage")
    assert len(table(days, "faults")) == 0 and set(table(days, "videos")["frames"]) <= {50, 37, 38, 25, 13, 12}


def test_metadata_tell_the_clock_where_names_do_not(days):
    for number, second in enumerate((0, 2, 4, 6)):
        segment(days, f"{number}.mp4", created=f"2026-11-25T14:03:{second:02d}.000000Z")
    days.run("footage")
    assert clocks(days)[0] == "14:03:00" and clocks(days)[-1] == "14:03:04"
    assert table(days, "videos")["frames"].tolist()[-1] == 100


def test_a_long_file_is_cut_and_a_labelled_one_is_not_joined(days):
    for name in ("train/a.mp4", "train/b.mp4", "test/2026-11-25_14-03-00.mp4", "test/2026-11-25_14-03-02.mp4"):
        segment(days, name)
    segment(days, "test/long.mp4", 400)
    (days.source / "tracks").mkdir()
    (days.source / "tracks/2026-11-25_14-03-00.txt").write_text("0,3,1,1,5,5\n")
    days.run("footage")
    found = rows(clips_of(days), "video", "frames")
    assert found[:4] == [("2026-11-25_14-03-00", 50), ("2026-11-25_14-03-02", 50), ("a", 50), ("b", 50)]
    assert found[4:] == [("long_1", 134), ("long_2", 133), ("long_3", 133)]


def test_what_is_searched_gives_four_clips_too_if_none_is_shorter_than_two_minutes(project):
    record(project.source / "long.mp4", codec="mpeg4", count=2400, rate=2)  # 20 minutes
    project.params(decode={"rate": 2.0})
    project.run("footage")
    assert table(project, "videos")["frames"].tolist() == [300] * 8
    record(project.source / "long.mp4", codec="mpeg4", count=960, rate=2)  # 8 minutes
    project.run("footage")
    videos = table(project, "videos")
    assert videos.groupby(videos["split"] == "test")["frames"].apply(list).tolist() == [[120] * 4, [240] * 2]


def test_very_many_files_without_clocks_follow_one_another_by_their_numbers(days):
    for number in range(106):
        record(days.source / f"out{number}.ts", codec="mpeg2video", count=10)
    days.params(footage={"clip_minutes": 1.0})
    days.run("footage")
    runs, files = table(days, "runs"), table(days, "files").set_index("file")["path"]
    numbers = [int(files[number][3:-3]) for number in runs["file"]]
    assert sorted(numbers) == list(range(106))
    for _, own in runs.groupby("video"):
        found = [int(files[number][3:-3]) for number in own["file"]]
        assert found == list(range(found[0], found[0] + len(own)))
        assert (own["first"].diff().dropna() == 35).all()
    assert len(table(days, "videos")) < 20 and len(table(days, "faults")) == 0


def test_two_cameras_in_one_set_are_told_apart_and_it_is_said(days):
    for camera in ("gate", "yard"):
        for second in range(0, 12, 2):
            segment(days, f"{camera}/2026-11-25/14/03.{second:02d}.mp4")
    status, out, err = days.attempt("footage")
    assert status == 0 and "unlike each other are in one set, better split into one for each: 6 gate, 6 yard" in out, (
        err
    )
    videos = table(days, "videos")
    assert set(videos["view"]) == {"gate", "yard"} and videos["video"].is_unique
