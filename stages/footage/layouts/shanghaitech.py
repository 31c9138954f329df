"""ShanghaiTech Campus as its publisher ships it: training videos, and folders of test pictures.

training/videos/01_001.avi ...              or, unpacked, training/frames/01_001/000.jpg
testing/frames/01_0014/000.jpg ...
testing/test_frame_mask/01_0014.npy ...     one 0 or 1 per frame; may be absent
testing/test_pixel_mask/01_0014.npy ...     (frames, height, width) of 0 and 1; may be absent
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from stages.common.running.errors import InputError
from stages.footage.clips import Clip, Truth, clips_in
from stages.footage.truth_files import frame_labels, plain_array, truth_of_masks


def matches(source: Path) -> bool:
    training = any((source / "training" / name).is_dir() for name in ("videos", "frames"))
    return training and (source / "testing" / "frames").is_dir()


def clips(source: Path) -> list[Clip]:
    videos = clips_in(source, source / "training" / "videos", "train")
    train = videos or clips_in(source, source / "training" / "frames", "train")
    return train + clips_in(source, source / "testing" / "frames", "test")


def truth(source: Path, clip: Clip, facts: dict) -> Truth:
    """Frame labels by their own file, or else by the pixel masks; regions by the pixel masks."""
    labels = frame_labels(source / "testing" / "test_frame_mask" / f"{clip.name}.npy", facts["frames"])
    file = source / "testing" / "test_pixel_mask" / f"{clip.name}.npy"
    if not file.exists():
        return Truth(labels, None)
    masks = truth_of_masks(file, pixel_masks(file, facts), facts)
    return masks if labels is None else Truth(labels, masks.regions)


def pixel_masks(file: Path, facts: dict) -> Iterator[np.ndarray]:
    """The masks of one clip, bool (height, width) each."""
    masks, shape = plain_array(file), (facts["height"], facts["width"])
    if masks.ndim != 3 or masks.shape[1:] != shape:
        raise InputError(f"{file}: expected masks of shape (frames, {shape[0]}, {shape[1]}), found {masks.shape}")
    for mask in masks:
        yield np.asarray(mask) > 0
