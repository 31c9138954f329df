"""Recordings with what goes wrong in recorders: the right pictures at the right times, and the fault named."""

import numpy as np
import pandas as pd
import pytest
from helpers import write_pictures
from miniatures import clips_of, rows, shown, table
from recorder import cut_copy, number_of, numbered, record, turn_over, zero_packets

EVEN = [40 * number for number in range(60)]


@pytest.fixture
def set_of(project):
    """A set with two sound normal recordings, every picture of which is a frame."""
    for name in ("normal_1", "normal_2"):
        record(project.source / f"train/{name}.mp4", count=30)
    (project.source / "test").mkdir()
    project.params(decode={"rate": 25.0})
    return project


def faults(project):
    return rows(table(project, "faults"), "video", "path", "kind", "first_frame", "last_frame")


def numbers(project, video="a"):
    """Which picture each frame of a clip shows, -1 where it was not recorded."""
    found = np.full(table(project, "videos").set_index("video").loc[video, "frames"], -1)
    frames = table(project, "pictures").query("video == @video")["frame"]
    found[frames] = [number_of(picture) for picture in shown(project, video)]
    return found.tolist()


KINDS = {
    "a.ts": {"between": 2},
    "a.mts": {"form": "mpegts"},
    "a.h264": {"form": "h264", "between": 2},
    "a.265": {"form": "hevc", "codec": "libx265"},
    "a.dav": {"form": "h264"},
    "a.mpg": {"codec": "mpeg1video"},
    "a.3gp": {"codec": "mpeg4"},
    "a.asf": {"codec": "mpeg4", "form": "asf"},
    "a.flv": {"codec": "flv"},
    "a.wmv": {"codec": "wmv2", "form": "asf"},
    "a.mjpeg": {"codec": "mjpeg", "form": "mjpeg"},
    "a": {"form": "matroska"},
    "a.cam1": {"form": "mpegts"},
    "a.mp4": {"codec": "libsvtav1"},
    "a.avi": {"between": 2},
}


@pytest.mark.parametrize("name", KINDS)
def test_everything_that_ffmpeg_reads_is_read_whatever_its_name(set_of, name):
    record(set_of.source / "test" / name, **KINDS[name])
    set_of.run("footage")
    assert numbers(set_of) == list(range(60)) and faults(set_of) == []
    assert rows(clips_of(set_of), "video", "path", "fps")[0] == ("a", f"test/{name}", 25)


@pytest.mark.parametrize("form, codec", [("h264", "libx264"), ("mjpeg", "mjpeg"), ("matroska", "mpeg4")])
def test_a_rate_that_the_file_tells_or_that_is_put_right(set_of, form, codec):
    """Raw H.264 of 15 pictures a second named .mp4, and relatives; the normal ones are of that rate too."""
    for name in ("train/normal_1", "train/normal_2", "test/a"):
        record(set_of.source / f"{name}.mp4", form=form, codec=codec, rate=15, count=40)
    set_of.run("footage")
    told = {25.0} if form == "mjpeg" else {15.0}  # Motion JPEG tells none.
    assert set(table(set_of, "videos")["fps"].round(3)) == told and numbers(set_of) == list(range(40))
    set_of.params(footage={"fps": 15.0})
    set_of.run("footage")
    assert set(table(set_of, "videos")["fps"].round(3)) == {15} and numbers(set_of) == list(range(40))


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4", "a.ts", "a.flv"])
def test_a_gap_is_named_and_what_was_not_recorded_is_no_frame(set_of, name):
    stamps = [*EVEN[:30], *(stamp + 4000 for stamp in EVEN[30:])]
    record(set_of.source / "test" / name, stamps=stamps, codec="flv" if name == "a.flv" else "libx264")
    status, out, _ = set_of.attempt("footage")
    assert status == 0 and "; 4.0 s lost by 1 faults of recordings" in out
    assert numbers(set_of) == [*range(30), *[-1] * 100, *range(30, 60)]
    assert faults(set_of) == [("a", f"test/{name}", "gap", 30, 129)]
    assert rows(table(set_of, "runs").query("video == 'a'"), "first", "frames", "second")[1] == (
        130,
        30,
        pytest.approx(5.2, abs=0.2),
    )
    assert table(set_of, "faults")["seconds"].tolist() == [pytest.approx(4, abs=0.01)]


@pytest.mark.parametrize("days", [2 / 24, 365])
@pytest.mark.parametrize("name", ["a.mkv", "a.ts"])
def test_a_clock_that_jumps_by_hours_or_a_year_is_closed_to_a_second(set_of, name, days):
    if name == "a.ts" and days > 1:
        pytest.skip("the clock of a transport stream begins anew after 26 hours")
    jump = round(days * 86400_000)
    record(set_of.source / "test" / name, stamps=[*EVEN[:30], *(stamp + jump for stamp in EVEN[30:])])
    set_of.run("footage")
    assert numbers(set_of) == [*range(30), *[-1] * 25, *range(30, 60)]
    assert faults(set_of) == [("a", f"test/{name}", "clock", 30, 54)]
    assert set(table(set_of, "videos")["fps"]) == {25}


def test_a_clock_that_goes_back_is_closed_to_a_second_and_every_picture_is_there(set_of):
    first = record(set_of.source / "x.ts", stamps=[40 * number for number in range(100)], count=100)
    second = record(set_of.source / "y.ts", stamps=[1000 + stamp for stamp in EVEN])
    (set_of.source / "test/a.ts").write_bytes(first.read_bytes() + second.read_bytes())
    set_of.run("footage")
    assert numbers(set_of) == [*range(100), *[-1] * 25, *range(60)]
    assert faults(set_of) == [("a", "test/a.ts", "clock", 100, 124)]
    assert "jumps back by 3.1 s" in table(set_of, "faults")["said"][0]


@pytest.mark.parametrize(
    "name, extra", [("a.mkv", {}), ("a.flv", {"codec": "flv"}), ("a.mp4", {"movflags": "faststart"})]
)
def test_a_tail_that_was_cut_off_is_named_and_the_rest_is_used(set_of, name, extra):
    path = record(set_of.source / "test" / name, count=150, **extra)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    set_of.run("footage")
    found = numbers(set_of) if name != "a.mp4" else numbers_there(set_of)
    assert 40 < len(found) < 100 and found[:40] == list(range(40))
    (fault,) = faults(set_of)
    assert fault == ("a", f"test/{name}", "cut_off", len(found) - 1, len(found) - 1)
    assert table(set_of, "faults")["seconds"][0] == pytest.approx(6 - len(found) / 25, abs=0.3)


def numbers_there(project):
    return list(range(table(project, "videos").set_index("video").loc["a", "frames"]))


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv"])
@pytest.mark.parametrize("between", [0, 2])
def test_what_an_edit_list_hides_is_no_frame(set_of, name, between):
    """As `-ss 3 -c copy` leaves it: MP4 hides what it had to take along from the key frame on."""
    whole = record(set_of.source / "whole.mp4", count=150, group=50, between=between)
    cut_copy(whole, set_of.source / "test" / name, 3.0)
    set_of.run("footage")
    found = numbers(set_of)
    assert found == list(range(found[0], 150)) and faults(set_of) == []
    assert found[0] == 75 or name == "a.mkv"


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4", "a.ts"])
@pytest.mark.parametrize("late, sound", [(0, (0, 9)), (2000, (0, 4)), (0, (1, 3))])
def test_sound_longer_than_or_before_its_picture_changes_no_frame(set_of, name, late, sound):
    record(set_of.source / "test" / name, stamps=[stamp + late for stamp in EVEN], sound=sound)
    set_of.run("footage")
    assert numbers(set_of) == list(range(60)) and faults(set_of) == []


def test_a_bad_spot_in_a_file_written_live_shortens_nothing(set_of):
    path = record(set_of.source / "test/a.mkv", count=250, live="1")
    zero_packets(path, range(100, 103))
    set_of.run("footage")
    assert table(set_of, "videos").set_index("video").loc["a", "frames"] == 250
    pictures = table(set_of, "pictures").query("video == 'a'")
    assert pictures["frame"].tolist() == list(range(250)) and pictures["stamp"].tolist() == [40 * k for k in range(250)]


@pytest.mark.parametrize("turned", [0, 1])
def test_an_uncompressed_avi_is_read_from_the_bottom_up_too(set_of, turned):
    path = record(set_of.source / "test/a.avi", codec="rawvideo")
    for _ in range(turned):
        turn_over(path)
    set_of.run("footage")
    assert numbers(set_of) == list(range(60))


@pytest.fixture
def emptied(project):
    """A set as a person empties a recorder into one folder."""
    far, folder = 7200_000, project.source
    record(folder / "1.mp4", between=2)
    zero_packets(record(folder / "2.mkv", count=150, live="1"), range(100, 103))
    cut_copy(record(project.root / "whole.mp4", count=150, group=50), folder / "3.mp4", 3.0)
    record(folder / "4.mkv", sound=(0, 9))
    record(folder / "5.mp4", codec="libsvtav1")
    record(folder / "6.mkv", stamps=[*EVEN[:30], *(stamp + far for stamp in EVEN[30:])])
    record(folder / "7.mp4", form="h264")
    record(folder / "8.ts")
    (folder / "9.mp4").touch()
    write_pictures(folder / "previews", [numbered(0)])
    record(folder / "10", form="mpegts", stamps=[*EVEN[:30], *(stamp + 3000 for stamp in EVEN[30:])])
    record(folder / "11.avi", codec="rawvideo")
    keyless(folder / "12.h264")
    project.params(decode={"rate": 25.0, "gate": False}, train={"epochs": 1, "tubes_per_epoch": 100})
    return project


def test_a_folder_with_all_kinds_of_them_at_once_is_a_set(emptied):
    """Each fault is named, and every sound picture is there."""
    project = emptied
    status, out, err = project.attempt("footage")
    assert status == 0 and "2 of 12 files cannot be read: 12.h264, 9.mp4" in out, (out, err)
    found = [(kind, path) for _, path, kind, *_ in faults(project)]
    assert sorted(found) == [("clock", "6.mkv"), ("gap", "10"), ("unreadable", "12.h264"), ("unreadable", "9.mp4")]
    assert "left out: 1 .png in sub-folders" in out
    counts = table(project, "pictures").merge(table(project, "files"), on="file").groupby("path").size()
    assert counts.to_dict() == dict.fromkeys(
        ("1.mp4", "10", "11.avi", "4.mkv", "5.mp4", "6.mkv", "7.mp4", "8.ts"), 60
    ) | {
        "2.mkv": 150,
        "3.mp4": 75,
    }


@pytest.mark.slow
def test_a_folder_with_all_kinds_of_them_at_once_runs_to_its_page(emptied):
    stages = "footage decode detect sheets velocity tubes teach train score fuse evaluate report"
    emptied.run("weights", *stages.split())
    page = (emptied.root / "report/mine/index.html").read_text()
    for name in ("6.mkv", "10", "9.mp4", "12.h264"):
        assert name in page
    faults = pd.read_csv(emptied.root / "report/mine/faults.csv")
    assert {"clock", "gap", "unreadable"} <= set(faults["kind"])


def broken(path):
    path.write_bytes(b"no video\n" * 100)


def keyless(path):
    """A raw stream from its second packet on."""
    record(path, form="h264", group=100)
    content = path.read_bytes()
    path.write_bytes(content[content.index(b"\0\0\1\x41") :])


BAD = {
    "link": (lambda path: path.symlink_to("nowhere"), "it is a link to nothing"),
    "empty": (lambda path: path.touch(), "it is empty"),
    "text": (broken, "it is no video, or it was cut off"),
    "cut": (
        lambda path: path.write_bytes(record(path, count=60).read_bytes()[:2000]),
        "it is no video, or it was cut off",
    ),
    "keyless": (keyless, "it "),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_file_that_cannot_be_read_is_named_and_the_set_goes_on(set_of, kind):
    record(set_of.source / "test/a.mp4")
    make, why = BAD[kind]
    make(set_of.source / "test/b.mp4")
    status, out, err = set_of.attempt("footage")
    assert status == 0 and "; 1 of 4 files cannot be read: test/b.mp4 (it " in out, err
    assert faults(set_of) == [("", "test/b.mp4", "unreadable", -1, -1)]
    assert why in table(set_of, "faults")["said"][0]
    assert numbers(set_of) == list(range(60))


def test_all_bad_files_are_named_at_once_where_they_are_to_stop_the_stage(set_of):
    record(set_of.source / "test/a.mp4")
    for name in ("b.ts", "c.mp4"):
        (set_of.source / "test" / name).touch()
    set_of.params(footage={"unreadable": "stop"})
    assert set_of.refusal("footage") == (
        "data/raw/mine: 2 of 5 files cannot be read: test/b.ts (it is empty), test/c.mp4 (it is empty); copy or remove "
        "them, or set footage.unreadable to skip"
    )


def test_where_no_good_clip_is_left_to_search_the_reason_is_said(set_of):
    (set_of.source / "test/a.mp4").touch()
    line = set_of.refusal("footage")
    assert line.startswith("data/raw/mine: no test clips") and line.endswith("test/a.mp4 cannot be read: it is empty")


def test_a_preview_beside_its_video_and_files_of_servers_are_no_clips(set_of):
    record(set_of.source / "test/tuesday/a.mp4")
    for folder in ("@eaDir", ".thumbs"):
        write_pictures(set_of.source / "test/tuesday" / folder, [numbered(0)] * 2)
    write_pictures(set_of.source / "x", [numbered(1)] * 3)
    for file in (set_of.source / "x").iterdir():
        file.rename(set_of.source / "test/tuesday" / file.name)
    (set_of.source / "x").rmdir()
    (set_of.source / "test/tuesday/a.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nGate\n")
    status, out, err = set_of.attempt("footage")
    assert status == 0 and "; left out: 3 .png, 1 .srt, in data" in out, (out, err)
    assert table(set_of, "videos")["video"].tolist() == ["a", "normal_1", "normal_2"]


def test_a_file_of_another_size_is_left_out_and_one_of_another_rate_is_told_apart(set_of):
    record(set_of.source / "test/a.mp4")
    record(set_of.source / "test/b.mp4", height=80)
    record(set_of.source / "test/c.mp4", rate=5, count=10)
    status, out, err = set_of.attempt("footage")
    assert status == 0 and "; test/b.mp4 left out, of another size than 96x64: 2.4 s" in out, err
    assert "unlike each other" in out and "3 like most, 1 5 per second" in out
    assert rows(table(set_of, "videos"), "video", "view", "frames")[:2] == [("a", "", 60), ("c", "5 per second", 50)]
    assert numbers(set_of, "c")[::5] == list(range(10))
