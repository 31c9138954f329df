"""Frames come out of a clip as OpenCV reads them, and the same bytes from any number of workers."""

import shutil

import cv2
import numpy as np
import pytest
from helpers import Project, still, walking_square, write_avi, write_pictures, write_video

from stages.common.frames.store import open_frames
from stages.common.running.errors import InputError
from stages.decode.frames import pack_frames, read_frames

FRAMES = walking_square(9)


def by_hand(path):
    """All frames of a video or of a folder of pictures, as OpenCV gives them."""
    if path.is_dir():
        return np.stack([cv2.imread(str(file)) for file in sorted(path.iterdir())])
    video, frames = cv2.VideoCapture(str(path)), []
    while (answer := video.read())[0]:
        frames.append(answer[1])
    return np.stack(frames)


@pytest.fixture
def filled(project):
    write_video(project.source / "train/video.mp4", FRAMES)
    write_avi(project.source / "train/old.avi", FRAMES[:5])
    write_pictures(project.source / "test/pictures", FRAMES)
    write_pictures(project.source / "test/photos", FRAMES[:7], "{:02d}.jpg")
    return project


def test_no_frames_come_out_of_nothing(tmp_path):
    assert list(read_frames(tmp_path, "images")) == []
    assert list(read_frames(tmp_path / "none.mp4", "file")) == []
    (tmp_path / "piece").mkdir()
    with pytest.raises(InputError, match="0 frames, expected 2; it changed since it was counted: run again"):
        pack_frames(tmp_path, "images", (2, 48, 64), (0, 1), False, tmp_path / "piece")


@pytest.mark.parametrize("grey", [False, True])
def test_frames_are_those_that_opencv_reads(filled, grey):
    filled.params(decode={"grey": grey})
    filled.run("footage", "decode")
    for name, path in (
        ("video", "train/video.mp4"),
        ("old", "train/old.avi"),
        ("pictures", "test/pictures"),
        ("photos", "test/photos"),
    ):
        expected = by_hand(filled.source / path)
        if grey:
            expected = np.stack([cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) for frame in expected])
        frames = filled.frames(name)
        assert frames.dtype == np.uint8 and frames.shape == expected.shape, name
        assert np.array_equal(frames, expected), name
        own = filled.times().query("video == @name")["seconds"]
        store = filled.root / "data/mine/frames"
        np.testing.assert_array_equal(open_frames(store, name).times, own)
    if not grey:
        assert np.array_equal(filled.frames("pictures"), np.stack(FRAMES))


def test_grey_pictures_decode_to_three_equal_channels_or_to_themselves(project):
    grey = [frame[:, :, 0] for frame in FRAMES]
    for path in ("train/a", "train/b", "test/c"):
        write_pictures(project.source / path, grey)
    project.run("footage", "decode")
    assert np.array_equal(project.frames("c"), np.repeat(np.stack(grey)[..., None], 3, axis=3))
    project.params(decode={"grey": True})
    project.run("decode")
    assert np.array_equal(project.frames("c"), np.stack(grey))


def test_the_same_bytes_in_any_folder_from_any_number_of_workers(filled, tmp_path, capfd):
    other = Project(tmp_path / "another/place", capfd)
    shutil.copytree(filled.source, other.source, dirs_exist_ok=True)
    other.params(machine={"workers": 4})
    filled.run("footage", "decode")
    other.run("footage")
    other.run_apart("decode")
    assert filled.made() == other.made() and len(filled.made()) == 10


def test_two_clips_of_the_same_content_are_two_clips(project):
    for path in ("train/a", "train/b", "test/c", "test/d"):
        write_video(project.source / f"{path}.mp4", FRAMES)
    project.params(machine={"workers": 2})
    project.run("footage")
    project.run_apart("decode")
    for name in "abcd":
        assert np.array_equal(project.frames(name), by_hand(project.source / "test/c.mp4"))
    assert len(list((project.root / ".work/decode").glob("*/piece"))) == 1


def test_a_new_clip_leaves_the_frames_of_the_others_as_they_are(filled):
    filled.run("footage", "decode")
    pieces = filled.root / ".work/decode"
    before = {p: p.stat().st_mtime_ns for p in pieces.glob("*/piece")}
    write_pictures(filled.source / "test/new", FRAMES[:2])
    filled.run("footage", "decode")
    after = {p: p.stat().st_mtime_ns for p in pieces.glob("*/piece")}
    assert len(after) == 5 and after.items() >= before.items()
    assert len(filled.frames("new")) == 2


def test_footage_goes_before_decode(filled):
    filled.leave_earlier_outputs()
    assert filled.refusal("decode") == "data/mine/footage/videos.parquet: not found; run `dvc repro` to make it"


@pytest.mark.parametrize("at", [1, 8])
def test_frames_of_changing_size(filled, at):
    cv2.imwrite(str(filled.source / f"test/pictures/{at:03d}.png"), still(1, 32, 40)[0])
    filled.run("footage")
    filled.leave_earlier_outputs()
    line = filled.refusal("decode")
    assert line.startswith(f"data/raw/mine/test/pictures: frame {at} is 40x32, expected 64x48 as in the frames before")
    assert line.endswith("split the clip where the size changes")
    # What was finished before is kept, and nothing is half there.
    pieces = [path for path in (filled.root / ".work/decode").iterdir() if path.is_dir()]
    assert all((piece / "piece/frames.npy").is_file() and not piece.name.startswith(".") for piece in pieces)


def test_a_picture_that_cannot_be_read(filled):
    (filled.source / "test/pictures/004.png").write_bytes(b"no picture")
    filled.run("footage")
    filled.leave_earlier_outputs()
    assert filled.refusal("decode") == "data/raw/mine/test/pictures/004.png: cannot be read as a picture; replace it"


@pytest.mark.parametrize("change", ["more", "less", "gone"])
def test_a_clip_that_changed_since_it_was_counted(filled, change):
    filled.run("footage")
    path = filled.source / "train/video.mp4"
    path.unlink()
    if change != "gone":
        write_video(path, FRAMES * 2 if change == "more" else FRAMES[:4])
    filled.leave_earlier_outputs()
    expected = "data/raw/mine/train/video.mp4: it changed since its frames were counted: run again"
    assert filled.refusal("decode") == expected


@pytest.mark.parametrize("kind", ["images", "file"])
@pytest.mark.parametrize("first, step, count", [(0, 1, 9), (2, 1, 5), (0, 3, 3), (1, 4, 2), (8, 1, 1)])
def test_a_part_and_every_so_many_th_frame(tmp_path, kind, first, step, count):
    frames = walking_square(9)
    path = write_pictures(tmp_path / "clip", frames) if kind == "images" else write_avi(tmp_path / "clip.avi", frames)
    whole = list(read_frames(path, kind))
    (tmp_path / "piece").mkdir()
    pack_frames(path, kind, (count, 48, 64), (first, step), False, tmp_path / "piece")
    np.testing.assert_array_equal(np.load(tmp_path / "piece/frames.npy"), whole[first::step][:count])


def test_the_same_footage_in_three_forms_gives_the_same_frames_up_to_compression(project):
    frames = [cv2.GaussianBlur(frame, (5, 5), 0) for frame in walking_square(12, height=96, width=128)]
    forms = {
        "training/frames/01": "{:03d}.jpg",
        "training/frames/02": "{:03d}.jpg",
        "testing/frames/01": "{:03d}.jpg",
    }
    found = {}
    for path, name in forms.items():
        write_pictures(project.source / path, frames, name)
    project.run("footage", "decode")
    found["jpeg"] = project.frames("test_01")
    shutil.rmtree(project.source)
    for path in ("train/a", "train/b", "test/c"):
        write_video(project.source / f"{path}.mp4", frames)
    project.run("footage", "decode")
    found["mp4"] = project.frames("c")
    shutil.rmtree(project.source)
    for path in ("Train/Train001", "Train/Train002", "Test/Test001"):
        write_pictures(project.source / path, frames, "{:03d}.tif")
    project.run("footage", "decode")
    found["tiff"] = project.frames("Test001")
    np.testing.assert_array_equal(found["tiff"], frames)
    for lossy in ("jpeg", "mp4"):
        assert found[lossy].shape == found["tiff"].shape
        assert np.abs(found[lossy].astype(int) - found["tiff"]).mean() < 4
