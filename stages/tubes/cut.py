"""Object tubes: the same box cut from the frames around a detection (paper, section 3.1)."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from stages.common.frames.store import Frames, open_frames
from stages.common.tables.schemas import BOX
from stages.common.tables.shards import write_shard
from stages.tubes.settings import Tubes


def learnt_frames(spans: np.ndarray, tubes: Tubes) -> np.ndarray:
    """Numbers of the frames (int) of a normal clip's kept stretches, int (n, 2), whose objects are learnt from.

    Every `train_stride`-th, counted as `detect.every` counts, with the whole reach before and after it, so that no tube
    to learn from repeats a stretch's first or last frame; in a clip that is too short for that, all that have the
    reach, or, if none has, every `train_stride`-th.
    """
    every = np.concatenate([np.zeros(0, int), *(np.arange(first, stop) for first, stop in spans)])
    first, stop = (np.repeat(edge, spans[:, 1] - spans[:, 0]) for edge in spans.T)
    inside = (every >= first + tubes.reach) & (every < stop - tubes.reach)
    counted = every % tubes.train_stride == 0
    return every[inside & counted if (inside & counted).any() else inside if inside.any() else counted]


def crop_area(box: np.ndarray, context: float, width: int, height: int) -> tuple[int, int, int, int]:
    """The whole pixels that a box (4,), widened by `context`, covers in the picture; never empty."""
    x1, y1, x2, y2 = (float(edge) for edge in box)
    more_x, more_y = context * (x2 - x1) / 2, context * (y2 - y1) / 2
    left = min(max(int(np.floor(x1 - more_x)), 0), width - 1)
    top = min(max(int(np.floor(y1 - more_y)), 0), height - 1)
    right = max(min(int(np.ceil(x2 + more_x)), width), left + 1)
    bottom = max(min(int(np.ceil(y2 + more_y)), height), top + 1)
    return left, top, right, bottom


def cut_tube(frames: Frames, middle: int, box: np.ndarray, half: int, size: int, context: float) -> np.ndarray:
    """One tube, uint8 (2 half + 1, size, size, channels), around the detection's frame `middle`.

    Beyond the ends of its kept stretch the first or last frame is repeated. The box, float (4,) in pixels, stays where
    it is.
    """
    (_, height, width), (first, stop) = frames.shape[:3], frames.span_of(middle)
    left, top, right, bottom = crop_area(box, context, width, height)
    times = np.clip(np.arange(middle - half, middle + half + 1), first, stop - 1)
    shrinks = right - left > size and bottom - top > size
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    crops = [np.ascontiguousarray(frames[time][top:bottom, left:right]) for time in times]
    return np.stack([cv2.resize(crop, (size, size), interpolation=how).reshape(size, size, -1) for crop in crops])


def cut_clip(store: Path, video: str, split: str, objects: pd.DataFrame, tubes: Tubes, folder: Path) -> None:
    """Writes a clip's shard `clip.tubes`: a tube of (frames, size, size, channels) per row of OBJECTS."""
    frames = open_frames(store, video)
    half = tubes.half_length if split == "test" else tubes.reach
    boxes = zip(objects["frame"], objects[BOX].to_numpy(), strict=True)
    cut = (cut_tube(frames, middle, box, half, tubes.size, tubes.context) for middle, box in boxes)
    write_shard(folder / "clip.tubes", cut, (2 * half + 1, tubes.size, tubes.size, 1 if len(frames.shape) == 3 else 3))


def sampled(learnt: list[np.ndarray], folds: Sequence[int], most: int) -> list[np.ndarray]:
    """Of the objects of each clip that may be learnt from, bool (n,), so many that no network gets more than `most`.

    Evenly spread over all clips of a fold, and of each fold the same share, one at least.

    Args:
        folds: of each clip (VIDEOS): the network that does not learn from it.
    """
    every, stops = np.concatenate([np.zeros(0, bool), *learnt]), np.cumsum([len(own) for own in learnt], dtype=int)
    places, kept = np.flatnonzero(every), np.zeros(len(every), bool)
    of = np.repeat(np.array(folds, int), [len(own) for own in learnt])[places]
    largest = max((int((of != fold).sum()) for fold in {*folds} - {-1}), default=len(of))
    for fold in np.unique(of):
        own = places[of == fold]
        count = min(len(own), max(1, len(own) * most // max(largest, 1)))
        kept[own[np.linspace(0, len(own) - 1, count).round().astype(int)]] = True
    return [kept[stop - len(own) : stop] for own, stop in zip(learnt, stops, strict=True)]
