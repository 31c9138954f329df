"""The objects of a clip: what its detectors find, as one table."""

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from stages.common.frames.areas import of_feet, unwatched
from stages.common.frames.settings import Areas
from stages.common.frames.store import open_frames
from stages.common.objects.boxes import Detections, merge_sources
from stages.common.objects.coco import class_names
from stages.common.tables.schemas import BOX, OBJECTS, write_table
from stages.detect.detectors import DETECTORS
from stages.detect.settings import Detect

# What a later source finds is known already if it overlaps what an earlier one has found by more than this IoU, or if
# more than this share of it lies inside.
KNOWN_IOU, KNOWN_SHARE = 0.3, 0.6


def module_of(source: str) -> ModuleType:
    """The module of a detector, loaded when asked for: libraries that only one of them needs take seconds to load."""
    return import_module(f"stages.detect.{DETECTORS[source].module}")


def needs_weights(detect: Detect) -> bool:
    """Whether a chosen detector needs the file that `weights.detector` names."""
    return any(DETECTORS[source].needs_weights for source in detect.sources)


def given_to(source: str, weights: Path | None, videos: pd.DataFrame) -> dict[str, Any]:
    """What a detector is given, by clip (VIDEOS)."""
    module = module_of(source)
    return module.ready(weights, videos) if hasattr(module, "ready") else dict.fromkeys(videos["video"], weights)


def settings_of(detect: Detect) -> dict:
    """What of the section decides the boxes: the chosen detectors' own settings."""
    keys = {"sources", "every"}.union(*(DETECTORS[source].settings for source in detect.sources))
    return {key: functools.reduce(dict.__getitem__, key.split("."), asdict(detect)) for key in sorted(keys)}


def detect_clip(
    store: Path,
    video: str,
    detect: Detect,
    given: Sequence[Any],
    device: str,
    folder: Path,
    areas: Areas | None = None,
) -> None:
    """Writes `objects.parquet` (OBJECTS) of one clip into `folder`; `given` to each of `detect.sources`."""
    frames, pairs = open_frames(store, video), zip(detect.sources, given, strict=True)
    numbers = frames.searched(detect.every)
    found = [module_of(source).find(frames, numbers, detect, own, device) for source, own in pairs]
    hidden = unwatched(areas, *frames.shape[1:3])
    if hidden is not None:
        found = [(standing(~hidden, objects) for objects in of_source) for of_source in found]
    write_table(folder / "objects.parquet", clip_table(video, numbers, zip(*found, strict=True), detect), OBJECTS)


def standing(mask: np.ndarray, found: Detections) -> Detections:
    """Those of one frame that stand where a mask, bool (H, W), is true."""
    rows = of_feet(mask, found.boxes)
    return Detections(*(column[rows] for column in found))


def clip_table(video: str, frames: Iterable[int], found: Iterable[Sequence], detect: Detect) -> pd.DataFrame:
    """The objects of a clip (OBJECTS): frame by frame, source by source, best first.

    found: of each of `frames` the Detections of each of `detect.sources`.
    """
    kept = [(frame, *each) for frame, of_frame in zip(frames, found, strict=True) for each in merged(of_frame, detect)]
    if not kept:
        return pd.DataFrame(columns=OBJECTS.names)
    frame_of, source_of, objects = zip(*kept, strict=True)
    boxes, scores, labels, class_scores = (np.concatenate(column) for column in zip(*objects, strict=True))
    counts = [len(each.scores) for each in objects]
    return pd.DataFrame(boxes, columns=BOX).assign(
        video=video,
        object=np.arange(len(boxes)),
        frame=np.repeat(frame_of, counts),
        score=scores,
        label=labels,
        source=np.repeat(source_of, counts),
        class_scores=list(class_scores),
    )


def merged(found: Sequence[Detections], detect: Detect) -> Iterator[tuple[str, Detections]]:
    """Each source with its objects of one frame, but those that an earlier one has found.

    Objects of a source without classes have class scores of 0 where another source has classes.
    """
    kept = merge_sources([objects.boxes for objects in found], KNOWN_IOU, KNOWN_SHARE)
    classes = max(objects.class_scores.shape[1] for objects in found)
    for source, objects, rows in zip(detect.sources, found, kept, strict=True):
        if detect.classes and DETECTORS[source].tells_classes:
            # Only now, so that what has an unwanted class is not found once more by what moves.
            rows = rows[of_classes(objects, detect.classes)[rows]]
        boxes, scores, labels, class_scores = (column[rows] for column in objects)
        missing = classes - class_scores.shape[1]
        yield source, Detections(boxes, scores, labels, np.pad(class_scores, ((0, 0), (0, missing))))


def of_classes(found: Detections, wanted: list[str]) -> np.ndarray:
    """Which objects, bool (n,), are most likely of one of the wanted classes, by COCO's names."""
    names = class_names(found.class_scores.shape[1])
    return np.isin(found.labels, [index for index, name in enumerate(names) if name in wanted])
