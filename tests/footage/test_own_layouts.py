"""Own footage, sorted or side by side, through the stage: clips, frames, labels and regions as they were put there."""

import shutil

import numpy as np
import pytest
from helpers import still, walking_square, write_avi, write_pictures, write_video
from miniatures import drop_rubbish, rows

from stages.common.running.files import sha256
from stages.common.tables.schemas import BOX
from stages.decode.frames import read_frames


@pytest.fixture
def own(project):
    """Layout folder: pictures, MP4 and AVI, one clip with labels, one with tracks, one with neither."""
    source = project.source
    write_pictures(source / "train/pictures", still(3))
    write_video(source / "train/video.mp4", still(4))
    write_avi(source / "train/old.AVI", still(5))
    write_pictures(source / "test/marked", still(6))
    write_video(source / "test/tracked.mp4", still(7), fps=12)
    write_pictures(source / "test/unknown", still(1))
    (source / "labels").mkdir()
    np.save(source / "labels/marked.npy", np.array([0, 1, 1, 0, 0, 1]))
    (source / "tracks").mkdir()
    (source / "tracks/tracked.txt").write_text("1,2,10,20,29,39\n0,6,0,0,0,0\n")
    (source / "notes.txt").write_text("mine")
    (source / "train/notes.txt").write_text("mine")
    return project


def test_own_footage(own):
    own.params(footage={"images_fps": 25.0, "held_out_clips": ["old"]})
    own.run("footage")
    videos = own.videos()
    assert rows(videos, "video", "split", "kind", "path", "frames", "width", "height") == [
        ("marked", "test", "images", "test/marked", 6, 64, 48),
        ("old", "held_out", "file", "train/old.AVI", 5, 64, 48),
        ("pictures", "train", "images", "train/pictures", 3, 64, 48),
        ("tracked", "test", "file", "test/tracked.mp4", 7, 64, 48),
        ("unknown", "test", "images", "test/unknown", 1, 64, 48),
        ("video", "train", "file", "train/video.mp4", 4, 64, 48),
    ]
    assert videos["fps"].tolist() == [25, 10, 25, 12, 25, 10]
    assert videos["sha256"].tolist() == [sha256(own.source / path) for path in videos["path"]]
    labels = own.labels()
    assert labels[labels["video"] == "marked"]["anomalous"].tolist() == [False, True, True, False, False, True]
    assert labels[labels["video"] == "tracked"]["anomalous"].tolist() == [False, False, True] + [False] * 3 + [True]
    assert set(labels["video"]) == {"marked", "tracked"}
    assert rows(own.regions(), "video", "track", "frame", *BOX, "type") == [
        ("tracked", 0, 6, 0, 0, 1, 1, ""),
        ("tracked", 1, 2, 10, 20, 30, 40, ""),
    ]


def test_what_is_left_out_is_said(own):
    (own.source / "labels/README").touch()
    for name in ("train/old.mpg", "test/new.ts", "test/newer.TS", "extra.mp4", "train/pictures/notes.txt"):
        (own.source / name).touch()
    status, out, err = own.attempt("footage")
    assert status == 0, err
    assert "labelled anomalous; left out: 2 .ts, 2 .txt, 1 .mp4, 1 .mpg, in data/mine/footage" in out


def test_what_operating_systems_leave_behind_changes_no_clip_and_no_frame(own):
    own.run("footage")
    before, labels = own.videos(), own.labels()
    for folder in ("", "train", "test", "train/pictures", "test/marked", "test/unknown", "labels", "tracks"):
        drop_rubbish(own.source / folder)
    own.run("footage")
    assert own.videos().drop(columns="sha256").equals(before.drop(columns="sha256"))
    assert own.labels().equals(labels)


def test_running_again_gives_the_same_bytes(own):
    own.run("footage")
    before = own.made()
    own.run("footage")
    assert own.made() == before and "data/mine/footage/videos.parquet" in before


def test_without_any_truth_the_tables_are_empty_and_the_stage_goes_on(own):
    shutil.rmtree(own.source / "labels")
    shutil.rmtree(own.source / "tracks")
    own.run("footage")
    assert len(own.labels()) == len(own.regions()) == 0 and len(own.videos()) == 6


@pytest.fixture
def recordings(project):
    """Two recordings that nobody has sorted, a video and pictures, and what else lies about."""
    write_avi(project.source / "gate.avi", walking_square(40))
    write_pictures(project.source / "yard", still(24))
    (project.source / "tracks").mkdir()
    (project.source / "notes.txt").write_text("mine")
    return project


@pytest.mark.parametrize("layout", ["auto", "recordings"])
def test_recordings_are_split_by_share_and_it_is_said(recordings, layout):
    recordings.params(footage={"layout": layout, "images_fps": 12.0})
    status, out, _ = recordings.attempt("footage")
    assert status == 0 and "(no train/ and test/: the first 50% of each recording are taken as normal)" in out
    videos = recordings.videos()
    assert rows(videos[videos["split"] == "test"], "video", "path", "first", "step", "frames") == [
        ("gate_rest", "gate.avi", 20, 1, 20),
        ("yard_rest", "yard", 12, 1, 12),
    ]
    normal = videos[videos["split"] != "test"]
    assert normal["video"].tolist() == [f"{name}_normal_{part}" for name in ("gate", "yard") for part in (1, 2, 3, 4)]
    assert normal["first"].tolist() == [0, 5, 10, 15, 0, 3, 6, 9] and set(normal["split"]) == {"train", "held_out"}
    recordings.run("decode")
    whole = list(read_frames(recordings.source / "gate.avi", "file"))
    np.testing.assert_array_equal(recordings.frames("gate_rest"), whole[20:])
    np.testing.assert_array_equal(recordings.frames("gate_normal_2"), whole[5:10])


def test_what_lies_beside_recordings_is_said(recordings):
    for name in ("2026/may/a.mp4", "2026/b.mp4", "c.flv", "yard/notes.txt", "tracks/yard.txt"):
        (recordings.source / name).parent.mkdir(parents=True, exist_ok=True)
        (recordings.source / name).touch()
    status, out, err = recordings.attempt("footage")
    assert status == 0, err
    assert "; left out: 2 .mp4 in sub-folders, 1 .flv, 1 .txt, in data/mine/footage" in out


def test_recordings_are_split_by_name(recordings):
    recordings.params(footage={"normal_clips": ["gate"]})
    status, out, _ = recordings.attempt("footage")
    assert status == 0 and "taken as normal" not in out
    names = [f"gate_normal_{part}" for part in (1, 2, 3, 4)]
    assert rows(recordings.videos(), "video", "frames") == [*((name, 10) for name in names), ("yard", 24)]
    assert recordings.videos()["split"].tolist()[-1] == "test"


def test_a_time_range_and_a_stride_take_frames_labels_and_regions_alike(own):
    shutil.rmtree(own.source / "test/unknown")
    own.params(footage={"images_fps": 10.0, "start_seconds": 0.1, "stride": 2})
    own.run("footage", "decode")
    videos = own.videos().set_index("video")
    assert videos.loc["marked", ["first", "step", "frames", "fps"]].tolist() == [1, 2, 3, 5]
    labels = own.labels()
    assert labels[labels["video"] == "marked"]["anomalous"].tolist() == [True, False, True]
    # Frame 2 of seven at 12 per second is the first from 0.1 seconds on; frame 6 is the third taken.
    assert rows(own.regions(), "track", "frame") == [(0, 2), (1, 0)]
    assert len(own.frames("marked")) == 3


def test_frames_are_read_in_the_order_of_their_numbers(project):
    levels = [np.full((16, 16, 3), 10 * number, np.uint8) for number in range(12)]
    for path in ("train/a", "train/b", "test/c"):
        write_pictures(project.source / path, levels, "{}.png")
    project.run("footage", "decode")
    assert project.frames("c")[:, 0, 0, 0].tolist() == [10 * number for number in range(12)]
