"""Moving objects of a fixed camera by background subtraction: no weights, no classes, any kind of object.

The background of a stretch of footage is the median of frames sampled from it and its surroundings, so that the first
frame of a clip is covered as well as the last, and a person who stands does not fade as with a running average.
"""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from stages.common.frames.recordings import Recording
from stages.common.objects.boxes import Detections, clip_boxes
from stages.detect.settings import Detect, Motion

SAMPLES = 61  # frames that a background is the median of
BRIGHTNESS_STEP = 4  # every so many rows and columns: the pixels that the brightness of the whole is judged by
HALF_SCORE = 40.0  # grey levels of contrast at which a box has half of the highest score
CORE = 3.0  # times the contrast that an object's edges need, by which a core of it differs from the background
MIN_AREA = 40  # pixels of foreground in an object
PAD = 1  # pixels added to each side of a box


def find(clip: Recording, detect: Detect, given: None, device: str) -> Iterator[Detections]:
    frames, first = clip.whole()
    return detect_video(frames, detect.motion, first, first + len(clip.frames()), detect.every)


def detect_video(
    frames: Sequence[np.ndarray], settings: Motion, first: int = 0, last: int | None = None, every: int = 1
) -> Iterator[Detections]:
    """The moving objects of every so many-th frame of a video, or of a part of it, largest contrast first.

    The background of a part is learnt from what comes before and after it, too: of a second of footage alone, a person
    who stands would be part of it, and leave a ghost.

    Args:
        frames: of the whole video, each uint8 (H, W) or BGR (H, W, 3); memory-mapped ones are read when needed.
        first, last: of the part, last exclusive; None is the video's end.

    Yields:
        for each frame, boxes in whole pixels within it, scores in 0..1 by contrast, labels -1, no class scores.
    """
    last = len(frames) if last is None else last
    for start in range(first, last, settings.stretch):
        stop = min(start + settings.stretch, last)
        background = median_background(frames, start - settings.stretch, stop + settings.stretch)
        for index in range(start + (first - start) % every, stop, every):
            yield find_objects(contrast(frames[index], background), settings)


def median_background(frames: Sequence[np.ndarray], start: int, stop: int) -> np.ndarray:
    """Median of softened frames evenly sampled from start to stop (cut to the video), float32 (H, W) or (H, W, 3)."""
    start, stop = max(start, 0), min(stop, len(frames))
    chosen = np.unique(np.linspace(start, stop - 1, SAMPLES).round().astype(int))
    return np.median([soften(frames[index]) for index in chosen], axis=0).astype(np.float32)


def soften(frame: np.ndarray) -> np.ndarray:
    """A frame with the noise of single pixels taken down, of the same shape and dtype."""
    return cv2.GaussianBlur(frame, (3, 3), 0)


def contrast(frame: np.ndarray, background: np.ndarray) -> np.ndarray:
    """How much each pixel differs from the background, float32 (H, W), in grey levels; the most of its channels.

    A change of light over the whole picture (gain and offset) is taken out first.
    """
    frame = soften(frame).astype(np.float32)
    gain, offset = brightness_change(frame, background)
    difference = np.abs(frame - (gain * background + offset))
    return difference if difference.ndim == 2 else difference.max(axis=2)


def brightness_change(frame: np.ndarray, background: np.ndarray) -> tuple[float, float]:
    """Gain and offset, in grey levels, that bring the background to the light of the frame; objects do not count."""
    x, y = (picture[::BRIGHTNESS_STEP, ::BRIGHTNESS_STEP].ravel() for picture in (background, frame))
    gain, offset = 1.0, float(np.median(y - x))
    for _ in range(3):
        error = np.abs(y - gain * x - offset)
        still = error <= 2 * np.median(error) + 1
        mean_x, mean_y = x[still].mean(), y[still].mean()
        # One grey level squared of prior variance: a picture without contrast tells nothing about gain.
        spread = ((x[still] - mean_x) ** 2).mean() + 1
        gain = (((x[still] - mean_x) * (y[still] - mean_y)).mean() + 1) / spread
        offset = mean_y - gain * mean_x
    return float(gain), float(offset)


def find_objects(difference: np.ndarray, settings: Motion) -> Detections:
    """Boxes of the connected parts of what differs from the background; `difference` as from `contrast`.

    People who touch, often only by their shadows, are one connected part; where it holds several cores of strong
    contrast, each of an object's size, each pixel goes to the nearest core.
    """
    foreground = _foreground(difference, settings.contrast, settings.join)
    strong = _foreground(difference, CORE * settings.contrast, settings.join)
    _, cores, stats, _ = cv2.connectedComponentsWithStats(strong & foreground)
    core_is_object = (stats[:, 4] >= MIN_AREA) & (stats[:, 3] >= settings.min_height)
    core_is_object[0] = False  # the background
    seeds = core_is_object[cores] * foreground

    boxes, strengths = [], []
    _, parts, stats, _ = cv2.connectedComponentsWithStats(foreground)
    for part, (left, top, width, height, area) in enumerate(stats[1:], start=1):
        if area < MIN_AREA:
            continue
        window = slice(top, top + height), slice(left, left + width)
        inside = parts[window] == part
        for piece in _pieces(inside, seeds[window]):
            rows, columns = np.flatnonzero(piece.any(axis=1)), np.flatnonzero(piece.any(axis=0))
            box = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1])
            if np.count_nonzero(piece) >= MIN_AREA and box[3] - box[1] >= settings.min_height:
                boxes.append(box + [left, top, left, top] + PAD * np.array([-1, -1, 1, 1]))
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
