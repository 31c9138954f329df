"""Ground truth of one clip in the forms in which it is published: frame labels, pixel masks, tracks."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from stages.common.running.errors import InputError
from stages.common.tables.track_files import read_tracks
from stages.footage.clips import Truth
from stages.footage.mask_tracks import tracks_from_masks


def frame_labels(path: Path, frames: int) -> np.ndarray | None:
    """Labels of a clip's frames, bool (frames,), from a `.npy` of 0 and 1; None where there is no such file."""
    if not path.exists():
        return None
    labels = plain_array(path)
    if labels.shape != (frames,) or labels.dtype.kind not in "biuf" or not np.isin(labels, (0, 1)).all():
        found = f"{labels.dtype} of shape {labels.shape} with the values {np.unique(labels)[:5].tolist()}"
        raise InputError(f"{path}: expected {frames} labels of 0 or 1, one per frame of the clip, found {found}")
    return labels.astype(bool)


def plain_array(path: Path) -> np.ndarray:
    """An array of numbers from a `.npy`, mapped, not read; what would have to be unpickled is refused."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError):
        raise InputError(f"{path}: not a plain numpy array; save it with numpy.save, without objects") from None
    if not isinstance(array, np.ndarray):
        raise InputError(f"{path}: several arrays (.npz); save the one that is meant with numpy.save")
    return array


def track_regions(path: Path, frames: int) -> pd.DataFrame | None:
    """Regions of a clip (track, frame, x1, y1, x2, y2, type) from its track file; None where there is no such file."""
    if not path.exists():
        return None
    regions = read_tracks(path)
    if len(regions) and regions["frame"].max() >= frames:
        raise InputError(f"{path}: frame {regions['frame'].max()} in a clip of {frames} frames; frames count from 0")
    return regions


def mask_pictures(files: list[Path], facts: dict) -> Iterator[np.ndarray]:
    """Masks, bool (height, width) each, from pictures that are white where anomalous."""
    for file in files:
        mask = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
        if mask is None or mask.shape != (facts["height"], facts["width"]):
            found = "no picture" if mask is None else f"{mask.shape[1]}x{mask.shape[0]}"
            raise InputError(f"{file}: expected a mask of {facts['width']}x{facts['height']} pixels, found {found}")
        yield mask > 127


def truth_of_masks(where: Path, masks: Iterable[np.ndarray], facts: dict) -> Truth:
    """What the pixel masks of a clip's frames say, bool (height, width) each: frame labels, and tracks.

    Raises:
        InputError: not one mask per frame; `where` they lie.
    """
    labels: list[bool] = []

    def labelled() -> Iterator[np.ndarray]:
        for mask in masks:
            labels.append(bool(mask.any()))
            yield mask

    regions = tracks_from_masks(labelled()).assign(type="")
    if len(labels) != facts["frames"]:
        found = f"{len(labels)} masks for a clip of {facts['frames']} frames"
        raise InputError(f"{where}: {found}; expected one mask per frame")
    return Truth(np.array(labels, dtype=bool), regions)
