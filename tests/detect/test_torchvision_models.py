"""Torchvision's detectors with drawn weights: what they say has the right form, whatever it means."""

import numpy as np
import pytest
import torch
from helpers import walking_square
from torchvision import models

from stages.common.objects.boxes import iou_matrix
from stages.common.running.errors import InputError
from stages.detect.settings import Tiles
from stages.detect.tiled import VOTE_SCORE, detect_frames
from stages.detect.torchvision_models import FILL, MOST_BOXES, class_vectors, load, network

CPU = torch.device("cpu")
# One of each kind of head; the larger ones differ in their backbones.
KINDS = ["fasterrcnn_mobilenet_v3_large_320_fpn", "ssdlite320_mobilenet_v3_large", "fcos_resnet50_fpn"]


@pytest.fixture(scope="module", params=KINDS)
def weights(request, tmp_path_factory):
    """A file of drawn weights whose classes are told apart, so that boxes of many classes come out."""
    torch.manual_seed(0)
    model = models.get_model(request.param, weights=None, weights_backbone=None, num_classes=91)
    path = tmp_path_factory.mktemp("weights") / f"{request.param}.pth"
    torch.save(model.state_dict(), path)
    return path


def test_a_network_gives_boxes_scores_and_a_vector_of_all_classes(weights):
    loaded = load(weights, weights.stem, CPU)
    picture = np.array(walking_square(1, height=96, width=128)[0])
    boxes, scores, vectors = loaded.run([picture])[0]
    assert len(boxes) == len(scores) == len(vectors) <= MOST_BOXES
    assert boxes.dtype == vectors.dtype == np.float32 and vectors.shape[1] == 91
    assert (scores >= VOTE_SCORE).all() and (0 <= vectors).all() and (vectors <= 1).all()
    assert (vectors.max(axis=1, initial=0) >= scores - 1e-6).all()
    again = load(weights, weights.stem, CPU).run([picture])[0]
    assert all(a.tobytes() == b.tobytes() for a, b in zip(again, (boxes, scores, vectors), strict=True))
    settings = Tiles(input_width=128, input_height=96, columns=1, rows=1, overlap=0, score=0.0)
    found = next(detect_frames(loaded, picture[None], settings))
    assert len(found.boxes) <= len(boxes) and found.class_scores.shape == (len(found.boxes), 91)


def test_pictures_in_one_batch_are_answered_as_one_by_one(weights):
    loaded = load(weights, weights.stem, CPU)
    pictures = [np.array(picture) for picture in walking_square(3, height=96, width=128)]
    together, apart = loaded.run(pictures), [loaded.run([picture])[0] for picture in pictures]
    for one, other in zip(together, apart, strict=True):
        assert len(one[0]) == len(other[0])
        # Boxes of nearly the same score may change places.
        np.testing.assert_allclose(np.sort(one[1]), np.sort(other[1]), atol=1e-4)
        np.testing.assert_allclose(one[0].mean(axis=0), other[0].mean(axis=0), atol=0.5)


def test_pictures_of_the_size_asked_for_are_not_resized_once_more():
    model = models.get_model(KINDS[0], weights=None, weights_backbone=None, num_classes=91).eval()
    seen = []
    model.backbone.register_forward_hook(lambda module, inputs, output: seen.append(tuple(inputs[0].shape)))
    network(model, CPU).run([np.zeros((96, 160, 3), np.uint8)])
    assert seen == [(1, 3, 96, 160)]


def test_what_a_tile_leaves_empty_is_about_the_mean_that_the_networks_subtract():
    assert abs(FILL / 255 - np.mean([0.485, 0.456, 0.406])) < 0.005


class Seeing(torch.nn.Module):
    """A detector that keeps what it sees, and sees nothing."""

    def forward(self, pictures):
        self.seen = pictures
        return [{"boxes": torch.zeros(0, 4), "labels": torch.zeros(0), "scores": torch.zeros(0)} for _ in pictures]


def test_the_networks_see_red_green_and_blue_from_0_to_1():
    model = Seeing()
    network(model, CPU).run([np.array([[[255, 51, 0], [0, 0, 102]]], np.uint8)])
    np.testing.assert_allclose(model.seen[0], [[[0, 0.4]], [[0.2, 0]], [[1, 0]]], rtol=1e-6)


def test_no_boxes_have_no_vectors():
    assert class_vectors(np.zeros((0, 4)), np.zeros(0, int), np.zeros(0), 91).shape == (0, 91)


@pytest.mark.parametrize("seed", range(5))
def test_of_each_class_a_box_has_the_highest_score_of_those_that_agree_with_it(seed):
    random = np.random.default_rng(seed)
    corners = random.uniform(0, 20, (12, 2))
    boxes = np.hstack([corners, corners + random.uniform(5, 20, (12, 2))]).astype(np.float32)
    labels, scores = random.integers(0, 4, 12), random.uniform(0, 1, 12)
    expected = np.zeros((12, 4))
    for i in range(12):
        for j in range(12):
            if i == j or iou_matrix(boxes[[i]], boxes[[j]])[0, 0] > 0.5:
                expected[i, labels[j]] = max(expected[i, labels[j]], scores[j])
    np.testing.assert_allclose(class_vectors(boxes, labels, scores, 4), expected, rtol=1e-6)


def test_other_weights_are_refused(tmp_path):
    torch.save({"a": torch.zeros(1)}, tmp_path / "other.pth")
    (tmp_path / "cut.pth").write_bytes((tmp_path / "other.pth").read_bytes()[:200])
    for name in ("other", "cut"):
        with pytest.raises(InputError, match=f"{name}.pth: not the weights of {KINDS[1]}"):
            load(tmp_path / f"{name}.pth", KINDS[1], CPU)
