import cv2
import numpy as np
import pytest
from helpers import PARAMS, store_frames

from stages.common.frames.light import soften
from stages.common.frames.store import open_frames
from stages.common.objects.boxes import iou_matrix
from stages.common.running.params import checked
from stages.detect.motion import Sizes, find, find_moving, find_objects, sizes_of
from stages.detect.settings import Motion

SETTINGS = checked({**PARAMS["detect"]["motion"], "join": 3 / 80, "min_height": 0.1}, Motion, "params.yaml")
SIZES = Sizes(join=3, min_height=8, min_area=40, pad=1)


class Section:
    motion = SETTINGS


def found_in(frames):
    """The objects of each frame, by the median of them all."""
    if not len(frames):
        return []
    background = np.median([soften(frame) for frame in frames], axis=0).astype(np.uint8)
    return [find_moving(frame, background, SETTINGS) for frame in frames]


def objects_of(difference):
    return find_objects(difference, SETTINGS.contrast, SIZES)


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


def test_no_frames_are_searched(tmp_path):
    store = store_frames(tmp_path / "frames", a=np.zeros((0, 8, 8), np.uint8))
    assert list(find(open_frames(store, "a"), np.zeros(0, int), Section, None, "cpu")) == []


def test_a_still_video_has_no_objects(rng):
    frames = np.repeat(ground(rng)[None], 5, axis=0)
    found = found_in(frames)
    assert [len(detections.boxes) for detections in found] == [0] * 5
    assert found[0].boxes.shape == (0, 4) and found[0].class_scores.shape == (0, 0)


@pytest.mark.parametrize("channels", [(), (3,)])
def test_a_moving_square_is_found_from_the_first_frame_to_the_last(rng, channels):
    frames, boxes = walk(ground(rng, (80, 120, *channels)))
    found = found_in(frames)
    assert len(found) == len(frames)
    for detections, box in zip(found, boxes, strict=True):
        assert_found(detections, box[None])
        assert detections.labels.tolist() == [-1] and 0 < detections.scores[0] < 1


def test_whoever_stands_for_less_than_half_of_the_clip_stays_in_sight(rng):
    frames, _ = walk(ground(rng))
    standing = np.concatenate([frames[:20], np.repeat(frames[20:21], 15, axis=0), frames[20:]])
    assert all(len(detections.boxes) == 1 for detections in found_in(standing))


def test_a_change_of_light_is_no_object(rng):
    frames, boxes = walk(ground(rng))
    frames[10:] = (frames[10:] * 0.8 + 12).astype(np.uint8)
    for detections, box in zip(found_in(frames), boxes, strict=True):
        assert_found(detections, box[None])


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_what_differs_in_one_colour_alone_is_found(rng, channel):
    frames, boxes = walk(ground(rng, (80, 120, 3)))
    other = np.repeat(np.median(frames, axis=0)[None].astype(np.uint8), len(frames), axis=0)
    other[..., channel] = frames[..., channel]
    assert_found(found_in(other)[20], boxes[20][None])


def test_the_score_is_a_half_at_40_grey_levels():
    for level, score in ((40, 0.5), (120, 0.75)):
        difference = np.zeros((60, 80), np.float32)
        difference[10:40, 10:30] = level
        assert objects_of(difference).scores.tolist() == [pytest.approx(score, abs=0.01)]


def test_stronger_contrast_scores_higher(rng):
    faint, strong = (walk(ground(rng), level=level)[0] for level in (160, 250))
    faint_score, strong_score = (found_in(frames)[0].scores[0] for frames in (faint, strong))
    assert faint_score < strong_score


def test_objects_joined_by_a_faint_bridge_come_apart():
    difference = np.zeros((60, 80), np.float32)
    difference[20:45, 10:22] = 100
    difference[20:45, 40:52] = 100
    difference[40:45, 22:40] = SETTINGS.contrast + 2
    assert_found(objects_of(difference), np.array([[10, 20, 22, 45], [40, 20, 52, 45]], np.float32), 0.4)


def test_a_gap_within_an_object_is_closed():
    difference = np.zeros((60, 80), np.float32)
    difference[10:25, 10:22] = 100
    difference[27:45, 10:22] = 100
    assert_found(objects_of(difference), np.array([[10, 10, 22, 45]], np.float32))


def test_small_things_are_left_out_and_boxes_stay_within_the_frame():
    difference = np.zeros((60, 80), np.float32)
    difference[0:20, 0:10] = 100
    difference[40:44, 40:44] = 100
    assert objects_of(difference).boxes.tolist() == [[0, 0, 11, 21]]


def test_each_of_the_numbers_is_searched_against_its_background(tmp_path, rng):
    frames, boxes = walk(ground(rng))
    clip = open_frames(store_frames(tmp_path / "frames", a=frames), "a")
    found = list(find(clip, np.arange(0, 40, 3), Section, None, "cpu"))
    assert len(found) == 14
    for detections, box in zip(found, boxes[::3], strict=True):
        assert_found(detections, box[None])


def test_sizes_are_those_of_pictures_of_240_lines():
    defaults = checked(PARAMS["detect"]["motion"], Motion, "params.yaml")
    assert sizes_of(defaults, 240) == SIZES
    assert all(size >= 1 for size in sizes_of(defaults, 1))


@pytest.mark.parametrize("times", [1, 2, 3, 4.5, 9])
def test_a_larger_picture_of_the_same_scene_has_the_same_objects(rng, times):
    frames, boxes = walk(ground(rng, (240, 320)))
    size = round(320 * times), round(240 * times)
    large = [cv2.resize(frame, size, interpolation=cv2.INTER_LINEAR) for frame in frames[::4]]
    for detections, box in zip(found_in(large), boxes[::4], strict=True):
        assert_found(detections, box[None] * times)
        assert np.array_equal(detections.boxes, detections.boxes.round())


def test_the_same_frame_gives_the_same_bytes(rng):
    frames = rng.integers(0, 255, (6, 40, 40)).astype(np.uint8)
    once, again = (found_in(frames) for _ in range(2))
    assert all(a.tobytes() == b.tobytes() for x, y in zip(once, again, strict=True) for a, b in zip(x, y, strict=True))
