from dataclasses import replace

import numpy as np
import pytest
from helpers import PARAMS

from stages.common.objects.boxes import iou_matrix
from stages.common.running.params import checked
from stages.detect.motion import detect_video, find_objects
from stages.detect.settings import Motion

SETTINGS = checked(PARAMS["detect"]["motion"], Motion, "params.yaml")


def ground(rng, shape=(80, 120)):
    return rng.integers(90, 130, shape).astype(np.uint8)


def with_square(background, box, level=220):
    frame = background.copy()
    x1, y1, x2, y2 = box
    frame[y1:y2, x1:x2] = level
    return frame


def walk(background, count=40, level=220):
    boxes = [(2 + 2 * index, 30, 14 + 2 * index, 54) for index in range(count)]
    return np.stack([with_square(background, box, level) for box in boxes]), np.array(boxes, np.float32)


def assert_found(detections, boxes, iou=0.6):
    assert len(detections.boxes) == len(boxes)
    assert (iou_matrix(boxes, detections.boxes).max(axis=1) > iou).all()


def test_a_video_without_frames():
    assert list(detect_video(np.zeros((0, 8, 8), np.uint8), SETTINGS)) == []


def test_a_still_video_has_no_objects(rng):
    frames = np.repeat(ground(rng)[None], 5, axis=0)
    found = list(detect_video(frames, SETTINGS))
    assert [len(detections.boxes) for detections in found] == [0] * 5
    assert found[0].boxes.shape == (0, 4) and found[0].class_scores.shape == (0, 0)


@pytest.mark.parametrize("channels", [(), (3,)])
def test_a_moving_square_is_found_from_the_first_frame_to_the_last(rng, channels):
    frames, boxes = walk(ground(rng, (80, 120, *channels)))
    found = list(detect_video(frames, SETTINGS))
    assert len(found) == len(frames)
    for detections, box in zip(found, boxes, strict=True):
        assert_found(detections, box[None])
        assert detections.labels.tolist() == [-1] and 0 < detections.scores[0] < 1


def test_whoever_stands_for_less_than_half_of_the_clip_stays_in_sight(rng):
    frames, _ = walk(ground(rng))
    standing = np.concatenate([frames[:20], np.repeat(frames[20:21], 15, axis=0), frames[20:]])
    assert all(len(detections.boxes) == 1 for detections in detect_video(standing, SETTINGS))


def test_a_part_of_a_video_is_seen_against_the_background_of_the_whole(rng):
    """Who stands still in the part has come from somewhere, and leaves; by the part alone nobody would be there."""
    frames, boxes = walk(ground(rng))
    standing = np.concatenate([frames[:20], np.repeat(frames[20:21], 15, axis=0), frames[20:]])
    assert all(len(found.boxes) == 0 for found in detect_video(standing[20:35], SETTINGS))
    part = list(detect_video(standing, SETTINGS, 20, 35))
    assert len(part) == 15
    for found in part:
        assert_found(found, boxes[20][None])
    whole = [found.boxes.tolist() for found in detect_video(standing, SETTINGS)]
    assert [found.boxes.tolist() for found in part] == whole[20:35]


def test_a_change_of_light_is_no_object(rng):
    frames, boxes = walk(ground(rng))
    frames[10:] = (frames[10:] * 0.8 + 12).astype(np.uint8)
    for detections, box in zip(detect_video(frames, SETTINGS), boxes, strict=True):
        assert_found(detections, box[None])


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_what_differs_in_one_colour_alone_is_found(rng, channel):
    frames, boxes = walk(ground(rng, (80, 120, 3)))
    other = np.repeat(np.median(frames, axis=0)[None].astype(np.uint8), len(frames), axis=0)
    other[..., channel] = frames[..., channel]
    assert_found(list(detect_video(other, SETTINGS))[20], boxes[20][None])


def test_the_score_is_a_half_at_40_grey_levels():
    for level, score in ((40, 0.5), (120, 0.75)):
        difference = np.zeros((60, 80), np.float32)
        difference[10:40, 10:30] = level
        assert find_objects(difference, SETTINGS).scores.tolist() == [pytest.approx(score, abs=0.01)]


def test_stronger_contrast_scores_higher(rng):
    faint, strong = (walk(ground(rng), level=level)[0] for level in (160, 250))
    faint_score, strong_score = (next(detect_video(frames, SETTINGS)).scores[0] for frames in (faint, strong))
    assert faint_score < strong_score


def test_objects_joined_by_a_faint_bridge_come_apart():
    difference = np.zeros((60, 80), np.float32)
    difference[20:45, 10:22] = 100
    difference[20:45, 40:52] = 100
    difference[40:45, 22:40] = SETTINGS.contrast + 2
    assert_found(find_objects(difference, SETTINGS), np.array([[10, 20, 22, 45], [40, 20, 52, 45]], np.float32), 0.4)


def test_a_gap_within_an_object_is_closed():
    difference = np.zeros((60, 80), np.float32)
    difference[10:25, 10:22] = 100
    difference[27:45, 10:22] = 100
    assert_found(find_objects(difference, SETTINGS), np.array([[10, 10, 22, 45]], np.float32))


def test_small_things_are_left_out_and_boxes_stay_within_the_frame():
    difference = np.zeros((60, 80), np.float32)
    difference[0:20, 0:10] = 100
    difference[40:44, 40:44] = 100
    assert find_objects(difference, SETTINGS).boxes.tolist() == [[0, 0, 11, 21]]


def test_the_same_video_gives_the_same_bytes(rng):
    frames = rng.integers(0, 255, (6, 40, 40)).astype(np.uint8)
    once, again = (list(detect_video(frames, SETTINGS)) for _ in range(2))
    assert all(a.tobytes() == b.tobytes() for x, y in zip(once, again, strict=True) for a, b in zip(x, y, strict=True))


@pytest.mark.parametrize("every", [2, 3, 7])
def test_frames_are_counted_on_from_one_stretch_to_the_next(rng, every):
    short = replace(SETTINGS, stretch=4)
    frames, _ = walk(ground(rng), count=18)
    whole = list(detect_video(frames, short, 3, 17))
    part = list(detect_video(frames, short, 3, 17, every))
    assert [found.boxes.tolist() for found in part] == [found.boxes.tolist() for found in whole[::every]]
