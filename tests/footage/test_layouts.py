"""Each layout on a miniature set, through the stage: clips, frames, labels and regions as they were put there."""

import json
import shutil

import cv2
import numpy as np
import pytest
from helpers import ROOT, cut_off, still, tree, write_avi, write_pictures, write_video
from scipy.io import savemat

from stages.common.files import sha256
from stages.common.tables import BOX
from stages.footage.clips import probe

PED2 = ROOT.parent / "shared/data/ped2"
AVENUE = ROOT.parent / "shared/data/avenue"


def drop_rubbish(folder):
    """What macOS and Windows leave in every folder that they show."""
    folder.mkdir(exist_ok=True)
    for name in (".DS_Store", "Thumbs.db", "._01", "._a.mp4", "._000.png", ".hidden.jpg"):
        (folder / name).write_bytes(b"\0\5\x16\7 no picture")


def rows(table, *columns):
    return list(table[list(columns)].itertuples(index=False, name=None))


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
def ano_pred(project):
    """Two training clips; a test clip with masks whose name holds a dot, and one without."""
    for name in ("01", "02"):
        write_pictures(project.source / f"training/frames/{name}", still(2), "{}.jpg")
    write_pictures(project.source / "testing/frames/01.north", still(12), "{}.jpg")
    write_pictures(project.source / "testing/frames/02", still(2), "{}.jpg")
    masks = np.zeros((12, 48, 64), np.uint8)
    masks[2, 10:20, 30:40] = 255
    masks[10, 5:15, 3:9] = 255
    masks[11, 0, 0] = 255  # a stray pixel: an anomalous frame, and no region
    masks[5] = 100  # grey is not white
    write_pictures(project.source / "testing/masks/01.north", masks, "{}.png")
    return project


@pytest.mark.parametrize("rubbish", [False, True])
@pytest.mark.parametrize("layout", ["auto", "ano_pred"])
def test_ano_pred(ano_pred, rubbish, layout):
    folders = [p for p in ano_pred.source.rglob("*") if p.is_dir()]
    if rubbish:
        for folder in folders:
            drop_rubbish(folder)
    ano_pred.params(footage={"images_fps": 10.0, "layout": layout})
    ano_pred.run("footage")
    videos = ano_pred.videos()
    assert rows(videos, "video", "kind", "path", "frames", "fps") == [
        ("test_01.north", "images", "testing/frames/01.north", 12, 10),
        ("test_02", "images", "testing/frames/02", 2, 10),
        ("train_01", "images", "training/frames/01", 2, 10),
        ("train_02", "images", "training/frames/02", 2, 10),
    ]
    assert videos["split"].tolist()[:2] == ["test", "test"]
    assert sorted(videos["split"].tolist()[2:]) == ["held_out", "train"]
    labels = ano_pred.labels()
    assert set(labels["video"]) == {"test_01.north"}
    # The masks are in the order of their numbers: 10.png comes after 2.png.
    assert np.flatnonzero(labels["anomalous"]).tolist() == [2, 10, 11]
    assert rows(ano_pred.regions(), "track", "frame", *BOX) == [(0, 2, 30, 10, 40, 20), (1, 10, 3, 5, 9, 15)]


@pytest.fixture
def avenue(project):
    """Two training videos; a test video with masks, as MATLAB writes them, and one without."""
    for path in ("training_videos/01", "training_videos/02", "testing_videos/03", "testing_videos/10"):
        write_avi(project.source / f"{path}.avi", still(6))
    write_masks(project.source, "3_label.mat", 6)
    return project


def write_masks(source, name, frames, height=48, key="volLabel"):
    cells = np.empty((1, frames), object)
    for frame in range(frames):
        cells[0, frame] = np.zeros((height, 64), np.uint8)
    cells[0, 2][10:20, 30:40] = cells[0, 3][10:20, 33:43] = 1
    folder = source / "ground_truth_demo/testing_label_mask"
    folder.mkdir(parents=True, exist_ok=True)
    savemat(folder / name, {key: cells})


@pytest.mark.parametrize("rubbish", [False, True])
@pytest.mark.parametrize("layout", ["auto", "avenue"])
def test_avenue(avenue, rubbish, layout):
    folders = [p for p in avenue.source.rglob("*") if p.is_dir()]
    if rubbish:
        for folder in folders:
            drop_rubbish(folder)
    avenue.params(footage={"layout": layout})
    avenue.run("footage")
    assert rows(avenue.videos(), "video", "kind", "path", "frames", "fps") == [
        ("test_03", "file", "testing_videos/03.avi", 6, 10),
        ("test_10", "file", "testing_videos/10.avi", 6, 10),
        ("train_01", "file", "training_videos/01.avi", 6, 10),
        ("train_02", "file", "training_videos/02.avi", 6, 10),
    ]
    assert set(avenue.labels()["video"]) == {"test_03"}
    assert avenue.labels()["anomalous"].tolist() == [False, False, True, True, False, False]
    assert rows(avenue.regions(), "track", "frame", *BOX) == [(0, 2, 30, 10, 40, 20), (0, 3, 33, 10, 43, 20)]


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"frames": 5}, "5 masks for a clip of 6 frames"),
        ({"frames": 6, "height": 40}, "frame 0: expected a mask of shape (48, 64), found (40, 64)"),
        ({"frames": 6, "key": "other"}, "no MATLAB file with volLabel"),
    ],
)
def test_masks_of_avenue_that_do_not_fit_are_refused_by_name(avenue, wrong, message):
    write_masks(avenue.source, "3_label.mat", **wrong)
    assert f"3_label.mat: {message}" in avenue.refusal("footage")


def test_masks_of_avenue_that_were_cut_off_are_refused_by_name(avenue):
    cut_off(avenue.source / "ground_truth_demo/testing_label_mask/3_label.mat", 0.5)
    assert "3_label.mat: no MATLAB file with volLabel" in avenue.refusal("footage")


def test_avenue_lies_in_a_known_layout(project):
    if not (AVENUE / "testing_videos").is_dir():
        pytest.skip("no part of Avenue in ../shared/data/avenue")
    project.source.rmdir()
    project.source.symlink_to(AVENUE)
    project.run("footage")
    assert rows(project.videos(), "video", "frames", "width", "height", "fps") == [
        ("test_08", 36, 640, 360, 25),
        ("test_17", 426, 640, 360, 25),
        ("train_12", 145, 640, 360, 25),
        ("train_16", 244, 640, 360, 25),
    ]
    assert project.labels().groupby("video")["anomalous"].sum().to_dict() == {"test_08": 36, "test_17": 384}


def test_frames_are_read_in_the_order_of_their_numbers(project):
    levels = [np.full((16, 16, 3), 10 * number, np.uint8) for number in range(12)]
    for path in ("train/a", "train/b", "test/c"):
        write_pictures(project.source / path, levels, "{}.png")
    project.run("footage", "decode")
    assert project.frames("c")[:, 0, 0, 0].tolist() == [10 * number for number in range(12)]


EVENT = {"type": "vehicle", "start": 2, "route": "lower", "heading": "left", "speed": 6.0}


@pytest.fixture
def demo(project):
    clips = [
        {"name": name, "split": split, "frames": frames, "walkers": 2, "events": events}
        for name, split, frames, events in (
            ("one", "train", 6, []),
            ("two", "train", 5, []),
            ("cart", "test", 24, [EVENT]),
            ("calm", "test", 4, []),
        )
    ]
    recipe = {"seed": 5, "width": 96, "height": 64, "fps": 12, "clips": clips}
    (project.source / "recipe.yaml").write_text(json.dumps(recipe))
    return project


def test_the_demo_is_rendered_with_its_labels_and_regions(demo):
    demo.run("footage")
    videos, labels, regions = demo.videos(), demo.labels(), demo.regions()
    assert rows(videos, "video", "kind", "path", "frames", "fps", "width", "height") == [
        ("calm", "rendered", "videos/calm.mp4", 4, 12, 96, 64),
        ("cart", "rendered", "videos/cart.mp4", 24, 12, 96, 64),
        ("one", "rendered", "videos/one.mp4", 6, 12, 96, 64),
        ("two", "rendered", "videos/two.mp4", 5, 12, 96, 64),
    ]
    footage = demo.root / "data/mine/footage"
    for video in videos.itertuples():
        assert probe(footage / video.path, "file", 0)["frames"] == video.frames
        assert sha256(footage / video.path) == video.sha256
    assert labels.groupby("video").size().to_dict() == {"calm": 4, "cart": 24}
    anomalous = labels[labels["anomalous"]]
    assert set(anomalous["video"]) == {"cart"} and 5 <= len(anomalous) <= 22
    assert set(regions["frame"]) == set(anomalous["frame"]) and set(regions["type"]) == {"vehicle"}
    assert (regions["frame"] >= EVENT["start"]).all()
    assert (regions[["x1", "y1"]] >= 0).all().all() and (regions[["x2", "y2"]] <= [96, 64]).all().all()
    middles = (regions["x1"] + regions["x2"]).tolist()
    assert middles[-1] < middles[0]  # heading left


def test_the_demo_is_the_same_bytes_from_any_number_of_workers(demo):
    demo.run("footage")
    alone = demo.made()
    shutil.rmtree(demo.root / ".work")
    demo.params(machine={"workers": 2})
    demo.run_apart("footage")
    assert demo.made() == alone


def test_the_demo_renders_finished_clips_only_once(demo):
    demo.run("footage")
    pieces = demo.root / ".work/footage"
    before = {p: p.stat().st_mtime_ns for p in pieces.iterdir()}
    shutil.rmtree(demo.root / "data/mine")
    demo.run("footage")
    assert {p: p.stat().st_mtime_ns for p in pieces.iterdir()} == before and len(before) == 4
    assert len(tree(demo.root / "data/mine/footage/videos")) == 4


def test_ped2_lies_in_a_known_layout(project):
    if not (PED2 / "testing/masks").is_dir():
        pytest.skip("no Ped2 in ../shared/data/ped2")
    project.source.rmdir()
    # Two clips of each split: the whole set takes ten times as long.
    for part in ("training/frames", "testing/frames", "testing/masks"):
        (project.source / part).mkdir(parents=True)
        for name in ("01", "02"):
            (project.source / part / name).symlink_to(PED2 / part / name)
    project.run("footage")
    assert rows(project.videos(), "video", "frames", "width", "height") == [
        ("test_01", 180, 360, 240),
        ("test_02", 180, 360, 240),
        ("train_01", 120, 360, 240),
        ("train_02", 150, 360, 240),
    ]
    assert project.labels().groupby("video")["anomalous"].sum().to_dict() == {"test_01": 120, "test_02": 86}
    assert cv2.imread(str(project.source / "testing/frames/01/000.jpg")).shape == (240, 360, 3)
