"""A frame through a network in tiles, and its objects put together again."""

from dataclasses import replace

import numpy as np
import pytest

from stages.detect.settings import Tiles
from stages.detect.tiled import Network, detect_frames, vote


def test_votes_are_the_mean_of_the_anchors_that_agree():
    boxes = np.array([[0, 0, 10, 10], [50, 50, 60, 60]], np.float32)
    voters = np.array([[0, 0, 10, 10], [0, 0, 10, 8], [0, 0, 10, 4], [50, 50, 60, 60]], np.float32)
    scores = np.array([0.5, 0.25, 0.9, 0.3], np.float32)
    probabilities = np.array([[1, 0], [0, 1], [0, 1], [0.25, 0.5]], np.float32)
    # Weights 1 x .5 and .8 x .25; the third anchor agrees too little.
    np.testing.assert_allclose(vote(boxes, voters, scores, probabilities), [[5 / 7, 2 / 7], [0.25, 0.5]], rtol=1e-6)
    assert vote(boxes[:0], voters, scores, probabilities).shape == (0, 2)


def detect_frame(network, frame, settings):
    return next(detect_frames(network, frame[None], settings))


def bright_spots(pictures):
    return [bright_spots_of(picture) for picture in pictures]


def bright_spots_of(picture):
    """A network that sees each patch of one bright value as an object, its class given by the value."""
    boxes, probabilities = [], []
    for label, value in enumerate((200, 250)):
        rows, columns = np.nonzero(picture[..., 0] == value)
        if len(rows):
            boxes.append([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
            probabilities.append(np.eye(2)[label] * 0.8)
    probabilities = np.reshape(probabilities, (-1, 2)).astype(np.float32)
    return np.reshape(boxes, (-1, 4)).astype(np.float32), probabilities.max(axis=1, initial=0), probabilities


ONE = Tiles(input_width=128, input_height=128, columns=1, rows=1, overlap=0, score=0.3)
TILES = replace(ONE, columns=2, overlap=28)


def test_a_frame_without_objects():
    found = detect_frame(Network(bright_spots, 114), np.zeros((64, 100), np.uint8), TILES)
    assert found.boxes.shape == (0, 4) and found.class_scores.shape == (0, 2)


def test_an_object_in_two_tiles_is_one_and_a_part_cut_by_a_tile_goes():
    frame = np.zeros((64, 100, 3), np.uint8)
    frame[20:50, 40:60] = 200  # in both tiles, 0..64 and 36..100
    frame[2:12, 60:90] = 250  # 4 of its 30 columns in the left tile
    found = detect_frame(Network(bright_spots, 114), frame, TILES)
    assert found.labels.tolist() == [0, 1]
    assert found.labels.dtype == np.int16 and found.boxes.dtype == found.class_scores.dtype == np.float32
    np.testing.assert_allclose(found.boxes, [[40, 20, 60, 50], [60, 2, 90, 12]], atol=1.01)
    np.testing.assert_allclose(found.class_scores, [[0.8, 0], [0, 0.8]], rtol=1e-6)


def test_a_video_without_frames():
    assert list(detect_frames(Network(bright_spots, 114), np.zeros((0, 64, 100), np.uint8), TILES)) == []


@pytest.mark.parametrize("pictures", [1, 2, 5, 6, 100])
def test_frames_may_go_through_the_network_in_batches(pictures):
    """However many pictures it takes at once, each frame has its own objects; a frame's two tiles stay together."""
    frames = np.zeros((7, 64, 100), np.uint8)
    for index in range(7):
        frames[index, 20:50, 10 * index : 10 * index + 20] = 200 if index % 3 else 250
    batches = []

    def counted(pictures):
        batches.append(len(pictures))
        return bright_spots(pictures)

    found = list(detect_frames(Network(counted, 114, pictures), frames, TILES))
    assert max(batches) == min(pictures, max(1, pictures // 2) * 2, 14) and sum(batches) == 14
    alone = [detect_frame(Network(bright_spots, 114), frame, TILES) for frame in frames]
    assert len(found) == 7 and [objects.labels.tolist() for objects in found] == [[1], [0], [0], [1], [0], [0], [1]]
    for one, other in zip(found, alone, strict=True):
        assert all(a.tobytes() == b.tobytes() for a, b in zip(one, other, strict=True))


def test_a_score_below_the_threshold_goes():
    frame = np.full((64, 100), 200, np.uint8)
    settings = replace(ONE, score=0.9)
    assert len(detect_frame(Network(bright_spots, 114), frame, settings).boxes) == 0
