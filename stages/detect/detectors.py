"""The detectors by name: each takes the frames of a clip and yields the objects of each frame."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from stages.common.arrays import map_array
from stages.common.params import settings
from stages.common.tables import BOX, DETECTIONS, write_table
from stages.detect import motion, onnx_models
from stages.detect.boxes import Detections


@settings
class Detect:
    """The section `detect`: which detector, and the settings of each."""

    detector: Literal["motion", "yolox", "nanodet_plus"]
    motion: motion.MotionSettings
    tiles: onnx_models.TileSettings


def detect_motion(frames: np.ndarray, detect: Detect, weights: Path | None) -> Iterator[Detections]:
    return motion.detect_video(frames, detect.motion)


def detect_onnx(frames: np.ndarray, detect: Detect, weights: Path | None) -> Iterator[Detections]:
    network = onnx_models.load(weights, detect.detector, threads=1)
    return (onnx_models.detect_frame(network, frame, detect.tiles) for frame in frames)


DETECTORS = {"motion": detect_motion, "yolox": detect_onnx, "nanodet_plus": detect_onnx}
NEEDS_WEIGHTS = {"yolox", "nanodet_plus"}


def detect_clip(video: str, packed: Path, detect: Detect, weights: Path | None, folder: Path) -> None:
    """Writes `detections.parquet` (DETECTIONS) of one clip into `folder`."""
    found = DETECTORS[detect.detector](map_array(packed), detect, weights)
    tables = [frame_table(video, frame, objects, detect.detector) for frame, objects in enumerate(found)]
    write_table(folder / "detections.parquet", pd.concat(tables, ignore_index=True), DETECTIONS)


def frame_table(video: str, frame: int, found: Detections, source: str) -> pd.DataFrame:
    """The objects of one frame as rows of DETECTIONS, in the order of their scores."""
    table = pd.DataFrame(found.boxes, columns=BOX)
    return table.assign(
        video=video,
        frame=frame,
        score=found.scores,
        label=found.labels,
        source=source,
        class_scores=list(found.class_scores),
    )


def settings_of(detect: Detect) -> dict:
    """What of the section decides the boxes: the chosen detector's own settings."""
    own = detect.motion if detect.detector == "motion" else detect.tiles
    return {"detector": detect.detector, **asdict(own)}
