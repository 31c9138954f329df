"""The layout in which most code of this field keeps its frames, with pixel masks as ground truth.

training/frames/01/000.jpg ...
testing/frames/01/000.jpg ...
testing/masks/01/000.png ...     white where anomalous, one per test frame; may be absent
"""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from stages.common.errors import InputError
from stages.common.pictures import images_in
from stages.footage.clips import Clip, Layout, Truth, clips_in
from stages.footage.truth import truth_of_masks


def matches(source: Path) -> bool:
    return (source / "training" / "frames").is_dir() and (source / "testing" / "frames").is_dir()


def clips(source: Path) -> list[Clip]:
    """Names carry their split, since both splits count from 01."""
    found = clips_in(source, source / "training" / "frames", "train")
    found += clips_in(source, source / "testing" / "frames", "test")
    return [Clip(f"{clip.split}_{clip.name}", clip.split, clip.kind, clip.path) for clip in found]


def truth(source: Path, clip: Clip, facts: dict) -> Truth:
    folder = source / "testing" / "masks" / clip.name.removeprefix("test_")
    if not folder.is_dir():
        return Truth(None, None)
    return truth_of_masks(folder, list(read_masks(images_in(folder), facts["width"], facts["height"])), facts)


def read_masks(files: list[Path], width: int, height: int) -> Iterator[np.ndarray]:
    for file in files:
        mask = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
        if mask is None or mask.shape != (height, width):
            found = "no picture" if mask is None else f"{mask.shape[1]}x{mask.shape[0]}"
            raise InputError(f"{file}: expected a mask of {width}x{height} pixels, found {found}")
        yield mask > 127


LAYOUT = Layout(matches, clips, truth)
