"""The gate sees what moves, and neither noise nor light nor the camera's own moves."""

import av
import cv2
import numpy as np
import pytest
from helpers import ROOT
from scenes import FPS, noisy, scene, seen, with_walker

from stages.common.frames.settings import Areas
from stages.decode.gate import LINES, WARM, Gate, parts, shrunk

WARM_LOOKS = list(range(0, round(WARM * FPS), 2))
SCENE = scene()
AVENUE = ROOT.parent / "shared/data/avenue/training_videos/16.avi"


def test_of_nothing_nothing_is_known():
    gate = Gate(FPS)
    assert (gate.known, gate.end_doubt(), gate.faults) == (0, [], [])


@pytest.mark.parametrize("fps, every", [(1, 1), (5, 1), (10, 2), (12, 3), (12.5, 3), (25, 5), (60, 12)])
def test_it_looks_about_five_times_a_second(fps, every):
    assert Gate(fps).every == every


@pytest.mark.parametrize("sigma", [0, 3, 8])
def test_noise_alone_is_not_live_after_the_first_seconds(sigma):
    assert seen(noisy([SCENE] * 300, sigma)) == (WARM_LOOKS, [])


def test_everything_is_known_at_once_where_nothing_is_in_doubt():
    gate = Gate(FPS)
    for number in range(0, 60, 2):
        gate.look(number, SCENE)
        assert gate.known == number + 1


@pytest.mark.parametrize("size", [(16, 40), (4, 9)])
def test_a_walker_is_live_from_his_first_to_his_last_step(size):
    frames = [with_walker(SCENE, k, size, 60) if 60 <= k < 120 else SCENE for k in range(250)]
    live, faults = seen(noisy(frames, 2.0))
    after = [each for each in live if each not in WARM_LOOKS]
    assert set(range(62, 120, 2)) <= set(after) and faults == []
    assert min(after) >= 60 and max(after) < 120 + 5 * FPS


def test_what_moves_where_nobody_looks_is_not_live():
    """Where the walker walks, or everywhere else."""
    frames = noisy([with_walker(SCENE, k) if 60 <= k < 120 else SCENE for k in range(250)], 2.0)
    walked = np.any([with_walker(SCENE, k) != SCENE for k in range(60, 120)], axis=0).reshape(*SCENE.shape[:2], -1)
    rows = np.flatnonzero(walked.any(axis=(1, 2)))
    top, bottom = max(0.0, (rows[0] - 8) / len(SCENE)), min(1.0, (rows[-1] + 8) / len(SCENE))
    there = [[(0.0, top), (1.0, top), (1.0, bottom), (0.0, bottom)]]
    gates = [Gate(FPS, areas) for areas in (None, Areas(ignore=there, only=[]), Areas(ignore=[], only=there))]
    everywhere, ignored, only = ([each for k in range(0, 250, 2) for each in gate.look(k, frames[k])] for gate in gates)
    assert everywhere == only and len(everywhere) > len(WARM_LOOKS) + 20
    assert ignored == WARM_LOOKS


def test_whoever_stands_in_the_first_picture_and_leaves_is_live_for_a_few_seconds():
    standing = with_walker(SCENE, 30)
    frames = [standing] * 60 + [with_walker(SCENE, k, start=30) for k in range(60, 100)] + [SCENE] * 300
    live, _ = seen(noisy(frames))
    assert set(range(64, 100, 2)) <= set(live) and max(live) < 100 + 8 * FPS


def test_slow_dimming_is_not_live():
    frames = [(SCENE * (1 - 0.5 * k / 600)).astype(np.uint8) for k in range(600)]
    assert seen(noisy(frames)) == (WARM_LOOKS, [])


def test_a_walker_is_live_while_the_light_changes():
    frames = [(with_walker(SCENE, k, start=100) * (1 - 0.5 * k / 400)).astype(np.uint8) for k in range(100, 190)]
    before = [(SCENE * (1 - 0.5 * k / 400)).astype(np.uint8) for k in range(100)]
    live, _ = seen(noisy(before + frames))
    assert set(range(104, 188, 2)) <= set(live)


@pytest.mark.parametrize("gain, offset", [(0.4, 0), (1.0, 60), (1.6, 10), (0.6, 90)])
def test_light_that_switches_is_a_fault_and_not_live(gain, offset):
    other = np.clip(SCENE * gain + offset, 0, 255).astype(np.uint8)
    live, faults = seen(noisy([SCENE] * 100 + [other] * 100))
    assert live == WARM_LOOKS
    assert [kind for _, kind in faults] == ["light"] and faults[0][0] == 100


@pytest.mark.parametrize("move", [(4, 0), (-9, 5), (40, 0), None])
def test_a_camera_that_is_moved_is_a_fault_and_not_live(move):
    wide = scene(300, 420, seed=3)
    before = wide[30:270, 50:370]
    after = scene(seed=9) if move is None else wide[30 + move[1] : 270 + move[1], 50 + move[0] : 370 + move[0]]
    live, faults = seen(noisy([before] * 100 + [after] * 100))
    assert live == WARM_LOOKS
    assert [kind for _, kind in faults] == ["moved"] and faults[0][0] == 100


def with_crowd(background, index):
    """Walkers who are never gone: each comes in again on the left."""
    frame = background.copy()
    for start in range(0, 320, 60):
        left = (start + 3 * index) % 320
        frame[110:150, left : left + 16] = 20
    return frame


def test_a_lamp_that_lights_a_part_of_the_picture_is_a_fault_amid_people():
    shade = np.zeros((240, 320), np.float32)
    cv2.ellipse(shade, (90, 120), (70, 80), 0, 0, 360, 1, -1)
    lit = np.clip(SCENE * (1 + 0.5 * shade) + 30 * shade, 0, 255).astype(np.uint8)
    frames = [with_crowd(SCENE if k < 100 else lit, k) for k in range(160)]
    assert seen(noisy(frames, 2.0))[1] == [(100, "light")]


def test_a_camera_that_is_moved_is_a_fault_amid_people():
    wide = scene(300, 420, seed=3)
    frames = [with_crowd(wide[30:270, 50:370] if k < 100 else wide[35:275, 59:379], k) for k in range(160)]
    assert seen(noisy(frames, 2.0))[1] == [(100, "moved")]


def test_people_near_the_camera_are_no_lamp():
    if not AVENUE.exists():
        pytest.skip("no training_videos/16.avi in ../shared/data/avenue")
    with av.open(str(AVENUE)) as file:
        frames = [picture.to_ndarray(format="gray") for picture in file.decode(video=0)]
    assert len(frames) == 244 and seen(frames, 25.0)[1] == []


def test_what_is_so_large_that_it_hides_the_picture_is_live():
    """A lorry near the camera: all is changed, but it goes on changing."""
    lorry = scene(240, 900, seed=5)
    frames = [SCENE] * 60
    for k in range(60):
        frame = SCENE.copy()
        right = min(320, 16 * k)
        shown = lorry[:, 580 - 8 * k : 580 - 8 * k + right]
        frame[:, :right] = shown
        frames.append(frame)
    live, _ = seen(noisy(frames))
    assert len(set(range(64, 118, 2)) - set(live)) <= 1


def test_parts_are_the_large_enough_connected_ones():
    assert parts(np.zeros((240, 320), np.uint8)) == []
    mask = np.zeros((240, 320), np.uint8)
    mask[10:14, 10:14] = mask[50:53, 50:53] = 1
    mask[100:130, 200:203] = 1
    assert [window for window, _ in parts(mask)] == [
        (slice(10, 14), slice(10, 14)),
        (slice(100, 130), slice(200, 203)),
    ]


@pytest.mark.parametrize("height, width", [(1, 1), (240, 360), (360, 640), (540, 961), (1081, 1923), (2160, 3840)])
def test_a_picture_is_halved_until_it_is_low_enough(height, width):
    picture = np.full((height, width), 77, np.uint8)
    small = shrunk(picture)
    assert small.shape[0] <= LINES and (small == 77).all()
    assert small.shape[0] > LINES // 2 - 2 or small.shape[0] == height
    assert small.shape[1] / small.shape[0] == pytest.approx(width / height, rel=0.03)


def test_the_same_looks_give_the_same_answer():
    frames = noisy([with_walker(SCENE, k) for k in range(80)])
    assert seen(frames) == seen(frames)
