"""Real footage in whose midst light or camera change: the fault is named, people are found again in a second, and
nothing is an event."""

import math

import av
import cv2
import numpy as np
import pandas as pd
import pytest
from helpers import ROOT, write_pictures

from stages.common.metrics.rate import LEAST, heights_of, threshold
from stages.common.tables.schemas import PEAKS, SOURCE_FAULTS, read_table

FOOTAGE = ROOT.parent / "shared/data/footage/vtest.avi"
FIRST, FRAMES, CHANGE = 300, 140, 90
SIZE = WIDTH, HEIGHT = 384, 288


def lamp(frame):
    """A part of the picture is lit."""
    shade = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.ellipse(shade, (WIDTH // 4, HEIGHT // 2), (WIDTH // 5, HEIGHT // 3), 0, 0, 360, 1, -1)
    shade = cv2.GaussianBlur(shade, (0, 0), 8)[..., None]
    return np.clip(frame * (1 + 0.5 * shade) + 30 * shade, 0, 255).astype(np.uint8)


def infrared(frame):
    """The camera goes over to grey, in another light."""
    grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) / 255
    return np.repeat((204 * grey**0.7 + 10).astype(np.uint8)[..., None], 3, axis=2)


def bump(frame):
    return cv2.warpAffine(frame, np.float32([[1, 0, 7], [0, 1, 3]]), SIZE, borderMode=cv2.BORDER_REFLECT)


def rain(frame):
    """Drops on the dome, through which all is blurred."""
    random, drops, blurred = (
        np.random.default_rng(7),
        np.zeros((HEIGHT, WIDTH), np.uint8),
        cv2.GaussianBlur(frame, (0, 0), 5),
    )
    for _ in range(25):
        x, y, size = random.integers(0, (WIDTH, HEIGHT, 8))
        cv2.circle(drops, (int(x), int(y)), int(size) + 4, 255, -1)
    return np.where(drops[..., None] > 0, blurred, frame)


def preset(frame):
    """Another view: a part of the picture, enlarged and mirrored."""
    return cv2.resize(frame[30:-30, WIDTH // 6 :], SIZE)[:, ::-1]


CHANGES = {
    "lamp": (lamp, "light"),
    "infrared": (infrared, "light"),
    "bump": (bump, "moved"),
    "preset": (preset, "moved"),
}


@pytest.fixture(scope="module")
def square():
    """People who walk over a square, 80 seconds."""
    if not FOOTAGE.exists():
        pytest.skip("no vtest.avi in ../shared/data/footage")
    with av.open(str(FOOTAGE)) as file:
        frames = [picture.to_ndarray(format="bgr24") for picture in file.decode(video=0)]
    return np.stack([cv2.resize(frame, SIZE, interpolation=cv2.INTER_AREA) for frame in frames])


@pytest.fixture
def people(project, square):
    """14 seconds of people as they are, and with each change in the midst."""
    frames = square[: FIRST + FRAMES]
    for number in range(2):
        write_pictures(project.source / f"train/normal_{number}", frames[30 * number :][:30])
    write_pictures(project.source / "test/plain", frames[FIRST:])
    for name, (change, _) in CHANGES.items():
        after = [change(frame) for frame in frames[FIRST + CHANGE :]]
        write_pictures(project.source / f"test/{name}", np.stack([*frames[FIRST:][:CHANGE], *after]))
    project.params(footage={"images_fps": 10.0}, decode={"rate": 10.0, "background": 10.0}, detect={"every": 1})
    return project


def test_light_and_camera_that_change_are_faults_and_leave_no_ghosts(people):
    people.run("footage", "decode", "detect")
    faults = read_table(people.root / "data/mine/live/faults.parquet", SOURCE_FAULTS)
    faults = faults[faults["kind"] != "lost"]  # as there are in this footage
    found = faults.groupby("video")[["kind", "first_frame"]].agg(list).to_dict("index")
    assert found == {name: {"kind": [kind], "first_frame": [CHANGE]} for name, (_, kind) in CHANGES.items()}
    objects = people.detections()
    after = objects[objects["frame"] >= CHANGE + 10]
    counts = after.groupby("video").size()
    plain = counts["plain"]
    assert plain > 100
    for name in CHANGES:
        assert 0.6 * plain < counts[name] < 1.3 * plain, (name, counts)
    wide = pd.Series(after["x2"] - after["x1"]).groupby(after["video"]).max()
    assert (wide < 0.5 * WIDTH).all(), wide


@pytest.mark.slow
def test_light_and_camera_that_change_are_no_events(project, square):
    """What is searched has been learnt, but for the change: whatever alarms is of it."""
    for number, part in enumerate(np.array_split(square, 4)):
        write_pictures(project.source / f"train/normal_{number}", part)
    searched = square[250:550]
    for name, change in {
        **{name: change for name, (change, _) in CHANGES.items()},
        "rain": rain,
        "plain": np.array,
    }.items():
        after = [change(frame) for frame in searched[150:]]
        write_pictures(project.source / f"test/{name}", np.stack([*searched[:150], *after]))
    project.params(machine={"workers": 2}, footage={"images_fps": 10.0}, decode={"rate": 10.0})
    project.params(train={"epochs": 2, "tubes_per_epoch": 8000}, fuse={"min_height": 8.0})
    project.run("footage", "decode", "detect", "velocity", "tubes", "teach", "train", "score", "fuse")
    peaks = read_table(project.root / "data/mine/frame_scores/peaks.parquet", PEAKS)
    normal = heights_of(peaks[peaks["split"] == "held_out"])
    level, found = threshold(normal, len(square) / 4 / 10 / 3600, 1.0), peaks[peaks["split"] == "test"]
    assert len(normal) >= LEAST and math.isfinite(level)
    assert set(found["video"]) == {*CHANGES, "rain", "plain"}
    assert found[found["beyond"] >= level].empty, found.nlargest(5, "beyond")
