"""Each layout on a miniature set, through the stage: clips, frames, labels and regions as they were put there."""

import json
import re
import shutil

import cv2
import numpy as np
import pytest
from helpers import ROOT, cut_off, still, tree, walking_square, write_avi, write_pictures, write_video
from scipy.io import savemat

from stages.common.files import sha256
from stages.common.tables import BOX
from stages.decode.frames import read_frames
from stages.footage.clips import probe
from stages.footage.layouts.ucsd import labels_of_ranges

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


@pytest.mark.parametrize("share", [0, 0.02, 0.5])
def test_masks_of_avenue_that_were_cut_off_are_refused_by_name(avenue, share):
    cut_off(avenue.source / "ground_truth_demo/testing_label_mask/3_label.mat", share)
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


@pytest.fixture
def ucsd(project):
    """TIFF pictures; masks of the first test clip, in both spellings of names, and ranges of both."""
    for name in ("Train/Train001", "Train/Train002", "Test/Test001", "Test/Test002"):
        write_pictures(project.source / name, [frame[..., 0] for frame in still(12)], "{:03d}.tif")
    for clip, name in (("Test001", "{:03d}.bmp"), ("Test002", "frame{:03d}.bmp")):
        masks = np.zeros((12, 48, 64), np.uint8)
        masks[9, 10:20, 30:40] = masks[10, 10:20, 33:43] = 255
        write_pictures(project.source / f"Test/{clip}_gt", masks, name)
    ranges = "TestVideoFile = {};\nTestVideoFile{end+1}.gt_frame = [10:11];\n"
    ranges += "% TestVideoFile{end+1}.gt_frame = [1:12];\nTestVideoFile{end+1}.gt_frame = [2, 5:7];\n"
    (project.source / "Test/UCSDped2.m").write_text(ranges)
    return project


@pytest.mark.parametrize("rubbish", [False, True])
@pytest.mark.parametrize("layout", ["auto", "ucsd"])
def test_ucsd(ucsd, rubbish, layout):
    folders = [p for p in ucsd.source.rglob("*") if p.is_dir()]
    if rubbish:
        for folder in folders:
            drop_rubbish(folder)
            (folder / "._UCSDped2.m").write_bytes(b"\0")
    ucsd.params(footage={"layout": layout, "images_fps": 10.0})
    ucsd.run("footage", "decode")
    assert rows(ucsd.videos(), "video", "kind", "path", "frames", "fps") == [
        ("Test001", "images", "Test/Test001", 12, 10),
        ("Test002", "images", "Test/Test002", 12, 10),
        ("Train001", "images", "Train/Train001", 12, 10),
        ("Train002", "images", "Train/Train002", 12, 10),
    ]
    anomalous = ucsd.labels()[ucsd.labels()["anomalous"]]
    assert rows(anomalous, "video", "frame") == [("Test001", f) for f in (9, 10)] + [
        ("Test002", f) for f in (1, 4, 5, 6)
    ]
    regions = [(0, 9, 30, 10, 40, 20), (0, 10, 33, 10, 43, 20)]
    for clip in ("Test001", "Test002"):
        own = ucsd.regions()[ucsd.regions()["video"] == clip]
        assert rows(own, "track", "frame", *BOX) == regions
    np.testing.assert_array_equal(ucsd.frames("Test001")[3], np.repeat(still(1)[0][..., :1], 3, axis=2))


def test_ucsd_without_ranges_is_labelled_by_its_masks(ucsd):
    (ucsd.source / "Test/UCSDped2.m").unlink()
    shutil.rmtree(ucsd.source / "Test/Test002_gt")
    ucsd.run("footage")
    labels = ucsd.labels()
    assert set(labels["video"]) == {"Test001"} and np.flatnonzero(labels["anomalous"]).tolist() == [9, 10]


@pytest.mark.parametrize(
    "ranges, message",
    [
        ("x.gt_frame = [1:3];", "UCSDped2.m: 1 entries of gt_frame, none for Test002"),
        ("x.gt_frame = [1:13];", "UCSDped2.m: Test001: frames 1 to 13 in a clip of 12, counted from 1"),
        ("x.gt_frame = [0:3];", "UCSDped2.m: Test001: frames 0 to 3 in a clip of 12, counted from 1"),
    ],
)
def test_ranges_of_ucsd_that_do_not_fit_are_refused_by_name(ucsd, ranges, message):
    (ucsd.source / "Test/UCSDped2.m").write_text(ranges)
    assert message in ucsd.refusal("footage")


def test_the_masks_that_ucsd_ships_are_the_same_as_the_pictures_of_ped2(project):
    """The publisher's own files beside TIFF clips of as many frames as they have masks."""
    shipped = ROOT.parent / "shared/data/ucsd_gt/UCSDped2/Test"
    if not shipped.is_dir() or not PED2.is_dir():
        pytest.skip("no masks of UCSD in ../shared/data/ucsd_gt, or no Ped2")
    for name in ("Train001", "Train002"):
        write_pictures(project.source / f"Train/{name}", [np.zeros((240, 360), np.uint8)] * 2, "{:03d}.tif")
    for clip in ("Test001", "Test009"):
        shutil.copytree(shipped / f"{clip}_gt", project.source / f"Test/{clip}_gt")
        numbers = [int(re.findall(r"\d+", file.stem)[0]) for file in (shipped / f"{clip}_gt").glob("*.bmp")]
        write_pictures(project.source / f"Test/{clip}", [np.zeros((240, 360), np.uint8)] * len(numbers), "{:03d}.tif")
        assert len(numbers) > 10
        project.run("footage")
        found = project.labels()[project.labels()["video"] == clip]["anomalous"].tolist()
        folder = PED2 / f"testing/masks/{clip[-2:]}"
        known = [cv2.imread(str(folder / f"{number - 1:03d}.png"), 0).any() for number in sorted(numbers)]
        assert found == known


def test_the_ranges_that_ucsd_ships_are_1648_frames():
    file = ROOT.parent / "shared/data/ucsd_gt/UCSDped2/Test/UCSDped2.m"
    if not file.exists():
        pytest.skip("no UCSDped2.m in ../shared/data/ucsd_gt")
    assert sum(labels_of_ranges(file, f"Test{number:03d}", 180).sum() for number in range(1, 13)) == 1648


@pytest.fixture
def shanghaitech(project):
    """Training videos, test pictures; one test clip with labels and masks, one with masks, one with neither."""
    for name in ("01_001", "01_002"):
        write_avi(project.source / f"training/videos/{name}.avi", still(5))
    for name in ("01_0014", "01_0015", "02_0128"):
        write_pictures(project.source / f"testing/frames/{name}", still(6), "{:03d}.jpg")
    masks = np.zeros((6, 48, 64), np.uint8)
    masks[2, 10:20, 30:40] = masks[3, 10:20, 33:43] = 1
    for name in ("01_0014", "01_0015"):
        save(project.source / f"testing/test_pixel_mask/{name}.npy", masks)
    save(project.source / "testing/test_frame_mask/01_0014.npy", np.array([0, 0, 1, 1, 1, 0]))
    return project


def save(path, array):
    path.parent.mkdir(exist_ok=True)
    np.save(path, array)


@pytest.mark.parametrize("rubbish", [False, True])
@pytest.mark.parametrize("layout", ["auto", "shanghaitech"])
def test_shanghaitech(shanghaitech, rubbish, layout):
    folders = [p for p in shanghaitech.source.rglob("*") if p.is_dir()]
    if rubbish:
        for folder in folders:
            drop_rubbish(folder)
    shanghaitech.params(footage={"layout": layout, "images_fps": 24.0})
    shanghaitech.run("footage")
    assert rows(shanghaitech.videos(), "video", "kind", "path", "frames", "fps") == [
        ("01_001", "file", "training/videos/01_001.avi", 5, 10),
        ("01_0014", "images", "testing/frames/01_0014", 6, 24),
        ("01_0015", "images", "testing/frames/01_0015", 6, 24),
        ("01_002", "file", "training/videos/01_002.avi", 5, 10),
        ("02_0128", "images", "testing/frames/02_0128", 6, 24),
    ]
    anomalous = shanghaitech.labels()[shanghaitech.labels()["anomalous"]]
    assert set(shanghaitech.labels()["video"]) == {"01_0014", "01_0015"}
    assert rows(anomalous, "video", "frame") == [("01_0014", f) for f in (2, 3, 4)] + [("01_0015", f) for f in (2, 3)]
    regions = [("01_0014", 0, 2, 30), ("01_0014", 0, 3, 33), ("01_0015", 0, 2, 30), ("01_0015", 0, 3, 33)]
    assert rows(shanghaitech.regions(), "video", "track", "frame", "x1") == regions


def test_shanghaitech_with_its_training_videos_unpacked(shanghaitech):
    shutil.rmtree(shanghaitech.source / "training/videos")
    for name in ("01_001", "01_002"):
        write_pictures(shanghaitech.source / f"training/frames/{name}", still(5), "{:03d}.jpg")
    shanghaitech.run("footage")
    assert shanghaitech.videos()["path"].tolist()[0] == "training/frames/01_001"
    assert set(shanghaitech.labels()["video"]) == {"01_0014", "01_0015"}


@pytest.mark.parametrize("shape, message", [((5, 48, 64), "5 masks for a clip of 6"), ((6, 48), "expected masks of")])
def test_pixel_masks_that_do_not_fit_are_refused_by_name(shanghaitech, shape, message):
    save(shanghaitech.source / "testing/test_pixel_mask/01_0015.npy", np.zeros(shape, np.uint8))
    line = shanghaitech.refusal("footage")
    assert line.startswith("data/raw/mine/testing/test_pixel_mask/01_0015.npy: ") and message in line


@pytest.mark.parametrize("layout", ["ano_pred", "avenue", "ucsd", "shanghaitech"])
def test_tracks_beside_a_set_count_for_more_than_its_masks(layout, request):
    project = request.getfixturevalue(layout)
    project.run("footage")
    clip, before = project.regions()["video"].iloc[0], project.labels()
    path = project.videos().set_index("video").loc[clip, "path"]
    own_name = path.split("/")[-1].removesuffix(".avi")
    (project.source / "tracks").mkdir()
    (project.source / f"tracks/{own_name}.txt").write_text("4,5,1,2,10,20\n")
    project.run("footage")
    regions = project.regions()
    assert rows(regions[regions["video"] == clip], "track", "frame", *BOX) == [(4, 5, 1, 2, 11, 21)]
    assert project.labels().equals(before)


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
