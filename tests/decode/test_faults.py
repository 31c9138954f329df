"""Each kind of fault is found where it was made, and none in footage as it is."""

import cv2
import numpy as np
import pandas as pd
import pytest
from helpers import still, walking_square
from hypothesis import given
from hypothesis import strategies as st
from small_set import walkers

from stages.common.frames.measures import Measure, measure
from stages.decode.faults import closed, faults_of, find_faults, near, stretches

FLAGS = st.lists(st.booleans(), max_size=30).map(lambda flags: np.array(flags, bool))
AT = 40


def clean(seed: int = 0, frames: int = 90) -> np.ndarray:
    return walkers(frames, height=120, width=160, seed=seed, count=6)


def lost(frames, count):
    return np.delete(frames, range(AT, AT + count), 0)


def repeated(frames, count):
    return np.insert(frames, [AT] * count, frames[AT - 1], 0)


def brighter(frames, count):
    frames[AT : AT + count] = np.clip(frames[AT : AT + count].astype(int) + 25, 0, 255)
    return frames


def darker(frames, count):
    frames[AT : AT + count] //= 2
    return frames


def shaken(frames, count):
    for place in range(AT, AT + count):
        move = np.float32([[1, 0, 2 - 4 * (place % 2)], [0, 1, 3]])
        frames[place] = cv2.warpAffine(frames[place], move, frames[place].shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
    return frames


MADE = [
    ("lost", lost, 1),
    ("lost", lost, 4),
    ("doubled", repeated, 1),
    ("frozen", repeated, 9),
    ("flash", brighter, 1),
    ("flash", brighter, 5),
    ("flash", darker, 2),
    ("shake", shaken, 1),
    ("shake", shaken, 6),
]


@pytest.mark.parametrize("kind, make, count", MADE)
@pytest.mark.parametrize("grey", [False, True])
def test_a_fault_is_found_where_it_was_made_and_no_other(kind, make, count, grey):
    frames = make(clean(), count)
    found = find_faults(
        measure(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) for frame in frames) if grey else measure(frames)
    )
    assert found["kind"].tolist() == [kind]
    # A shake ends with the step back, a frame later.
    length = {"lost": 1, "shake": count + 1}.get(kind, count)
    assert found[["first_frame", "last_frame"]].to_numpy().tolist() == [[AT, AT + length - 1]]


def test_larger_footage_is_looked_at_in_small():
    frames = [cv2.resize(frame, (640, 480), interpolation=cv2.INTER_CUBIC) for frame in shaken(clean(), 3)]
    assert find_faults(measure(frames))["kind"].tolist() == ["shake"]


@pytest.mark.parametrize("seed", range(3))
def test_footage_as_it_is_has_none(seed):
    assert find_faults(measure(clean(seed))).empty


@pytest.mark.parametrize(
    "frames",
    [
        [],
        still(1),
        still(2),
        still(30),
        walking_square(3),
        walking_square(18),
        [np.zeros((5, 7), np.uint8)] * 4,
        np.random.default_rng(0).integers(0, 255, (20, 30, 40)).astype(np.uint8),
    ],
    ids=["nothing", "one frame", "two", "still", "three", "noise-free", "tiny", "noise"],
)
def test_little_or_odd_footage_has_none(frames):
    assert find_faults(measure(frames)).empty


def test_what_is_played_at_twice_its_rate_has_none():
    assert find_faults(measure(np.repeat(clean(frames=40), 2, axis=0))).empty


def test_what_was_made_from_a_higher_rate_by_leaving_out_frames_has_none():
    assert find_faults(measure(np.delete(clean(frames=150), range(0, 150, 6), 0))).empty


def test_somebody_who_comes_and_stands_still_in_noise_free_footage_is_no_fault():
    frames = walking_square(12)
    frames = [*still(15), *frames, *[frames[-1]] * 20]
    assert find_faults(measure(frames)).empty


def test_light_that_is_switched_on_and_stays_is_no_flash():
    frames = clean().astype(int)
    frames[AT:] += 30
    assert "flash" not in set(find_faults(measure(np.clip(frames, 0, 255).astype(np.uint8)))["kind"])


def test_something_large_that_crosses_the_picture_is_no_shaken_camera():
    frames, lorry = clean(), np.random.default_rng(3).integers(0, 255, (20, 24)).repeat(4, 0).repeat(4, 1)
    for time in range(30, 70):
        left = 6 * (time - 30) - 90
        right = min(160, left + 96)
        if right > 0:
            frames[time, 20:100, max(left, 0) : right] = lorry[:, max(0, -left) : right - left, None]
    assert "shake" not in set(find_faults(measure(frames))["kind"]) and "flash" not in set(
        find_faults(measure(frames))["kind"]
    )


def measured(frames: np.ndarray, spans: list[tuple[int, int]]):
    steps = Measure()
    for first, stop in spans:
        for place in range(first, stop):
            steps.add(frames[place], first=place == first)
    return steps.steps()


def test_each_live_stretch_is_looked_at_by_itself_and_its_faults_have_the_clips_numbers():
    """What is beside a stretch is not compared with it, whatever is there."""
    frames = np.concatenate([repeated(clean(), 9), 255 - clean(5), brighter(clean(1), 2)])
    spans = [(0, 99), (99, 189), (189, 279)]
    found = faults_of(measured(frames, spans), np.array(spans))
    rows = found[["kind", "first_frame", "last_frame"]].to_numpy().tolist()
    assert rows == [["frozen", AT, AT + 8], ["flash", 189 + AT, 189 + AT + 1]]
    whole = faults_of(measure(repeated(clean(), 9)), np.array([(0, 99)]))
    pd.testing.assert_frame_equal(whole, find_faults(measure(repeated(clean(), 9))))


def test_a_clip_in_which_nothing_is_live_has_no_fault():
    found = faults_of(measure([]), np.zeros((0, 2), int))
    assert found.empty and list(found.columns) == ["kind", "first_frame", "last_frame", "strength"]


@given(FLAGS, st.integers(0, 4))
def test_near_and_closed_are_what_they_say(flags, reach):
    length = len(flags)
    slow = [any(flags[max(0, at - reach) : at + reach + 1]) for at in range(length)]
    assert near(flags, reach).tolist() == slow
    filled = closed(flags, reach)
    assert (filled >= flags).all()
    for first, last in stretches(~filled):
        assert first == 0 or last + 1 == length or last - first + 1 > reach
