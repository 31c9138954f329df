"""Footage as cameras and phones make it: upright, turned, of odd size, grey, with frames now and then."""

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from helpers import walking_square, write_pictures, write_video

# Milliseconds at which a phone has taken frames: about 3.6 per second, and up to 25.
MOMENTS = [0, 40, 80, 200, 600, 640, 680, 1500, 1540, 1580, 3000, 3040]


def write_now_and_then(path: Path, frames: list[np.ndarray], moments: list[int]) -> Path:
    """A video whose frames have times of their own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.height, stream.width, stream.pix_fmt = *frames[0].shape[:2], "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for frame, moment in zip(frames, moments, strict=True):
            picture = av.VideoFrame.from_ndarray(frame, format="bgr24")
            picture.pts, picture.time_base = moment, Fraction(1, 1000)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


def turn(path: Path) -> None:
    """Says in an MP4 that it is to be shown turned by 90 degrees, as a phone held upright does."""
    content = bytearray(path.read_bytes())
    matrix = content.index(b"tkhd") + 4 + 40  # after version, times, track, duration, layer, group, volume
    content[matrix : matrix + 36] = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 48 << 16, 0, 1 << 30)
    path.write_bytes(content)


def nearest(frame: np.ndarray, pictures: list[np.ndarray]) -> int:
    """Which of the pictures a frame shows, after a codec has been at it."""
    return int(np.argmin([np.abs(frame.astype(int) - picture).mean() for picture in pictures]))


@pytest.fixture
def own(project):
    """A set whose training clips are pictures, and whose test clip is up to the test."""
    write_pictures(project.source / "train/a", walking_square(12))
    write_pictures(project.source / "train/b", walking_square(12, seed=1))
    return project


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_frames_taken_now_and_then_keep_their_times(own, suffix):
    write_now_and_then(own.source / f"test/phone{suffix}", walking_square(12), MOMENTS)
    own.params(footage={"images_fps": 10.0})
    own.run("footage", "decode")
    times = own.times().set_index("video")["seconds"]
    assert times["phone"].tolist() == pytest.approx([moment / 1000 for moment in MOMENTS])
    assert times["a"].tolist() == pytest.approx([frame / 10 for frame in range(12)])
    assert own.videos().set_index("video")["fps"].to_dict() == {
        "a": 10,
        "b": 10,
        "phone": pytest.approx(11 / 3.04, 1e-3),
    }
    assert len(own.frames("phone")) == 12


def test_a_time_range_of_such_a_video_is_what_a_player_shows_then(own):
    write_now_and_then(own.source / "test/phone.mp4", walking_square(12), MOMENTS)
    own.params(footage={"images_fps": 10.0, "start_seconds": 0.6, "end_seconds": 1.54, "stride": 2})
    own.run("footage", "decode")
    assert own.times().set_index("video")["seconds"]["phone"].tolist() == pytest.approx([0.6, 0.68])
    assert [nearest(frame, walking_square(12)) for frame in own.frames("phone")] == [4, 6]


def test_a_phone_held_upright_gives_upright_frames(own):
    turn(write_video(own.source / "test/phone.mp4", walking_square(12)))
    own.run("footage", "decode")
    phone = own.videos().set_index("video").loc["phone"]
    assert (phone["width"], phone["height"]) == (48, 64) and own.frames("phone").shape == (12, 64, 48, 3)
    shown = walking_square(12)[3]
    assert nearest(own.frames("phone")[3], [np.rot90(shown, 1), np.rot90(shown, -1)]) == 1


@pytest.mark.parametrize("height, width", [(47, 65), (64, 36), (33, 97), (240, 48)])
def test_any_size_goes_all_the_way_to_tubes(own, height, width):
    write_pictures(own.source / "test/odd", walking_square(12, height, width))
    own.run("footage", "decode", "detect", "tubes")
    assert own.frames("odd").shape == (12, height, width, 3)
    found = own.detections()
    found = found[found["video"] == "odd"]
    assert set(found["frame"]) == set(range(min(12, width // 3)))
    assert found["x2"].max() <= width and found["y2"].max() <= height
    assert len(np.load(own.root / "data/mine/tubes/odd.npy")) == len(found)


def test_a_grey_video_among_coloured_ones(own):
    frames = [np.repeat(frame[..., :1], 3, axis=2) for frame in walking_square(12)]
    write_video(own.source / "test/grey.mp4", frames)
    own.run("footage", "decode", "detect")
    assert np.ptp(own.frames("grey").astype(int), axis=3).max() <= 6
    assert len(own.detections().query("video == 'grey'")) == 12
