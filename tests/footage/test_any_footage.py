"""Footage as cameras and phones make it: upright, turned, of odd size, grey, with frames now and then."""

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from helpers import walking_square, write_pictures, write_video
from miniatures import shown, table

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
    project.params(footage={"images_fps": 10.0})
    return project


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_frames_taken_now_and_then_are_put_on_the_grid_and_a_hole_is_a_gap(own, suffix):
    write_now_and_then(own.source / f"test/phone{suffix}", walking_square(12), MOMENTS)
    own.run("footage")
    assert set(table(own, "videos")["fps"]) == {10}
    frames = table(own, "pictures").query("video == 'phone'")["frame"].tolist()
    # 0, 40 and 80 ms; 200; held up to 600, 640 and 680; held up to 1500, 1540 and 1580; nothing up to 3000 and 3040.
    assert frames == [*range(17), 30]
    found = [nearest(picture, walking_square(12)) for picture in shown(own, "phone")]
    assert found == [0, 2, 3, 3, 3, 3, 4, *[6] * 8, 7, 9, 10]
    (fault,) = table(own, "faults").itertuples()
    assert (fault.kind, fault.first_frame, fault.last_frame) == ("gap", 17, 29)
    assert fault.seconds == pytest.approx(1.38)


def test_a_time_range_of_such_a_video_is_what_a_player_shows_then(own):
    write_now_and_then(own.source / "test/phone.mp4", walking_square(12), MOMENTS)
    own.params(footage={"start_seconds": 0.6, "end_seconds": 1.54})
    own.run("footage")
    assert [nearest(picture, walking_square(12)) for picture in shown(own, "phone")] == [4, *[6] * 8, 7]


def test_a_phone_held_upright_gives_upright_frames(own):
    """Pictures of another size than most are left out, and so the normal ones are upright too."""
    for name in "ab":
        turn(write_video(own.source / f"train/{name}.mp4", walking_square(12)))
    turn(write_video(own.source / "test/phone.mp4", walking_square(12)))
    own.run("footage")
    phone = table(own, "videos").set_index("video").loc["phone"]
    assert (phone["width"], phone["height"]) == (48, 64) and shown(own, "phone")[0].shape == (64, 48, 3)
    turned = walking_square(12)[3]
    assert nearest(shown(own, "phone")[3], [np.rot90(turned, 1), np.rot90(turned, -1)]) == 1


@pytest.mark.parametrize("height, width, lines", [(47, 65, None), (64, 36, 48), (33, 97, 20), (240, 48, 100)])
def test_any_size_is_taken_and_made_small_enough(project, height, width, lines):
    for path in ("train/a", "train/b", "test/odd"):
        write_pictures(project.source / path, walking_square(12, height, width))
    project.params(decode={"height": lines})
    project.run("footage")
    odd = table(project, "videos").set_index("video").loc["odd"]
    kept = min(height, lines or height)
    assert (odd["width"], odd["height"]) == (round(width * kept / height), kept)
