import cv2
import numpy as np
import pytest
from helpers import Counted, Spanned
from hypothesis import given
from hypothesis import strategies as st

from stages.common.cues import velocity
from stages.common.cues.velocity import WIDTH, box_means, flow_magnitude, grey


def textured(height=80, width=120, seed=0):
    """A picture, uint8 (H, W), with structure of a few pixels, as flow needs it."""
    noise = np.random.default_rng(seed).integers(0, 255, (height, width)).astype(np.uint8)
    return cv2.GaussianBlur(noise, (0, 0), 2.5) // 2 * 2


def moving(count, step, height=80, width=120):
    """Frames, uint8 (count, H, W), in which everything moves to the left by `step` pixels per frame."""
    wide = textured(height, width + count * step)
    return np.stack([wide[:, step * time : step * time + width] for time in range(count)])


def boxes(*rows):
    return np.array(rows, np.float32).reshape(-1, 4)


def of_frames(frames, times, boxes, *spans):
    return velocity.of_frames(Spanned(frames, *spans), times, boxes)


def test_no_boxes_have_no_velocities():
    frames = moving(3, 1)
    assert of_frames(frames, np.zeros(0, int), boxes()).shape == (0,)
    assert box_means(np.ones((4, 5)), boxes()).shape == (0,)


@pytest.mark.parametrize("step", [0, 1, 2, 4])
def test_the_velocity_is_that_of_the_picture_in_every_frame_the_first_and_the_last_too(step):
    frames = moving(5, step)
    times = np.arange(5)
    found = of_frames(frames, times, np.repeat(boxes([30, 20, 80, 60]), 5, axis=0))
    np.testing.assert_allclose(found, step, atol=0.15)


def test_a_clip_of_one_frame_stands_still():
    assert of_frames(moving(1, 3), np.zeros(2, int), boxes([1, 2, 3, 4], [0, 0, 9, 9])).tolist() == [0, 0]


def test_at_the_ends_of_a_live_stretch_no_frame_beyond_is_looked_at():
    """One that is not live is not there."""
    found = of_frames(
        moving(9, 2), np.array([2, 3, 4, 7]), np.repeat(boxes([30, 20, 80, 60]), 4, axis=0), (2, 5), (7, 8)
    )
    np.testing.assert_allclose(found, [2, 2, 2, 0], atol=0.15)


def test_only_what_moves_is_fast():
    frames = np.repeat(textured()[None], 5, axis=0)
    patch = textured(30, 30, seed=1)
    for time, frame in enumerate(frames):
        frame[20:50, 20 + 3 * time : 50 + 3 * time] = patch
    found = of_frames(frames, np.array([2, 2]), boxes([29, 23, 53, 47], [85, 10, 115, 70]))
    assert found[0] == pytest.approx(3, abs=0.3) and found[1] < 0.2


def test_colour_and_large_pictures_have_the_same_velocity_in_their_own_pixels():
    frames = moving(3, 2)
    times, box = np.array([1]), boxes([30, 20, 80, 60])
    grey = of_frames(frames, times, box)
    np.testing.assert_allclose(of_frames(np.repeat(frames[..., None], 3, axis=3), times, box), grey, atol=0.01)
    factor = 2 * WIDTH // frames.shape[2]
    large = np.stack([cv2.resize(frame, None, fx=factor, fy=factor) for frame in frames])
    np.testing.assert_allclose(of_frames(large, times, box * factor), 2 * factor, rtol=0.1)


def slow_mean(values, box):
    """The mean over the pixels of a box, one by one."""
    height, width = values.shape
    x1, y1, x2, y2 = (int(edge) for edge in np.round(box))
    rows = [y for y in range(height) if y1 <= y < y2]
    columns = [x for x in range(width) if x1 <= x < x2]
    return np.mean([values[y, x] for y in rows for x in columns])


@given(st.lists(st.tuples(*[st.integers(0, 8), st.integers(0, 6), st.integers(1, 6), st.integers(1, 6)]), max_size=5))
def test_box_means_are_those_of_a_walk_over_the_pixels(rows):
    values = np.random.default_rng(0).random((7, 9))
    given_boxes = boxes(*[[x, y, x + width, y + height] for x, y, width, height in rows])
    expected = [slow_mean(values, box) for box in given_boxes]
    np.testing.assert_allclose(box_means(values, given_boxes), expected, rtol=1e-5)


def test_a_box_that_sticks_out_or_is_empty_has_a_mean():
    values = np.arange(12.0).reshape(3, 4)
    outside = boxes([-5, -5, 1, 1], [3, 2, 9, 9], [9, 9, 12, 12], [2, 1, 2, 1])
    assert box_means(values, outside).tolist() == [0, 11, 11, 6]


def test_flow_of_equal_pictures_is_nothing():
    assert flow_magnitude(textured(), textured()).max() < 0.01


def test_grey_is_what_the_eye_sees_of_blue_green_and_red():
    frame = np.array([[[200, 0, 0], [0, 200, 0], [0, 0, 200]]], np.uint8)
    assert grey(frame, 1).tolist() == [[23, 117, 60]]


def test_the_work_grows_as_a_clip_does():
    def work(length):
        times = Counted.of(np.arange(length))
        of_frames(np.zeros((length, 16, 16), np.uint8), times, np.tile(boxes([2, 2, 9, 9]), (length, 1)))
        return times.count()

    assert 0 < work(800) < 5 * work(200)
