"""The COCO detectors of torchvision, by their names there, with weights from a file."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torchvision import models

from stages.common.frames.store import Frames
from stages.common.objects.boxes import Detections, iou_matrix
from stages.common.pretrained.torchvision_weights import with_weights
from stages.detect.settings import Detect
from stages.detect.tiled import VOTE_IOU, VOTE_SCORE, Answer, Network, detect_frames

CLASSES = 91  # numbers that they tell COCO's classes by
FILL = 114  # grey for what a tile leaves empty: about ImageNet's mean, as the networks subtract it
MOST_BOXES = 500  # in an answer, of one class each: more than a street full of people
GPU_PICTURES = 8  # that a GPU takes at once


def find(frames: Frames, numbers: np.ndarray, detect: Detect, weights: Path, device: str) -> Iterator[Detections]:
    network = load(weights, detect.torchvision, torch.device(device))
    return detect_frames(network, (frames[number] for number in numbers), detect.tiles)


def load(path: Path, name: str, device: torch.device) -> Network:
    """The detector of a name (settings.TORCHVISION) with the weights of a file; InputError if it holds others."""
    # A worker that has only now loaded torch would else take all cores for its first clip.
    torch.set_num_threads(1)
    model = models.get_model(name, weights=None, weights_backbone=None, num_classes=CLASSES)
    return network(with_weights(model, name, path).to(device), device)


def network(model: torch.nn.Module, device: torch.device) -> Network:
    """A detector with the interface of torchvision's, made to say all that it thinks possible."""
    for part in (model, getattr(model, "roi_heads", None)):
        for limit, value in (("score_thresh", VOTE_SCORE), ("detections_per_img", MOST_BOXES)):
            if hasattr(part, limit):
                setattr(part, limit, value)

    transform = getattr(model, "transform", None)

    @torch.inference_mode()
    def run(pictures: list[np.ndarray]) -> list[Answer]:
        if transform and not transform.fixed_size:
            # The tiles have the size that was asked for already.
            sides = pictures[0].shape[:2]
            transform.min_size, transform.max_size = (min(sides),), max(sides)
        pixels = torch.from_numpy(np.stack(pictures)[..., ::-1].copy()).to(device)
        return [answer_of(found) for found in model(list(pixels.permute(0, 3, 1, 2).float() / 255))]

    return Network(run, FILL, 1 if device.type == "cpu" else GPU_PICTURES)


def answer_of(found: dict[str, torch.Tensor]) -> Answer:
    boxes, labels, scores = (found[key].cpu().numpy() for key in ("boxes", "labels", "scores"))
    return boxes.astype(np.float32), scores, class_vectors(boxes, labels, scores, CLASSES)


def class_vectors(boxes: np.ndarray, labels: np.ndarray, scores: np.ndarray, classes: int) -> np.ndarray:
    """Class scores (n, classes) of boxes (n, 4) that were found with one label (n,) and score (n,) each.

    The answer for one object is several boxes at one place, one for each class that it may be. So of each class a box
    has the highest score of the boxes of that class which agree with it.
    """
    vectors = np.zeros((len(boxes), classes), np.float32)
    agreed = (iou_matrix(boxes, boxes) > VOTE_IOU) | np.eye(len(boxes), dtype=bool)
    for label in np.unique(labels):
        own = labels == label
        vectors[:, label] = np.where(agreed[:, own], scores[own], 0).max(axis=1)
    return vectors
