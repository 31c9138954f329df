"""CUHK Avenue as its publisher ships it: numbered videos, and pixel masks in MATLAB files.

training_videos/01.avi ...
testing_videos/01.avi ...
ground_truth_demo/testing_label_mask/1_label.mat ...     `volLabel`: a cell per frame, an array (height, width) of 0
                                                         and 1 in each; may be absent
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.io import loadmat

from stages.common.running.errors import InputError
from stages.footage.clips import Clip, Truth, clips_in
from stages.footage.truth_files import truth_of_masks


def matches(source: Path) -> bool:
    return (source / "training_videos").is_dir() and (source / "testing_videos").is_dir()


def clips(source: Path) -> list[Clip]:
    """Names carry their split, since both splits count from 01."""
    train = clips_in(source, source / "training_videos", "train", prefix="train_")
    return train + clips_in(source, source / "testing_videos", "test", prefix="test_")


def truth(source: Path, clip: Clip, facts: dict) -> Truth:
    file = source / "ground_truth_demo/testing_label_mask" / f"{clip.own_name.lstrip('0')}_label.mat"
    return truth_of_masks(file, read_masks(file, facts), facts) if file.exists() else Truth(None, None)


def read_masks(file: Path, facts: dict) -> Iterator[np.ndarray]:
    """The masks of one clip, bool (height, width) each."""
    try:
        cells = loadmat(file)["volLabel"].ravel()
    # A file that was cut off or damaged fails in ways of its own, from the reader of MATLAB's format to zlib.
    except Exception:
        raise InputError(f"{file}: no MATLAB file with volLabel; download the ground truth anew") from None
    size = facts["height"], facts["width"]
    for frame, cell in enumerate(cells):
        if np.shape(cell) != size:
            raise InputError(f"{file}: frame {frame}: expected a mask of shape {size}, found {np.shape(cell)}")
        yield np.asarray(cell) > 0
