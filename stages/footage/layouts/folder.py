"""Own footage: videos, or folders of pictures, sorted into two folders by hand, also in sub-folders of these.

train/gate_monday.mp4 ...        normal footage only
test/gate_tuesday.mp4 ...        what is to be searched
labels/gate_tuesday.npy          one 0 or 1 per frame; may be absent
tracks/gate_tuesday.txt          track,frame,x_min,y_min,x_max,y_max[,type] (the RBDC format); may be absent
"""

from pathlib import Path

from stages.footage.clips import Clip, Truth, own_clips
from stages.footage.truth_files import frame_labels


def matches(source: Path) -> bool:
    return (source / "train").is_dir() and (source / "test").is_dir()


def clips(source: Path) -> list[Clip]:
    return own_clips(source, source / "train", "train") + own_clips(source, source / "test", "test")


def truth(source: Path, clip: Clip, facts: dict) -> Truth:
    return Truth(frame_labels(source / "labels" / f"{clip.own_name}.npy", facts["frames"]), None)
