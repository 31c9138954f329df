from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from helpers import PARAMS, drawn_picture, store_frames
from hypothesis import given
from hypothesis import strategies as st

from stages.common.frames.store import open_frames
from stages.common.objects.boxes import iou_matrix
from stages.common.running.errors import InputError
from stages.common.running.params import checked
from stages.detect import nanodet, onnx_models, yolox
from stages.detect.clip import module_of
from stages.detect.onnx_models import anchor_cells
from stages.detect.settings import Detect

WEIGHTS = Path(__file__).parents[3] / "shared/data/weights"
PED2 = Path(__file__).parents[3] / "shared/data/ped2"
DETECT = checked(PARAMS["detect"], Detect, "params.yaml")
DECODERS = {"yolox": yolox, "nanodet_plus": nanodet}
CLASSES = 80


def encode_yolox(boxes, anchors, labels, width, height):
    """The network's answer that means these boxes (N, 4) at these anchors (N,): the inverse of the decoder."""
    cells, strides = anchor_cells_of(yolox, width, height)
    output = np.zeros((1, len(cells), 5 + CLASSES), np.float32)
    for box, anchor, label in zip(boxes, anchors, labels, strict=True):
        output[0, anchor, :2] = (box[:2] + box[2:]) / 2 / strides[anchor] - cells[anchor]
        output[0, anchor, 2:4] = np.log((box[2:] - box[:2]) / strides[anchor])
        output[0, anchor, 4] = 0.9
        output[0, anchor, 5 + label] = 0.8
    return output


def encode_nanodet(boxes, anchors, labels, width, height):
    cells, strides = anchor_cells_of(nanodet, width, height)
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


def anchor_cells_of(module, width, height):
    anchors = sum((width // stride) * (height // stride) for stride in module.STRIDES)
    return anchor_cells(width, height, module.STRIDES, (1, anchors, 200), 32)


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
    cells, cell_strides = anchor_cells_of(DECODERS[name], 128, 64)
    assert cells[1].tolist() == [1, 0] and cells[16].tolist() == [0, 1]
    assert np.unique(cell_strides).tolist() == list(strides)
    assert (cells * cell_strides < [128, 64]).all()


@pytest.mark.parametrize("name", DECODERS)
@pytest.mark.parametrize("least", [0.0, 0.3, 0.9])
def test_anchors_below_the_least_score_are_left_out(name, least):
    random = np.random.default_rng(0)
    anchors = len(anchor_cells_of(DECODERS[name], 128, 64)[0])
    output = random.random((1, anchors, CLASSES + {"yolox": 5, "nanodet_plus": 32}[name]), np.float32)
    every, some = (DECODERS[name].decode(output, 128, 64, *given) for given in ((), (least,)))
    kept = every[1] >= least
    assert len(every[1]) == anchors and kept.sum() == len(some[1])
    for one, other in zip(every, some, strict=True):
        np.testing.assert_array_equal(one[kept], other)


@pytest.mark.parametrize("name", DECODERS)
@pytest.mark.parametrize("shape", [(1, 7, 85), (1, 1000), (1, 340, 5), (2, 340, 200)])
def test_an_answer_of_another_network_is_refused(name, shape):
    with pytest.raises(InputError, match="name the detector that belongs to it"):
        DECODERS[name].decode(np.zeros(shape, np.float32), 128, 128)


# Blue, green and red of two by two pixels.
PICTURE = np.array([[[10, 20, 30], [0, 0, 0]], [[255, 128, 64], [1, 2, 3]]], np.uint8)
SEEN = {
    "yolox": [[[10, 0], [255, 1]], [[20, 0], [128, 2]], [[30, 0], [64, 3]]],
    # Less 103.53, 116.28 and 123.675, by 57.375, 57.12 and 58.395.
    "nanodet_plus": [
        [[-1.630153, -1.804444], [2.640000, -1.787015]],
        [[-1.685574, -2.035714], [0.205182, -2.000700]],
        [[-1.604161, -2.117904], [-1.021920, -2.066530]],
    ],
}


@pytest.mark.parametrize("name", DECODERS)
def test_a_network_sees_blue_green_and_red_as_it_was_trained_to(name):
    seen = DECODERS[name].prepare(PICTURE)
    assert seen.dtype == np.float32 and seen.flags.c_contiguous
    np.testing.assert_allclose(seen, [SEEN[name]], atol=1e-5)


def found_by(name, path, frames, tmp_path, **tiles):
    """The objects of a clip's frames by a detector with the weights of a file."""
    detect = replace(DETECT, sources=[name], tiles=replace(DETECT.tiles, **tiles))
    kept = open_frames(store_frames(tmp_path, a=frames), "a")
    return list(module_of(name).find(kept, kept.searched(1), detect, path, "cpu"))


def test_errors_name_what_to_do(tmp_path):
    frames = np.zeros((1, 64, 64), np.uint8)
    with pytest.raises(InputError, match="x.onnx: no weights there; fetch them"):
        found_by("yolox", tmp_path / "x.onnx", frames, tmp_path / "a")
    (tmp_path / "cut.onnx").write_bytes(b"\x08\x07")
    with pytest.raises(InputError, match="cut.onnx: not a network in ONNX form: .*; fetch the file again"):
        found_by("yolox", tmp_path / "cut.onnx", frames, tmp_path / "b")


@pytest.mark.parametrize("name", DECODERS)
def test_boxes_come_back_from_an_input_that_is_not_square(name, monkeypatch, tmp_path):
    box = np.array([[67, 20, 85, 50]], np.float32)
    answer = ENCODERS[name](box, [4 * 16 + 9], [2], 128, 64)
    monkeypatch.setattr(onnx_models, "load_onnx", lambda path, precision: lambda batch: answer)
    tiles = {"input_width": 128, "input_height": 64}
    found = found_by(name, tmp_path, np.zeros((1, 64, 128), np.uint8), tmp_path / "frames", **tiles)[0]
    np.testing.assert_allclose(found.boxes, box, atol=0.02)


REAL = {"yolox": ("yolox_nano.onnx", 416), "nanodet_plus": ("nanodet_plus_m_coco.onnx", 384)}


@pytest.fixture(params=REAL)
def real(request):
    name, size = REAL[request.param]
    if not (WEIGHTS / name).is_file():
        pytest.skip(f"no {name} in ../shared/data/weights")
    return request.param, WEIGHTS / name, size


def test_what_nanodet_sees_of_nothing_is_next_to_nothing():
    assert abs(nanodet.prepare(np.full((2, 2, 3), nanodet.FILL, np.uint8))).max() < 0.2


# Box, score and class of what each holds likeliest in the drawn picture, and in a part of it that leaves half empty.
LIKELIEST = {
    "yolox": [([23.7, 15.8, 40.2, 58.6], 0.0755, 72), ([7.4, 15.7, 24.8, 59.1], 0.0418, 72)],
    "nanodet_plus": [([0.1, 0, 64, 51.4], 0.2800, 63), ([7.6, 15.7, 24.6, 56.0], 0.2469, 9)],
}


@pytest.mark.parametrize("part", [0, 1])
def test_real_networks_see_the_drawn_picture_as_they_did(real, tmp_path, part):
    name, path, size = real
    tiles = {"input_width": size, "input_height": size, "score": 0.02}
    shown = drawn_picture()[None, :, 16:48] if part else drawn_picture()[None]
    found = found_by(name, path, shown, tmp_path / "frames", **tiles)[0]
    box, score, label = LIKELIEST[name][part]
    np.testing.assert_allclose(found.boxes[0], box, atol=0.3)
    assert (found.scores[0], found.labels[0]) == (pytest.approx(score, abs=0.001), label)


def test_real_networks_find_people(real, tmp_path):
    frame = cv2.imread(str(PED2 / "testing/frames/04/060.jpg"))
    if frame is None:
        pytest.skip("no testing/frames/04/060.jpg in ../shared/data/ped2")
    name, path, size = real
    tiles = {"input_width": size, "input_height": size, "columns": 3, "rows": 2, "overlap": 32, "score": 0.4}
    found, same = found_by(name, path, np.stack([frame, frame]), tmp_path / "colour", **tiles)
    assert all(a.tobytes() == b.tobytes() for a, b in zip(found, same, strict=True))
    assert len(found_by(name, path, frame[None, ..., 0], tmp_path / "grey", **tiles)[0].boxes) >= 8
    # A pedestrian, class 0, and a small lorry, class 7, measured by hand.
    by_hand = np.array([[268, 129, 282, 163], [295, 136, 360, 180]], np.float32)
    overlaps = iou_matrix(by_hand, found.boxes)
    assert (overlaps.max(axis=1) > 0.6).all()
    assert found.labels[overlaps.argmax(axis=1)].tolist() == [0, 7]
    assert found.class_scores.shape == (len(found.boxes), 80) and (found.class_scores <= 1).all()
