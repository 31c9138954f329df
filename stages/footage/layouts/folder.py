"""Own footage: videos, or folders of pictures, sorted into two folders by hand.

train/gate_monday.mp4 ...        normal footage only
test/gate_tuesday.mp4 ...        what is to be searched
labels/gate_tuesday.npy          one 0 or 1 per frame; may be absent
tracks/gate_tuesday.txt          track,frame,x_min,y_min,x_max,y_max (the RBDC format); may be absent
"""

from pathlib import Path

import numpy as np
import pandas as pd

from stages.common.errors import InputError
from stages.common.track_files import read_tracks
from stages.footage.clips import Clip, Layout, Truth, clips_in


def matches(source: Path) -> bool:
    return (source / "train").is_dir() and (source / "test").is_dir()


def clips(source: Path) -> list[Clip]:
    return clips_in(source, source / "train", "train") + clips_in(source, source / "test", "test")


def truth(source: Path, clip: Clip, facts: dict) -> Truth:
    return Truth(
        frame_labels(source / "labels" / f"{clip.name}.npy", facts["frames"]),
        track_regions(source / "tracks" / f"{clip.name}.txt", facts["frames"]),
    )


def frame_labels(path: Path, frames: int) -> np.ndarray | None:
    if not path.exists():
        return None
    try:
        labels = np.load(path, allow_pickle=False)
    except (ValueError, EOFError):
        raise InputError(f"{path}: not a plain numpy array; save it with numpy.save, without objects") from None
    if not isinstance(labels, np.ndarray):
        raise InputError(f"{path}: several arrays (.npz); save the one of the labels with numpy.save")
    if labels.shape != (frames,) or labels.dtype.kind not in "biuf" or not np.isin(labels, (0, 1)).all():
        raise InputError(
            f"{path}: expected {frames} labels of 0 or 1, one per frame of the clip, found {labels.dtype} of shape "
            f"{labels.shape} with the values {np.unique(labels)[:5].tolist()}"
        )
    return labels.astype(bool)


def track_regions(path: Path, frames: int) -> pd.DataFrame | None:
    if not path.exists():
        return None
    regions = read_tracks(path)
    if len(regions) and regions["frame"].max() >= frames:
        raise InputError(f"{path}: frame {regions['frame'].max()} in a clip of {frames} frames; frames count from 0")
    return regions.assign(type="")


LAYOUT = Layout(matches, clips, truth)
