"""Each published set as a miniature, through the stage: clips, frames, labels and regions as they were put there."""

import re
import shutil

import cv2
import numpy as np
import pytest
from helpers import ROOT, cut_off, still, write_pictures
from miniatures import clips_of, drop_rubbish, rows, save, shown, write_masks

from stages.common.tables.schemas import BOX
from stages.footage.layouts.ucsd import labels_of_ranges

PED2 = ROOT.parent / "shared/data/ped2"
AVENUE = ROOT.parent / "shared/data/avenue"


@pytest.fixture(autouse=True)
def every_frame(project):
    """As the sets' own lines in params.yaml have it."""
    project.params(decode={"rate": 25.0})


@pytest.mark.parametrize("rubbish", [False, True])
@pytest.mark.parametrize("layout", ["auto", "ano_pred"])
def test_ano_pred(ano_pred, rubbish, layout):
    folders = [p for p in ano_pred.source.rglob("*") if p.is_dir()]
    if rubbish:
        for folder in folders:
            drop_rubbish(folder)
    ano_pred.params(footage={"images_fps": 10.0, "layout": layout})
    ano_pred.run("footage")
    videos = clips_of(ano_pred)
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


@pytest.mark.parametrize("rubbish", [False, True])
@pytest.mark.parametrize("layout", ["auto", "avenue"])
def test_avenue(avenue, rubbish, layout):
    folders = [p for p in avenue.source.rglob("*") if p.is_dir()]
    if rubbish:
        for folder in folders:
            drop_rubbish(folder)
    avenue.params(footage={"layout": layout})
    avenue.run("footage")
    assert rows(clips_of(avenue), "video", "kind", "path", "frames", "fps") == [
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
    # Which part of it is there differs.
    assert set(rows(clips_of(project), "video", "frames", "width", "height", "fps")) >= {
        ("test_08", 36, 640, 360, 25),
        ("test_17", 426, 640, 360, 25),
        ("train_12", 145, 640, 360, 25),
        ("train_16", 244, 640, 360, 25),
    }
    found = project.labels().groupby("video")["anomalous"].sum()
    assert found[["test_08", "test_17"]].tolist() == [36, 384]


@pytest.mark.parametrize("rubbish", [False, True])
@pytest.mark.parametrize("layout", ["auto", "ucsd"])
def test_ucsd(ucsd, rubbish, layout):
    folders = [p for p in ucsd.source.rglob("*") if p.is_dir()]
    if rubbish:
        for folder in folders:
            drop_rubbish(folder)
            (folder / "._UCSDped2.m").write_bytes(b"\0")
    ucsd.params(footage={"layout": layout, "images_fps": 10.0})
    ucsd.run("footage")
    assert rows(clips_of(ucsd), "video", "kind", "path", "frames", "fps") == [
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
    np.testing.assert_array_equal(shown(ucsd, "Test001")[3], np.repeat(still(1)[0][..., :1], 3, axis=2))


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


@pytest.mark.parametrize("rubbish", [False, True])
@pytest.mark.parametrize("layout", ["auto", "shanghaitech"])
def test_shanghaitech(shanghaitech, rubbish, layout):
    folders = [p for p in shanghaitech.source.rglob("*") if p.is_dir()]
    if rubbish:
        for folder in folders:
            drop_rubbish(folder)
    shanghaitech.params(footage={"layout": layout, "images_fps": 10.0})
    shanghaitech.run("footage")
    assert rows(clips_of(shanghaitech), "video", "kind", "path", "frames", "fps") == [
        ("01_001", "file", "training/videos/01_001.avi", 5, 10),
        ("01_0014", "images", "testing/frames/01_0014", 6, 10),
        ("01_0015", "images", "testing/frames/01_0015", 6, 10),
        ("01_002", "file", "training/videos/01_002.avi", 5, 10),
        ("02_0128", "images", "testing/frames/02_0128", 6, 10),
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
    assert clips_of(shanghaitech)["path"].tolist()[0] == "training/frames/01_001"
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
    path = clips_of(project).set_index("video").loc[clip, "path"]
    own_name = path.split("/")[-1].removesuffix(".avi")
    (project.source / "tracks").mkdir()
    (project.source / f"tracks/{own_name}.txt").write_text("4,5,1,2,10,20\n")
    project.run("footage")
    regions = project.regions()
    assert rows(regions[regions["video"] == clip], "track", "frame", *BOX) == [(4, 5, 1, 2, 11, 21)]
    assert project.labels().equals(before)


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
    assert rows(clips_of(project), "video", "frames", "width", "height") == [
        ("test_01", 180, 360, 240),
        ("test_02", 180, 360, 240),
        ("train_01", 120, 360, 240),
        ("train_02", 150, 360, 240),
    ]
    assert project.labels().groupby("video")["anomalous"].sum().to_dict() == {"test_01": 120, "test_02": 86}
    assert cv2.imread(str(project.source / "testing/frames/01/000.jpg")).shape == (240, 360, 3)
