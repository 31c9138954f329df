"""UCSD Ped1 and Ped2 as their publisher ships them: folders of TIFF pictures.

Train/Train001/001.tif ...
Test/Test001/001.tif ...
Test/Test001_gt/001.bmp ...     white where anomalous, one per frame, also as frame001.bmp; Ped1 has them of some clips
Test/UCSDped2.m                 a line `TestVideoFile{end+1}.gt_frame = [61:180];` per test clip: its anomalous frames,
                                which count from 1; may be absent
"""

import re
from pathlib import Path

import numpy as np

from stages.common.running.errors import InputError
from stages.common.source.pictures import images_in, visible
from stages.footage.clips import Clip, Truth, clips_in
from stages.footage.truth_files import mask_pictures, truth_of_masks


def matches(source: Path) -> bool:
    return any((source / "Train").glob("Train[0-9]*")) and any((source / "Test").glob("Test[0-9]*"))


def clips(source: Path) -> list[Clip]:
    masks = [folder.relative_to(source) for folder in visible(source / "Test") if folder.name.endswith("_gt")]
    return clips_in(source, source / "Train", "train") + clips_in(source, source / "Test", "test", leave_out=masks)


def truth(source: Path, clip: Clip, facts: dict) -> Truth:
    """Frame labels by the `.m` file, or else by the masks; regions by the masks."""
    folder, ranges = source / "Test" / f"{clip.name}_gt", sorted((source / "Test").glob("[!.]*.m"))
    pictures = mask_pictures(images_in(folder), facts)
    masks = truth_of_masks(folder, pictures, facts) if folder.is_dir() else Truth(None, None)
    return Truth(labels_of_ranges(ranges[0], clip.name, facts["frames"]), masks.regions) if ranges else masks


def labels_of_ranges(file: Path, clip: str, frames: int) -> np.ndarray:
    """Labels, bool (frames,), of the clip whose number is at the end of its name."""
    text = re.sub("%.*", "", file.read_text())
    entries = re.findall(r"gt_frame\s*=\s*\[([^]]*)\]", text)
    digits = re.search(r"\d+$", clip)
    number = int(digits[0]) if digits else 0
    if not 1 <= number <= len(entries):
        raise InputError(f"{file}: {len(entries)} entries of gt_frame, none for {clip}; download the ground truth anew")
    labels = np.zeros(frames, dtype=bool)
    for first, last in re.findall(r"(\d+)(?:\s*:\s*(\d+))?", entries[number - 1]):
        begin, end = int(first), int(last or first)
        if not 1 <= begin <= end <= frames:
            raise InputError(f"{file}: {clip}: frames {begin} to {end} in a clip of {frames}, counted from 1")
        labels[begin - 1 : end] = True
    return labels
