from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.common.objects.boxes import iou_matrix
from stages.common.running.errors import InputError
from stages.detect import nanodet, yolox
from stages.detect.onnx_models import DECODERS, load
from stages.detect.tiled import Network, TileSettings, detect_frames, vote

WEIGHTS = Path(__file__).parents[3] / "shared/data/weights"
PED2 = Path(__file__).parents[3] / "shared/data/ped2"
REAL = {"yolox": ("yolox_nano.onnx", 416), "nanodet_plus": ("nanodet_plus_m_coco.onnx", 384)}
CLASSES = 80


def encode_yolox(boxes, anchors, labels, width, height):
    """The network's answer that means these boxes (N, 4) at these anchors (N,): the inverse of the decoder."""
    cells, strides = yolox.anchor_cells(width, height, yolox.STRIDES, anchor_count(width, height, yolox.STRIDES))
    output = np.zeros((1, len(cells), 5 + CLASSES), np.float32)
    for box, anchor, label in zip(boxes, anchors, labels, strict=True):
        output[0, anchor, :2] = (box[:2] + box[2:]) / 2 / strides[anchor] - cells[anchor]
        output[0, anchor, 2:4] = np.log((box[2:] - box[:2]) / strides[anchor])
        output[0, anchor, 4] = 0.9
        output[0, anchor, 5 + label] = 0.8
    return output


def encode_nanodet(boxes, anchors, labels, width, height):
    cells, strides = yolox.anchor_cells(width, height, nanodet.STRIDES, anchor_count(width, height, nanodet.STRIDES))
    output = np.full((1, len(cells), CLASSES + 32), -30, np.float32)
    output[:, :, :CLASSES] = 0
    for box, anchor, label in zip(boxes, anchors, labels, strict=True):
        centre = cells[anchor] * strides[anchor]
        distances = np.concatenate([centre - box[:2], box[2:] - centre]) / strides[anchor]
        for side, distance in enumerate(distances):
            lower, share = int(distance), distance - int(distance)
            bins = output[0, anchor, CLASSES + side * 8 : CLASSES + (side + 1) * 8]
            bins[lower] = np.log(1 - share)
            bins[min(lower + 1, 7)] = np.log(max(share, 1e-9))
        output[0, anchor, label] = 0.72
    return output


ENCODERS = {"yolox": encode_yolox, "nanodet_plus": encode_nanodet}


def anchor_count(width, height, strides):
    return sum((width // stride) * (height // stride) for stride in strides)


@pytest.mark.parametrize("name", DECODERS)
@given(
    st.integers(0, 15), st.integers(0, 11), st.floats(2, 20), st.floats(2, 20), st.integers(0, CLASSES - 1), st.data()
)
def test_a_box_put_into_an_answer_comes_back(name, column, row, left, right, label, data):
    width, height = 128, 192
    anchor = row * (width // 8) + column  # within the first stride, 8
    x, y = column * 8, row * 8
    box = np.array([x - left, y - right, x + right, y + left], np.float32)
    output = ENCODERS[name](box[None], [anchor], [label], width, height)
    boxes, scores, probabilities = DECODERS[name].decode(output, width, height)
    assert boxes.shape == (len(scores), 4) and probabilities.shape == (len(scores), CLASSES)
    np.testing.assert_allclose(boxes[anchor], box, atol=2e-3)
    assert scores.argmax() == anchor and scores[anchor] == pytest.approx(0.72)
    assert probabilities[anchor].argmax() == label


@pytest.mark.parametrize("name", DECODERS)
def test_anchors_of_all_strides_are_in_place(name):
    strides = DECODERS[name].STRIDES
    cells, cell_strides = yolox.anchor_cells(128, 64, strides, anchor_count(128, 64, strides))
    assert cells[1].tolist() == [1, 0] and cells[16].tolist() == [0, 1]
    assert np.unique(cell_strides).tolist() == list(strides)
    assert (cells * cell_strides < [128, 64]).all()


@pytest.mark.parametrize("name", DECODERS)
@pytest.mark.parametrize("least", [0.0, 0.3, 0.9])
def test_anchors_below_the_least_score_are_left_out(name, least):
    random = np.random.default_rng(0)
    anchors = anchor_count(128, 64, DECODERS[name].STRIDES)
    output = random.random((1, anchors, CLASSES + {"yolox": 5, "nanodet_plus": 32}[name]), np.float32)
    every, some = (DECODERS[name].decode(output, 128, 64, *given) for given in ((), (least,)))
    kept = every[1] >= least
    assert len(every[1]) == anchors and kept.sum() == len(some[1])
    for one, other in zip(every, some, strict=True):
        np.testing.assert_array_equal(one[kept], other)


@pytest.mark.parametrize("name", DECODERS)
def test_an_answer_of_another_network_is_refused(name):
    with pytest.raises(ValueError, match="anchors"):
        DECODERS[name].decode(np.zeros((1, 7, 85), np.float32), 128, 128)


def test_networks_see_bgr():
    picture = np.zeros((2, 3, 3), np.uint8)
    picture[..., 0] = 255  # blue
    assert yolox.prepare(picture)[0, :, 0, 0].tolist() == [255, 0, 0]
    standardised = nanodet.prepare(picture)[0, :, 0, 0] * nanodet.DEVIATION + nanodet.MEAN
    np.testing.assert_allclose(standardised, [255, 0, 0], atol=1e-4)


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


ONE = TileSettings(input_width=128, input_height=128, columns=1, rows=1, overlap=0, score=0.3, iou=0.5)
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


def test_errors_name_what_to_do(tmp_path):
    with pytest.raises(InputError, match="x.onnx: no weights there; fetch them"):
        load(tmp_path / "x.onnx", "yolox", "float32", 0.01)
    (tmp_path / "cut.onnx").write_bytes(b"\x08\x07")
    with pytest.raises(InputError, match="cut.onnx: not a network in ONNX form: .*; fetch the file again"):
        load(tmp_path / "cut.onnx", "yolox", "float32", 0.01)


@pytest.fixture(params=REAL)
def real(request):
    name, size = REAL[request.param]
    if not (WEIGHTS / name).is_file():
        pytest.skip(f"no {name} in ../shared/data/weights")
    return load(WEIGHTS / name, request.param, "float32", 0.01), size


def test_a_size_that_a_real_network_cannot_take_is_refused(real):
    network, _ = real
    with pytest.raises(InputError, match="input_width"):
        network.run([np.zeros((100, 100, 3), np.uint8)])


def test_real_networks_find_people(real):
    import cv2

    frame = cv2.imread(str(PED2 / "testing/frames/04/060.jpg"))
    if frame is None:
        pytest.skip("no testing/frames/04/060.jpg in ../shared/data/ped2")
    network, size = real
    settings = replace(ONE, input_width=size, input_height=size, columns=3, rows=2, overlap=32, score=0.4)
    found, again = (detect_frame(network, picture, settings) for picture in (frame, frame[..., 0].copy()))
    assert all(a.tobytes() == b.tobytes() for a, b in zip(found, detect_frame(network, frame, settings), strict=True))
    assert len(again.boxes) >= 8
    # A pedestrian, class 0, and a small lorry, class 7, measured by hand.
    by_hand = np.array([[268, 129, 282, 163], [295, 136, 360, 180]], np.float32)
    overlaps = iou_matrix(by_hand, found.boxes)
    assert (overlaps.max(axis=1) > 0.6).all()
    assert found.labels[overlaps.argmax(axis=1)].tolist() == [0, 7]
    assert found.class_scores.shape == (len(found.boxes), 80) and (found.class_scores <= 1).all()
