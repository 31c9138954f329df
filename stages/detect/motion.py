"""Moving objects of a fixed camera by background subtraction: no weights, no classes, any kind of object.

The background of a stretch of footage is the median of frames sampled from it and its surroundings, which `decode` has
made (stages/decode/backgrounds.py), so that the first frame of a clip is covered as well as the last, and a person who
stands does not fade as with a running average.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np

from stages.common.frames.light import brightness_change, soften
from stages.common.frames.store import Frames
from stages.common.objects.boxes import Detections, clip_boxes
from stages.detect.settings import Detect, Motion

LINES = 360  # of the picture that is looked at, at most: people who are lower than a thirtieth of it are not told apart
HALF_SCORE = 40.0  # grey levels of contrast at which a box has half of the highest score
CORE = 3.0  # times the contrast that an object's edges need, by which a core of it differs from the background
MIN_AREA = 40 / 240**2  # of an object's foreground, a share of the square of the picture's height
PAD = 1 / 240  # share of the picture's height that is added to each side of a box


class Sizes(NamedTuple):
    """What counts as a moving object in a picture of a certain height, in pixels."""

    join: int  # gaps between parts of one object that are closed, half as many in width
    min_height: int
    min_area: int
    pad: int


def find(frames: Frames, numbers: np.ndarray, detect: Detect, given: None, device: str) -> Iterator[Detections]:
    """The moving objects of each of `numbers`, largest contrast first.

    Yields:
        boxes in whole pixels within the frame, scores in 0..1 by contrast, labels -1, no class scores.
    """
    for number in numbers:
        yield find_moving(frames[number], frames.background(number), detect.motion)


def find_moving(frame: np.ndarray, background: np.ndarray, settings: Motion) -> Detections:
    """The objects of a frame, uint8 (H, W) or (H, W, 3); the background is of such softened frames."""
    height, width = frame.shape[:2]
    times = math.ceil(height / LINES)
    if times > 1:
        size = width // times, height // times
        frame, background = (cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in (frame, background))
        background = soften(background)
    found = find_objects(contrast(frame, background), settings.contrast, sizes_of(settings, frame.shape[0]))
    scale = np.array([width, height, width, height]) / np.tile(frame.shape[1::-1], 2)
    return found._replace(boxes=clip_boxes((found.boxes * scale).round(), width, height))


def sizes_of(settings: Motion, height: int) -> Sizes:
    join, min_height, pad = (max(1, round(share * height)) for share in (settings.join, settings.min_height, PAD))
    return Sizes(join, min_height, max(1, round(MIN_AREA * height**2)), pad)


def contrast(frame: np.ndarray, background: np.ndarray) -> np.ndarray:
    """How much each pixel differs from the background, float32 (H, W), in grey levels; the most of its channels.

    A change of light over the whole picture (gain and offset) is taken out first.
    """
    frame, background = soften(frame).astype(np.float32), background.astype(np.float32)
    gain, offset = brightness_change(frame, background)
    difference = np.abs(frame - (gain * background + offset))
    return difference if difference.ndim == 2 else difference.max(axis=2)


def find_objects(difference: np.ndarray, contrast: float, sizes: Sizes) -> Detections:
    """Boxes of the connected parts of what differs from the background; `difference` as from `contrast`.

    People who touch, often only by their shadows, are one connected part; where it holds several cores of strong
    contrast, each of an object's size, each pixel goes to the nearest core.
    """
    foreground = _foreground(difference, contrast, sizes.join)
    strong = _foreground(difference, CORE * contrast, sizes.join)
    _, cores, stats, _ = cv2.connectedComponentsWithStats(strong & foreground)
    core_is_object = (stats[:, 4] >= sizes.min_area) & (stats[:, 3] >= sizes.min_height)
    core_is_object[0] = False  # the background
    seeds = core_is_object[cores] * foreground

    boxes, strengths = [], []
    _, parts, stats, _ = cv2.connectedComponentsWithStats(foreground)
    for part, (left, top, width, height, area) in enumerate(stats[1:], start=1):
        if area < sizes.min_area:
            continue
        window = slice(top, top + height), slice(left, left + width)
        inside = parts[window] == part
        for piece in _pieces(inside, seeds[window]):
            rows, columns = np.flatnonzero(piece.any(axis=1)), np.flatnonzero(piece.any(axis=0))
            box = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1])
            if np.count_nonzero(piece) >= sizes.min_area and box[3] - box[1] >= sizes.min_height:
                boxes.append(box + [left, top, left, top] + sizes.pad * np.array([-1, -1, 1, 1]))
                strengths.append(difference[window][piece].mean())
    return _detections(boxes, strengths, difference.shape[1], difference.shape[0])


def _foreground(difference: np.ndarray, contrast: float, join: int) -> np.ndarray:
    """Pixels above a contrast, without specks, small gaps filled: uint8 (H, W), 0 or 1."""
    mask = cv2.medianBlur((difference > contrast).astype(np.uint8), 3)
    # Taller than wide: a person falls into head, trunk and legs, while people side by side should stay apart.
    return cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((join, join // 2 | 1), np.uint8))


def _pieces(inside: np.ndarray, seeds: np.ndarray) -> list[np.ndarray]:
    """A connected part, bool (h, w), shared out among its cores: bool (h, w) each; itself where it has one or none."""
    empty = ((seeds == 0) | ~inside).astype(np.uint8)
    cores, _ = cv2.connectedComponents(1 - empty)
    if cores <= 2:
        return [inside]
    _, nearest = cv2.distanceTransformWithLabels(empty, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_CCOMP)
    return [inside & (nearest == core) for core in np.unique(nearest)]


def _detections(boxes: list[np.ndarray], strengths: list[float], width: int, height: int) -> Detections:
    boxes, strengths = clip_boxes(np.reshape(boxes, (-1, 4)), width, height), np.array(strengths, np.float32)
    scores = np.round(strengths / (strengths + HALF_SCORE), 4).astype(np.float32)
    order = np.argsort(-scores, kind="stable")
    labels = np.full(len(order), -1, np.int16)
    return Detections(boxes[order], scores[order], labels, np.zeros((len(order), 0), np.float32))
