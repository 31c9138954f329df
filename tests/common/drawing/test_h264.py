"""Videos: the frames that go in, at their pace, in a form that browsers play; whole or not at all."""

from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stages.common.drawing.h264 import TICKS, write_mp4, write_paced_mp4


def decoded(path: Path) -> tuple[np.ndarray, list[float], list[bool]]:
    """Frames, uint8 (n, H, W, 3) BGR, the seconds at which they are shown, and which of them one can jump to."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
        frames = list(container.decode(video=0))
    pictures = np.stack([frame.to_ndarray(format="bgr24") for frame in frames])
    return pictures, [frame.time for frame in frames], [frame.key_frame for frame in frames]


@given(st.integers(16, 49), st.integers(16, 49), st.sampled_from([12.0, 29.97, 25]))
@settings(max_examples=8)
def test_odd_sizes_grow_by_one_pixel(tmp_path_factory: pytest.TempPathFactory, width: int, height: int, fps: float):
    path = tmp_path_factory.mktemp("odd") / "x.mp4"
    frame = np.full((height, width, 3), 90, np.uint8)
    write_mp4(path, [frame] * 3, fps)
    pictures, _, _ = decoded(path)
    assert pictures.shape == (3, height + height % 2, width + width % 2, 3)
    assert np.abs(pictures.astype(int) - 90).max() < 6


@pytest.mark.parametrize(
    ("frames", "fps", "message"),
    [
        ([], 12, "no frames"),
        ([np.zeros((20, 20, 3), np.uint8)], 0, "fps must be above 0"),
        ([np.zeros((20, 20), np.uint8)], 12, r"uint8 \(H, W, 3\), got uint8 \(20, 20\)"),
        ([np.zeros((20, 20, 3), np.uint8), np.zeros((20, 22, 3), np.uint8)], 12, r"frame 1 is uint8 \(20, 22, 3\)"),
    ],
)
def test_bad_frames_are_refused_and_the_old_file_stays(tmp_path: Path, frames: list, fps: float, message: str):
    path = tmp_path / "x.mp4"
    path.write_bytes(b"old")
    with pytest.raises(ValueError, match=message):
        write_mp4(path, frames, fps)
    assert path.read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 1


@given(st.lists(st.sampled_from([0.01, 0.04, 0.3, 2.0]), min_size=1, max_size=12))
@example([2.0, 2.0, 0.04, 0.01, 0.01])
@settings(max_examples=20)
def test_frames_are_shown_at_their_own_pace(tmp_path_factory: pytest.TempPathFactory, lengths: list[float]):
    path = tmp_path_factory.mktemp("paced") / "x.mp4"
    seconds = 7 + np.append(0, np.cumsum(lengths))
    write_paced_mp4(path, [np.full((16, 16, 3), 20 * at, np.uint8) for at in range(len(lengths))], seconds)
    pictures, times, _ = decoded(path)
    np.testing.assert_allclose(times, seconds[:-1] - 7, atol=2 / TICKS)
    assert np.abs(pictures.mean(axis=(1, 2, 3)) - 20 * np.arange(len(lengths))).max() < 6


def test_frames_of_one_moment_are_all_shown_in_their_order(tmp_path):
    frames = [np.full((16, 16, 3), 60 * at, np.uint8) for at in range(4)]
    write_paced_mp4(tmp_path / "x.mp4", frames, np.array([0.0, 1.0, 1.0, 1.0, 2.0]))
    pictures, times, _ = decoded(tmp_path / "x.mp4")
    assert np.abs(pictures.mean(axis=(1, 2, 3)) - [0, 60, 120, 180]).max() < 6
    np.testing.assert_allclose(np.diff(times), [1, 1 / TICKS, 1 / TICKS], atol=1e-9)


def test_a_paced_video_begins_with_how_to_play_it_and_can_be_jumped_into_every_two_seconds(tmp_path):
    path, frames = tmp_path / "x.mp4", np.random.default_rng(0).integers(0, 255, (50, 32, 32, 3)).astype(np.uint8)
    write_paced_mp4(path, frames, np.arange(51) / 10)
    content = path.read_bytes()
    assert 0 < content.index(b"moov") < content.index(b"mdat")
    keys = np.flatnonzero(decoded(path)[2])
    with av.open(str(path)) as container:
        assert container.duration / 1e6 == pytest.approx(5.0, abs=2e-3)
    assert keys[0] == 0 and len(keys) >= 3 and np.diff(keys).max() <= 20


@pytest.mark.parametrize("write, pace", [(write_mp4, 12.0), (write_paced_mp4, np.arange(13) / 12)])
def test_the_same_frames_give_the_same_bytes(tmp_path, write, pace):
    frames = np.random.default_rng(0).integers(0, 255, (12, 24, 40, 3)).astype(np.uint8)
    for name in ("a", "b"):
        write(tmp_path / name, frames, pace)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
