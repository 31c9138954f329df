"""The detectors by name: each takes the frames of a clip and yields the objects of each frame."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from stages.common.frames.recordings import Recording
from stages.common.objects.boxes import Detections, merge_sources
from stages.common.objects.coco import class_names
from stages.common.tables.schemas import BOX, OBJECTS, write_table
from stages.detect import given, motion, onnx_models
from stages.detect.settings import NETWORKS, ONNX, Detect
from stages.detect.tiled import detect_frames, least_score

# What a later source finds is known already if it overlaps what an earlier one has found by more than this IoU, or if
# more than this share of it lies inside.
KNOWN_IOU, KNOWN_SHARE = 0.3, 0.6


def detect_source(
    name: str, clip: Recording, detect: Detect, weights: Path | None, device: str
) -> Iterator[Detections]:
    """The objects of every `detect.every`-th frame of a clip, from its first on, as one detector finds them."""
    frames = clip.frames()
    if name == "motion":
        recording, first = clip.whole()
        return motion.detect_video(recording, detect.motion, first, first + len(frames), detect.every)
    if name == "boxes":
        table = given.read_boxes(weights)
        height, width = frames.shape[1:3]
        own, classes = table[table["video"] == clip.video], given.classes_of(table)
        return given.detect_given(own, classes, range(0, len(frames), detect.every), width, height, detect.tiles.score)
    if name == "torchvision":
        # They take seconds to load, for which the others need not wait.
        import torch

        from stages.detect import torchvision_models

        network = torchvision_models.load(weights, detect.torchvision, torch.device(device))
    else:
        network = onnx_models.load(weights, name, detect.precision, least_score(detect.tiles))
    searched = (frames[place] for place in range(0, len(frames), detect.every))
    return detect_frames(network, searched, detect.tiles)


def of_classes(found: Detections, wanted: list[str]) -> np.ndarray:
    """Which objects, bool (n,), are most likely of one of the wanted classes, by COCO's names."""
    names = class_names(found.class_scores.shape[1])
    return np.isin(found.labels, [index for index, name in enumerate(names) if name in wanted])


def detect_clip(clip: Recording, detect: Detect, weights: Path | None, device: str, folder: Path) -> None:
    """Writes `objects.parquet` (OBJECTS) of one clip into `folder`."""
    found = [detect_source(name, clip, detect, weights, device) for name in detect.sources]
    tables = [
        frame_table(clip.video, place * detect.every, each, detect)
        for place, each in enumerate(zip(*found, strict=True))
    ]
    objects = pd.concat(tables, ignore_index=True)
    write_table(folder / "objects.parquet", objects.assign(object=objects.index), OBJECTS)


def frame_table(video: str, frame: int, found: Sequence[Detections], detect: Detect) -> pd.DataFrame:
    """The objects of one frame as rows of OBJECTS: source by source, best first.

    Objects of a source without classes have class scores of 0 where another source has classes.
    """
    kept = merge_sources([objects.boxes for objects in found], KNOWN_IOU, KNOWN_SHARE)
    classes = max(objects.class_scores.shape[1] for objects in found)
    tables = []
    for source, objects, rows in zip(detect.sources, found, kept, strict=True):
        if detect.classes and source in NETWORKS:
            # Only now, so that what has an unwanted class is not found once more by what moves.
            rows = rows[of_classes(objects, detect.classes)[rows]]
        class_scores = np.zeros((len(rows), classes), np.float32)
        class_scores[:, : objects.class_scores.shape[1]] = objects.class_scores[rows]
        table = pd.DataFrame(objects.boxes[rows], columns=BOX)
        tables.append(
            table.assign(
                video=video,
                frame=frame,
                score=objects.scores[rows],
                label=objects.labels[rows],
                source=source,
                class_scores=list(class_scores),
            )
        )
    return pd.concat(tables, ignore_index=True)


def settings_of(detect: Detect) -> dict:
    """What of the section decides the boxes: the chosen detectors' own settings."""
    own = {"sources": detect.sources, "every": detect.every}
    if "motion" in detect.sources:
        own["motion"] = asdict(detect.motion)
    if set(NETWORKS) & set(detect.sources):
        own["tiles"] = asdict(detect.tiles)
        own["classes"] = sorted(detect.classes)
    if "torchvision" in detect.sources:
        own["torchvision"] = detect.torchvision
    elif set(ONNX) & set(detect.sources):
        own["precision"] = detect.precision
    if "boxes" in detect.sources:
        own["score"] = detect.tiles.score
    return own
