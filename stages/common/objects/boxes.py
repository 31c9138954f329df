"""Boxes as arrays: float32 (N, 4), x1 y1 x2 y2 in pixels, x2 and y2 exclusive."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Detections(NamedTuple):
    """The objects of one frame, best first."""

    boxes: np.ndarray  # float32 (N, 4), pixels of the frame
    scores: np.ndarray  # float32 (N,), in 0..1
    labels: np.ndarray  # int16 (N,), the most likely class; -1 where the detector has no classes
    class_scores: np.ndarray  # float32 (N, C), in 0..1; C is 0 where the detector has no classes


def clip_boxes(boxes: np.ndarray, width: int, height: int) -> np.ndarray:
    """Boxes (N, 4) cut at the picture's edges; one that lies outside becomes empty, none is dropped."""
    return np.clip(boxes, 0, np.array([width, height] * 2, np.float32)).astype(np.float32)


def areas(boxes: np.ndarray) -> np.ndarray:
    """Areas (...) of boxes (..., 4) in square pixels; 0 where a box is empty."""
    sides = np.maximum(boxes[..., 2:] - boxes[..., :2], 0)
    return sides[..., 0] * sides[..., 1]


def intersections(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Areas that boxes a (..., 4) share with boxes b (..., 4), pair by pair or broadcast, in square pixels."""
    width, height = (
        np.minimum(a[..., high], b[..., high]) - np.maximum(a[..., low], b[..., low]) for low, high in ((0, 2), (1, 3))
    )
    return np.maximum(width, 0) * np.maximum(height, 0)


def iou_of_pairs(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection over union, in 0..1, of boxes (..., 4), pair by pair or broadcast; 0 of empty ones."""
    shared = intersections(a, b)
    union = areas(a) + areas(b) - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def iou_matrix(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection over union (N, M), in 0..1, of each of boxes a (N, 4) with each of boxes b (M, 4)."""
    return iou_of_pairs(a[:, None], b[None])


def covered_matrix(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Share (N, M), in 0..1, of each box of a (N, 4) that lies within each box of b (M, 4)."""
    shared = intersections(a[:, None], b[None])
    own = np.broadcast_to(areas(a)[:, None], shared.shape)
    return np.divide(shared, own, out=np.zeros_like(shared), where=own > 0)


def non_maximum_suppression(boxes: np.ndarray, scores: np.ndarray, iou: float) -> np.ndarray:
    """Indices (int64), best score first, of the boxes that overlap no better kept box by more than `iou`.

    Equal scores go by their order in the input, so that the answer never depends on the sorting algorithm.
    """
    order = np.argsort(-scores, kind="stable")
    overlaps = iou_matrix(boxes[order], boxes[order]) > iou
    kept = np.ones(len(order), bool)
    for rank in range(len(order)):
        if kept[rank]:
            kept[rank + 1 :] &= ~overlaps[rank, rank + 1 :]
    return order[kept]


def merge_sources(sources: Sequence[np.ndarray], iou: float, covered: float = 1.0) -> list[np.ndarray]:
    """Which boxes of several detectors to keep: per source the kept indices (int64), ascending.

    sources: boxes (N, 4) per detector, the most trusted first; all of the first are kept.
    iou, covered: a later box goes if it overlaps a kept box of an earlier source by more than `iou`, or if more than
        the share `covered` of it lies within one (1: never, for a whole that holds its parts).
    """
    kept_boxes, kept_indices = np.zeros((0, 4), np.float32), []
    for boxes in sources:
        doubled = (iou_matrix(boxes, kept_boxes) > iou) | (covered_matrix(boxes, kept_boxes) > covered)
        kept = np.flatnonzero(~doubled.any(axis=1))
        kept_boxes = np.concatenate([kept_boxes, boxes[kept]])
        kept_indices.append(kept)
    return kept_indices
