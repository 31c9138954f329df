"""Own footage, sorted or side by side, through the stage: clips, frames, labels and regions as they were put there."""

import shutil

import numpy as np
import pytest
from helpers import still, walking_square, write_avi, write_pictures, write_video
from miniatures import clips_of, drop_rubbish, rows, shown, table

from stages.common.running.files import sha256
from stages.common.source.videos import read_pictures
from stages.common.tables.schemas import BOX
from stages.footage import probe


@pytest.fixture
def own(project):
    """Layout folder: pictures, MP4 and AVI, one clip with labels, one with tracks, one with neither."""
    source = project.source
    write_pictures(source / "train/pictures", still(3))
    write_video(source / "train/video.mp4", still(4))
    write_avi(source / "train/old.AVI", still(5))
    write_pictures(source / "test/marked", still(6))
    write_video(source / "test/tracked.mp4", still(7))
    write_pictures(source / "test/unknown", still(1))
    (source / "labels").mkdir()
    np.save(source / "labels/marked.npy", np.array([0, 1, 1, 0, 0, 1]))
    (source / "tracks").mkdir()
    (source / "tracks/tracked.txt").write_text("1,2,10,20,29,39\n0,6,0,0,0,0\n")
    (source / "notes.txt").write_text("mine")
    (source / "train/notes.txt").write_text("mine")
    project.params(footage={"images_fps": 10.0})
    return project


def test_own_footage(own):
    own.params(footage={"held_out_clips": ["old"]})
    own.run("footage")
    assert rows(clips_of(own), "video", "split", "kind", "path", "frames", "width", "height") == [
        ("marked", "test", "images", "test/marked", 6, 64, 48),
        ("old", "held_out", "file", "train/old.AVI", 5, 64, 48),
        ("pictures", "train", "images", "train/pictures", 3, 64, 48),
        ("tracked", "test", "file", "test/tracked.mp4", 7, 64, 48),
        ("unknown", "test", "images", "test/unknown", 1, 64, 48),
        ("video", "train", "file", "train/video.mp4", 4, 64, 48),
    ]
    videos, files = table(own, "videos"), table(own, "files")
    assert set(videos["fps"]) == {10} and videos["began"].isna().all() and videos["hash"].is_unique
    assert files["sha256"].tolist() == [sha256(own.source / path) for path in files["path"]]
    labels = own.labels()
    assert labels[labels["video"] == "marked"]["anomalous"].tolist() == [False, True, True, False, False, True]
    assert labels[labels["video"] == "tracked"]["anomalous"].tolist() == [False, False, True] + [False] * 3 + [True]
    assert set(labels["video"]) == {"marked", "tracked"}
    assert rows(own.regions(), "video", "track", "frame", *BOX, "type") == [
        ("tracked", 0, 6, 0, 0, 1, 1, ""),
        ("tracked", 1, 2, 10, 20, 30, 40, ""),
    ]


def test_every_second_picture_has_its_own_label_and_regions_shrink_with_the_frames(own):
    own.params(decode={"rate": 5.0, "height": 24})
    own.run("footage")
    assert rows(clips_of(own), "video", "frames", "fps", "width", "height")[3] == ("tracked", 4, 5, 32, 24)
    labels = own.labels()
    assert labels[labels["video"] == "marked"]["anomalous"].tolist() == [False, True, False]
    assert rows(own.regions(), "track", "frame", *BOX) == [(0, 3, 0, 0, 0.5, 0.5), (1, 1, 5, 10, 15, 20)]


def test_what_is_left_out_is_said(own):
    (own.source / "labels/README").touch()
    for name in ("train/old.srt", "train/@eaDir/a.mp4", "test/new.txt", "test/newer.TXT", "train/pictures/notes.txt"):
        (own.source / name).parent.mkdir(exist_ok=True)
        (own.source / name).touch()
    status, out, err = own.attempt("footage")
    assert status == 0, err
    assert "labelled anomalous; left out: 4 .txt, 1 .srt, in data/mine/footage" in out


def test_what_operating_systems_leave_behind_changes_no_clip_and_no_frame(own):
    own.run("footage")
    before, labels = table(own, "videos"), own.labels()
    for folder in ("", "train", "test", "train/pictures", "test/marked", "test/unknown", "labels", "tracks"):
        drop_rubbish(own.source / folder)
    own.run("footage")
    assert table(own, "videos").drop(columns="hash").equals(before.drop(columns="hash"))
    assert own.labels().equals(labels)


def test_running_again_gives_the_same_bytes(own):
    own.run("footage")
    before = own.made()
    own.run("footage")
    assert own.made() == before and "data/mine/footage/videos.parquet" in before


def test_only_what_is_new_or_changed_is_read_anew(own, monkeypatch):
    read, real = [], probe.probe_video
    monkeypatch.setattr(probe, "probe_video", lambda path: read.append(path.name) or real(path))
    own.run("footage")
    assert sorted(read) == ["old.AVI", "tracked.mp4", "video.mp4"]
    hashes = dict(rows(table(own, "videos"), "video", "hash"))
    read.clear()
    write_video(own.source / "train/new.mp4", still(4, seed=1))
    write_video(own.source / "train/video.mp4", still(5))
    own.run("footage")
    assert sorted(read) == ["new.mp4", "video.mp4"]
    after = dict(rows(table(own, "videos"), "video", "hash"))
    assert {video for video in hashes if after[video] != hashes[video]} == {"video"}


def test_without_any_truth_the_tables_are_empty_and_the_stage_goes_on(own):
    shutil.rmtree(own.source / "labels")
    shutil.rmtree(own.source / "tracks")
    own.run("footage")
    assert len(own.labels()) == len(own.regions()) == 0 and len(table(own, "videos")) == 6


def test_one_long_normal_video_is_cut_so_that_some_of_it_can_be_held_out(project):
    write_avi(project.source / "train/monday.avi", still(40))
    write_avi(project.source / "test/tuesday.avi", still(40))
    project.run("footage")
    assert rows(clips_of(project), "video", "frames") == [(f"monday_{k}", 10) for k in (1, 2, 3, 4)] + [("tuesday", 40)]


def test_two_of_one_name_are_told_apart_by_their_folders_or_suffixes(project):
    for path in ("train/a.avi", "train/b.mp4", "train/b.avi", "test/a.avi"):
        (write_avi if path.endswith("i") else write_video)(project.source / path, still(4))
    project.run("footage")
    assert table(project, "videos")["video"].tolist() == ["test_a", "train_a", "train_b.avi", "train_b.mp4"]


def test_a_file_named_like_a_part_of_another_is_told_from_it(project):
    for name in ("gate", "gate_1"):
        write_avi(project.source / f"{name}.avi", still(40))
    project.run("footage")
    assert sorted(table(project, "videos")["video"]) == ["gate_2", "gate_3", "gate_4", "test_gate_1", "train_gate_1"]


@pytest.fixture
def recordings(project):
    """Two recordings that nobody has sorted, a video and pictures, and what else lies about."""
    write_avi(project.source / "gate.avi", walking_square(40))
    write_pictures(project.source / "yard", still(24))
    (project.source / "tracks").mkdir()
    (project.source / "notes.txt").write_text("mine")
    project.params(footage={"images_fps": 10.0})
    return project


@pytest.mark.parametrize("layout", ["auto", "recordings"])
def test_recordings_are_split_by_share_of_all_time_and_it_is_said(recordings, layout):
    recordings.params(footage={"layout": layout})
    status, out, err = recordings.attempt("footage")
    assert status == 0 and "(no train/ and test/: the first 50% of the time are taken as normal)" in out, err
    clips = clips_of(recordings)
    assert rows(clips.assign(second=clips["second"].round(6)), "video", "path", "frames", "second") == [
        *((f"gate_{part + 1}", "gate.avi", 8, round(0.8 * part, 6)) for part in range(5)),
        ("yard", "yard", 24, 0),
    ]
    assert clips["split"].isin(["train", "held_out"]).tolist() == [True] * 4 + [False] * 2
    whole = [
        picture.to_ndarray(format="bgr24")
        for _, picture, _ in read_pictures(recordings.source / "gate.avi", "file", range(40))
    ]
    np.testing.assert_array_equal(shown(recordings, "gate_2"), whole[8:16])
    np.testing.assert_array_equal(shown(recordings, "gate_5"), whole[32:])


def test_what_lies_beside_recordings_is_said(recordings):
    for name in ("2026/may/a.srt", "2026/b.txt", "c.json", "yard/notes.txt", "tracks/yard.txt"):
        (recordings.source / name).parent.mkdir(parents=True, exist_ok=True)
        (recordings.source / name).touch()
    status, out, err = recordings.attempt("footage")
    assert status == 0, err
    assert "; left out: 1 .json, 1 .srt in sub-folders, 1 .txt, 1 .txt in sub-folders, in data/mine/footage" in out


def test_recordings_are_split_by_name(recordings):
    recordings.params(footage={"normal": ["gate"]})
    status, out, _ = recordings.attempt("footage")
    assert status == 0 and "taken as normal" not in out
    names = [f"gate_{part}" for part in (1, 2, 3, 4)]
    assert rows(clips_of(recordings), "video", "frames") == [*((name, 10) for name in names), ("yard", 24)]
    assert table(recordings, "videos")["split"].tolist()[-1] == "test"


@pytest.mark.parametrize(
    "normal, message",
    [
        (["x"], "footage.normal: 'x' is no recording, and no time of one; known: ['gate', 'yard']"),
        (["2026-11-25"], "footage.normal: '2026-11-25' is no recording, and no time of one"),
        (["gate", "yard"], "footage.normal: no recording is left to search; known: ['gate', 'yard']"),
    ],
)
def test_what_cannot_be_normal_is_refused(recordings, normal, message):
    recordings.params(footage={"normal": normal})
    assert message in recordings.refusal("footage")


def test_a_time_range_takes_frames_labels_and_regions_alike(own):
    shutil.rmtree(own.source / "test/unknown")
    own.params(footage={"start_seconds": 0.1})
    own.run("footage")
    assert rows(clips_of(own), "video", "frames", "second")[0] == ("marked", 5, 0.1)
    labels = own.labels()
    assert labels[labels["video"] == "marked"]["anomalous"].tolist() == [True, True, False, False, True]
    assert rows(own.regions(), "track", "frame") == [(0, 5), (1, 1)]


def test_frames_are_those_of_the_numbers_in_their_names(project):
    levels = [np.full((16, 16, 3), 10 * number, np.uint8) for number in range(12)]
    for path in ("train/a", "train/b", "test/c"):
        write_pictures(project.source / path, levels, "{}.png")
    project.params(decode={"rate": 25.0})
    project.run("footage")
    assert [picture[0, 0, 0] for picture in shown(project, "c")] == [10 * number for number in range(12)]
