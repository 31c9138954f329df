"""What decode keeps of a clip: the frames that are live, as the source has them."""

import shutil

import cv2
import numpy as np
import pytest
from helpers import Project, still, walking_square, write_avi, write_pictures, write_video

from stages.common.frames.store import open_frames
from stages.common.tables.schemas import SOURCE_FAULTS, SPANS, read_table

FRAMES = walking_square(9)
# The part of a JPEG file that says: to be shown turned by a quarter.
TURNED = bytes.fromhex("ffe1 0022 457869660000 4d4d002a00000008 0001 0112 0003 00000001 00060000 00000000")


@pytest.fixture
def filled(project):
    write_video(project.source / "train/video.mp4", FRAMES)
    write_avi(project.source / "train/old.avi", FRAMES[:5])
    write_pictures(project.source / "test/pictures", FRAMES)
    write_pictures(project.source / "test/photos", FRAMES[:7], "{:02d}.jpg")
    project.params(decode={"quality": 100, "rate": 100.0}, footage={"images_fps": 10.0})
    return project


def by_hand(path):
    """All frames of a video or of a folder of pictures, as OpenCV gives them."""
    if path.is_dir():
        return np.stack([cv2.imread(str(file)) for file in sorted(path.iterdir())])
    video, frames = cv2.VideoCapture(str(path)), []
    while (answer := video.read())[0]:
        frames.append(answer[1])
    return np.stack(frames)


def live(project, name="spans", schema=SPANS):
    return read_table(project.root / f"data/mine/live/{name}.parquet", schema)


def opened(project, video):
    return open_frames(project.root / "data/mine/frames", video)


@pytest.mark.parametrize("grey", [False, True])
def test_frames_are_those_of_the_source(filled, grey):
    filled.params(decode={"grey": grey})
    filled.run("footage", "decode")
    for name, path in (
        ("video", "train/video.mp4"),
        ("old", "train/old.avi"),
        ("pictures", "test/pictures"),
        ("photos", "test/photos"),
    ):
        expected = by_hand(filled.source / path)
        frames = filled.frames(name)
        assert frames.dtype == np.uint8 and frames.shape == (expected.shape[:3] if grey else expected.shape), name
        # JPEG keeps less of the colours, which are noise here.
        light, own = (
            np.stack([cv2.cvtColor(f, cv2.COLOR_BGR2GRAY) for f in each]) if each.ndim == 4 else each
            for each in (expected, frames)
        )
        assert np.abs(own.astype(int) - light).mean() < 2, name
    assert len(live(filled, "faults", SOURCE_FAULTS)) == 0
    for columns in (["first", "stop"], ["kept_first", "kept_stop"]):
        spans = live(filled)[["video", *columns]].values.tolist()
        assert spans == [["old", 0, 5], ["photos", 0, 7], ["pictures", 0, 9], ["video", 0, 9]]


@pytest.mark.parametrize("grey", [False, True])
def test_jpeg_pictures_are_not_coded_twice(project, grey):
    """Coarse, turned by their EXIF tag, one of light alone, one that cannot be read."""
    folder = project.source / "test/photos"
    write_pictures(project.source / "train/pictures", [np.rot90(frame).copy() for frame in FRAMES])
    write_pictures(folder, FRAMES, "{:02d}.jpg")
    for number, file in enumerate(sorted(folder.iterdir())):
        flag = cv2.IMREAD_GRAYSCALE if number == 3 else cv2.IMREAD_COLOR
        cv2.imwrite(str(file), cv2.imread(str(file), flag), [cv2.IMWRITE_JPEG_QUALITY, 30])
        code = file.read_bytes()
        file.write_bytes(code[:2] + TURNED + code[2:])
    expected = by_hand(folder)
    assert expected.shape[2:0:-1] == FRAMES[0].shape[:2] != expected.shape[1:3]
    sorted(folder.iterdir())[5].write_bytes(b"no picture")
    expected[5] = expected[4]
    if grey:
        expected = np.stack([cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) for frame in expected])
    project.params(decode={"quality": 100, "rate": 10.0, "grey": grey}, footage={"images_fps": 10.0})
    project.run("footage", "decode")
    frames = project.frames("photos")
    intact = np.arange(len(FRAMES)) != 5
    assert np.array_equal(frames[intact], expected[intact]) and np.abs(frames[5].astype(int) - expected[5]).mean() < 2
    project.params(decode={"quality": 100, "rate": 10.0, "grey": grey, "height": 12}, footage={"images_fps": 10.0})
    project.run("footage", "decode")
    assert project.frames("photos").shape[1] == 12


def test_the_same_bytes_in_any_folder_from_any_number_of_workers(filled, tmp_path, capfd):
    other = Project(tmp_path / "another/place", capfd)
    shutil.copytree(filled.source, other.source, dirs_exist_ok=True)
    other.params(machine={"workers": 4}, decode={"quality": 100, "rate": 100.0}, footage={"images_fps": 10.0})
    filled.run("footage", "decode")
    other.run_apart("footage", "decode")
    assert filled.made() == other.made()


def test_two_clips_of_the_same_content_are_two_clips(project):
    for path in ("train/a", "train/b", "test/c", "test/d"):
        write_video(project.source / f"{path}.mp4", FRAMES)
    project.params(machine={"workers": 2})
    project.run_apart("footage", "decode")
    for name in "abcd":
        assert np.array_equal(project.frames(name), project.frames("a"))
    assert live(project)["video"].tolist() == list("abcd")
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


@pytest.mark.parametrize("gone", [True, False])
def test_a_file_that_changed_since_it_was_counted(filled, gone):
    filled.run("footage")
    path = filled.source / "train/video.mp4"
    path.unlink()
    if not gone:
        write_video(path, FRAMES * 2)
    filled.leave_earlier_outputs()
    expected = "data/raw/mine/train/video.mp4: it changed since its frames were counted: run again"
    assert filled.refusal("decode") == expected


def test_pictures_that_cannot_be_read_cost_themselves(filled):
    for number in (0, 4, 5):
        (filled.source / f"test/pictures/{number:03d}.png").write_bytes(b"no picture")
    filled.source.joinpath("test/pictures/000.png").write_bytes((filled.source / "test/pictures/001.png").read_bytes())
    filled.run("footage", "decode")
    found = live(filled, "faults", SOURCE_FAULTS)
    assert found[["video", "path", "kind", "first_frame", "last_frame"]].values.tolist() == [
        ["pictures", "test/pictures", "damaged", 4, 5]
    ]
    assert found["seconds"].tolist() == [pytest.approx(0.2)]
    frames = filled.frames("pictures")
    assert np.array_equal(frames[4], frames[3]) and np.array_equal(frames[5], frames[3])
    assert not np.array_equal(frames[6], frames[3])


def test_only_what_is_live_is_kept_and_is_the_same_as_with_the_gate_off(project):
    quiet = still(100, 120, 160)
    walk = [frame.copy() for frame in quiet]
    for index in range(20):
        walk[60 + index][40:70, 5 * index : 5 * index + 12] = 220
    write_avi(project.source / "train/a.avi", quiet[:20])
    write_avi(project.source / "train/b.avi", quiet[:20])
    write_avi(project.source / "test/c.avi", walk)
    project.params(decode={"rate": 100.0, "margin": 1.0})
    project.run("footage", "decode", "detect")
    spans, boxes = live(project).query("video == 'c'"), project.detections().query("video == 'c'")
    clip = opened(project, "c")
    gated = {number: clip[number] for first, stop in clip.spans for number in range(first, stop)}
    assert len(spans) == 2 and spans["first"].iloc[0] == 0
    assert spans["kept_first"].iloc[1] <= 50 and 78 + 10 <= spans["kept_stop"].iloc[1] < 100
    # A look, at every other frame, before and after what moves.
    assert 58 <= spans["first"].iloc[1] <= 60 and 80 <= spans["stop"].iloc[1] <= 83
    project.params(decode={"gate": False})
    project.run("decode", "detect")
    whole = opened(project, "c")
    assert whole.spans.tolist() == [[0, 100]]
    assert all(np.array_equal(frame, whole[number]) for number, frame in gated.items())
    again = project.detections().query("video == 'c'")
    searched = [frame for first, stop in clip.live for frame in range(first, stop)]
    kept = again[again["frame"].isin(searched)].drop(columns=["object", "class_scores"])
    assert len(boxes) > 15
    assert boxes.drop(columns=["object", "class_scores"]).values.tolist() == kept.values.tolist()


def test_frames_are_at_most_as_high_as_wanted(project):
    for path in ("train/a", "train/b", "test/c"):
        write_video(project.source / f"{path}.mp4", walking_square(5, 120, 160))
    project.params(decode={"height": 60})
    project.run("footage", "decode")
    assert opened(project, "c").shape[1:] == (60, 80, 3) == project.frames("c").shape[1:]
