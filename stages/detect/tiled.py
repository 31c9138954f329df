"""A frame as a detector sees it: in tiles, each resized to the network's input, and put together again."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import cv2
import numpy as np

from stages.common.objects.boxes import Detections, clip_boxes, covered_matrix, iou_matrix
from stages.common.objects.boxes import non_maximum_suppression as suppress
from stages.detect.settings import Tiles
from stages.detect.tiles import boxes_to_frame, cut_by_inner_border, cut_tile, tile_grid

VOTE_IOU = 0.5  # an anchor speaks for a box that it overlaps by more, with its score as weight
VOTE_SCORE = 0.01  # anchors below it have no say worth their cost
# A box this close (frame pixels) to an inner border of its tile may be the visible part of a larger object.
CUT_MARGIN = 2.0
# Share of such a box that must lie within a whole one of another tile for it to be taken for a part of it.
CUT_COVERED = 0.7
SAME_IOU = 0.5  # boxes that overlap by more are one object, whatever their classes


def least_score(settings: Tiles) -> float:
    """Anchors below it have no part in what is found."""
    return min(VOTE_SCORE, settings.score)


# Of A anchors: boxes float32 (A, 4) in pixels of a picture, scores (A,), class probabilities (A, C).
Answer = tuple[np.ndarray, np.ndarray, np.ndarray]


class Network(NamedTuple):
    """A loaded detector; `run` takes BGR pictures, uint8 (h, w, 3), of the size of the network's input."""

    run: Callable[[list[np.ndarray]], list[Answer]]
    fill: int  # grey value for what a tile leaves empty in the input
    pictures: int = 1  # that it takes at once: many keep a GPU busy, one is enough for a processor


def detect_frames(network: Network, frames: Iterable[np.ndarray], settings: Tiles) -> Iterator[Detections]:
    """The objects of each frame, best score first.

    frames: uint8, BGR (H, W, 3) or grey (H, W).
    Yields for each: boxes within the frame, rounded to 0.01 px, scores and class scores rounded to 1e-4.
    """
    at_once = max(1, network.pictures // (settings.columns * settings.rows))
    waiting = iter(frames)
    while batch := list(islice(waiting, at_once)):
        yield from _detect_batch(network, batch, settings)


def _detect_batch(network: Network, frames: Sequence[np.ndarray], settings: Tiles) -> Iterator[Detections]:
    height, width = frames[0].shape[:2]
    grid = tile_grid(width, height, settings.columns, settings.rows, settings.overlap)
    size = settings.input_width, settings.input_height
    colour = [cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR) if frame.ndim == 2 else frame for frame in frames]
    tiles = [cut_tile(frame, tile, *size, network.fill) for frame in colour for tile in grid]
    pictures, scales = zip(*tiles, strict=True)
    batches = (list(pictures[start : start + network.pictures]) for start in range(0, len(pictures), network.pictures))
    answers = (answer for batch in batches for answer in network.run(batch))
    answered = zip(answers, grid * len(frames), scales, strict=True)
    seen = [_objects_of_tile(*each, settings) for each in answered]
    for start in range(0, len(seen), len(grid)):
        yield _whole_frame(seen[start : start + len(grid)], grid, width, height, settings)


def _whole_frame(found: Sequence[Answer], grid: list, width: int, height: int, settings: Tiles) -> Detections:
    """The objects of a frame from those of its tiles, in pixels of the frame."""
    tiles = zip(found, grid, strict=True)
    cut = [cut_by_inner_border(part[0], tile, width, height, CUT_MARGIN) for part, tile in tiles]
    tile_of_box = np.repeat(np.arange(len(grid)), list(map(len, cut)))
    boxes, scores, class_scores = (np.concatenate(parts) for parts in zip(*found, strict=True))
    boxes = np.round(clip_boxes(boxes, width, height), 2)
    seen = (boxes[:, 2:] - boxes[:, :2] >= 1).all(axis=1)  # a pixel at least
    whole = seen & ~_parts_of_others(boxes, np.concatenate(cut), tile_of_box)
    boxes, scores, class_scores = boxes[whole], np.round(scores[whole], 4), np.round(class_scores[whole], 4)
    kept = suppress(boxes, scores, SAME_IOU)
    labels = class_scores[kept].argmax(axis=1).astype(np.int16)
    return Detections(boxes[kept], scores[kept], labels, class_scores[kept])


def _objects_of_tile(answer: Answer, tile: tuple[int, int, int, int], scale: np.ndarray, settings: Tiles) -> Answer:
    """Boxes (N, 4) in pixels of the frame, scores (N,) and class scores (N, C) of one tile."""
    boxes, scores, probabilities = answer
    voters = np.flatnonzero(scores >= least_score(settings))
    boxes, scores, probabilities = boxes[voters], scores[voters], probabilities[voters]
    candidates = np.flatnonzero(scores >= settings.score)
    kept = candidates[suppress(boxes[candidates], scores[candidates], SAME_IOU)]
    class_scores = vote(boxes[kept], boxes, scores, probabilities)
    return boxes_to_frame(boxes[kept], tile, scale), scores[kept], class_scores


def vote(boxes: np.ndarray, voters: np.ndarray, scores: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Class probabilities (N, C) of boxes (N, 4): the mean of those of all anchors that mostly agree with the box.

    A single anchor's probabilities are noisy; the anchors around an object, weighted by IoU x score, are many views
    of it.  voters (A, 4), their scores (A,) and probabilities (A, C) include the boxes themselves.
    """
    overlaps = iou_matrix(boxes, voters)
    weights = np.where(overlaps > VOTE_IOU, overlaps * scores, 0)
    return weights @ probabilities / np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)


def _parts_of_others(boxes: np.ndarray, cut: np.ndarray, tile_of_box: np.ndarray) -> np.ndarray:
    """Which boxes, bool (N,), were cut by a tile's border while a neighbouring tile sees the whole object."""
    within = covered_matrix(boxes, boxes) > CUT_COVERED
    others = tile_of_box[:, None] != tile_of_box[None, :]
    return cut & (within & others & ~cut[None, :]).any(axis=1)
