"""Footage that cannot be used: one line that names file, expected and actual, and earlier outputs left alone."""

import os
import pickle

import cv2
import numpy as np
import pytest
from helpers import still, walking_square, write_pictures

FRAMES = walking_square(12)


@pytest.fixture(autouse=True)
def earlier(project):
    project.leave_earlier_outputs()


@pytest.fixture
def own(project):
    project.add_normal_clips()
    return project


@pytest.fixture
def ano_pred(project):
    for index in range(2):
        write_pictures(project.source / f"training/frames/{index:02d}", still(2))
    write_pictures(project.source / "testing/frames/00", still(3))
    return project


def masks(count, shape=(48, 64)):
    return [np.zeros(shape, np.uint8)] * count


def test_no_source_folder(project):
    project.source.rmdir()
    assert project.refusal("footage").startswith("data/raw/mine: no such folder; put the footage there")


def test_an_empty_source_folder(project):
    line = project.refusal("footage")
    assert line.startswith("data/raw/mine: no video in it; expected videos of any kind that FFmpeg reads, or folders")
    assert line.endswith("sorted into train/ (normal) and test/ (to be searched); found nothing")


@pytest.mark.parametrize("layout", ["auto", "recordings"])
def test_a_folder_without_a_video_that_can_be_read_is_told_of_what_it_holds(project, layout):
    project.params(footage={"layout": layout})
    for name in ("a.srt", "b.WAV", "c.srt", "monday/d.txt", "notes", ".hidden"):
        (project.source / name).parent.mkdir(exist_ok=True)
        (project.source / name).touch()
    line = project.refusal("footage")
    assert line.endswith("found 2 .srt, 1 .txt in sub-folders, 1 .wav, 1 without a suffix")
    assert "ucsd" not in line and "layout" not in line


def test_a_layout_that_is_not_that_of_the_folder(own):
    own.params(footage={"layout": "ano_pred"})
    line = (
        "data/raw/mine: not laid out as footage.layout: ano_pred; see data/raw/README.md, or set footage.layout to auto"
    )
    assert own.refusal("footage") == line


def test_a_layout_that_nobody_knows(own):
    own.params(footage={"layout": "shanghai"})
    line = own.refusal("footage")
    assert line.startswith("params.yaml: footage.layout: 'shanghai' is not known; expected auto or one of")
    assert "ano_pred" in line


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_split_without_clips(project, split):
    (project.source / split).mkdir()
    other = "test" if split == "train" else "train"
    for name in "ab":
        write_pictures(project.source / other / name, still(2))
    assert project.refusal("footage").startswith(f"data/raw/mine: no {split} clips; expected videos or folders")


def test_a_single_training_clip(project):
    write_pictures(project.source / "train/only", still(1))
    write_pictures(project.source / "test/a", still(2))
    assert project.refusal("footage").startswith("footage: 1 training clips, 0 of them held out; at least one")


@pytest.mark.parametrize(
    "named, line",
    [
        (["normal_7"], "params.yaml: footage.held_out_clips: 'normal_7' is no training clip; known: ['normal_0', "),
        (["a"], "params.yaml: footage.held_out_clips: 'a' is no training clip"),
        (["normal_0", "normal_1"], "footage: 2 training clips, 2 of them held out; at least one has to be left"),
    ],
)
def test_held_out_clips_that_cannot_be_held_out(own, named, line):
    write_pictures(own.source / "test/a", still(2))
    own.params(footage={"held_out_clips": named})
    assert own.refusal("footage").startswith(line)


def test_a_first_picture_that_is_none(own):
    write_pictures(own.source / "test/a", FRAMES)
    (own.source / "test/a/000.png").write_text("no picture")
    assert own.refusal("footage").endswith("test/a cannot be read: its first picture cannot be read")


@pytest.mark.parametrize("count", [11, 13])
def test_labels_of_another_length_than_the_clip(own, count):
    write_pictures(own.source / "test/a", FRAMES)
    (own.source / "labels").mkdir()
    np.save(own.source / "labels/a.npy", np.zeros(count, int))
    line = own.refusal("footage")
    assert line.startswith("data/raw/mine/labels/a.npy: expected 12 labels of 0 or 1, one per frame")
    assert f"of shape ({count},)" in line


class Boobytrap:
    """Leaves a file behind when it is unpickled."""

    def __reduce__(self):
        return open, ("unpickled", "w")


def npz(path):
    with open(path, "wb") as file:
        np.savez(file, labels=np.zeros(12))


UNREADABLE = {
    "objects": lambda path: np.save(path, np.array([Boobytrap()] * 12), allow_pickle=True),
    "a pickle": lambda path: path.write_bytes(pickle.dumps(Boobytrap())),
    "text": lambda path: path.write_text("0\n1\n" * 6),
    "nothing": lambda path: path.write_bytes(b""),
    "several arrays": npz,
    "strings": lambda path: np.save(path, np.array(["0", "1"] * 6)),
    "other numbers": lambda path: np.save(path, np.array([0, 1, 2] * 4)),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_labels_that_are_no_plain_zeros_and_ones_are_refused_and_never_unpickled(own, kind):
    write_pictures(own.source / "test/a", FRAMES)
    (own.source / "labels").mkdir()
    UNREADABLE[kind](own.source / "labels/a.npy")
    line = own.refusal("footage")
    assert line.startswith("data/raw/mine/labels/a.npy: ") and ("0 or 1" in line or "numpy.save" in line)
    assert not (own.root / "unpickled").exists()


@pytest.mark.parametrize(
    "row, line",
    [
        ("0,12,1,1,5,5", "data/raw/mine/tracks/a.txt: frame 12 in a clip of 12 frames; frames count from 0"),
        ("0,1,1,1,5", "data/raw/mine/tracks/a.txt:2: expected 6 numbers track_id,frame_id,"),
    ],
)
def test_tracks_that_are_not_those_of_the_clip(own, row, line):
    write_pictures(own.source / "test/a", FRAMES)
    (own.source / "tracks").mkdir()
    (own.source / "tracks/a.txt").write_text(f"0,11,1,1,5,5\n{row}\n")
    assert own.refusal("footage").startswith(line)


@pytest.mark.parametrize("count", [2, 4])
def test_another_number_of_masks_than_of_frames(ano_pred, count):
    write_pictures(ano_pred.source / "testing/masks/00", masks(count))
    line = ano_pred.refusal("footage")
    assert line.startswith(f"data/raw/mine/testing/masks/00: {count} masks for a clip of 3 frames; expected one mask")


def test_a_mask_of_another_size_than_the_frames(ano_pred):
    folder = write_pictures(ano_pred.source / "testing/masks/00", masks(3))
    cv2.imwrite(str(folder / "001.png"), masks(1, (30, 40))[0])
    line = ano_pred.refusal("footage")
    assert line == "data/raw/mine/testing/masks/00/001.png: expected a mask of 64x48 pixels, found 40x30"


def test_a_mask_that_is_no_picture(ano_pred):
    folder = write_pictures(ano_pred.source / "testing/masks/00", masks(3))
    (folder / "001.png").write_text("no picture")
    line = ano_pred.refusal("footage")
    assert line == "data/raw/mine/testing/masks/00/001.png: expected a mask of 64x48 pixels, found no picture"


@pytest.mark.parametrize("place", ["test/caf\xe9.avi", "test/caf\xe9/000.png", "test/a/caf\xe9.png", "old/caf\xe9.avi"])
def test_a_name_that_is_not_utf_8(own, place):
    path = own.source / os.fsdecode(place.encode("latin-1"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    part = place[: place.index("\xe9")].removesuffix("caf")
    status, out, err = own.attempt("footage")
    assert (status, out) == (1, "")
    assert err.startswith(f"footage@mine: data/raw/mine/{part}caf\\xe9") and err.endswith("not UTF-8; rename it\n")


def test_a_name_with_a_line_break_is_refused_in_one_line_too(own):
    (own.source / "test/a\nb.mp4").write_bytes(b"")
    assert own.refusal("footage").endswith("test/a\\nb.mp4 cannot be read: it is empty")


@pytest.mark.parametrize("name", ["l" * 201, "é" * 101])
def test_a_name_that_leaves_no_room_for_a_suffix(own, name):
    write_pictures(own.source / "test" / name, still(2))
    assert own.refusal("footage").startswith(f"data/raw/mine: the clip's name '{name}' is longer than 200 bytes; sh")
