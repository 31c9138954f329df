"""Own footage: videos, or folders of pictures, sorted into two folders by hand.

train/gate_monday.mp4 ...        normal footage only
test/gate_tuesday.mp4 ...        what is to be searched
labels/gate_tuesday.npy          one 0 or 1 per frame; may be absent
tracks/gate_tuesday.txt          track,frame,x_min,y_min,x_max,y_max[,type] (the RBDC format); may be absent
"""

from pathlib import Path

from stages.footage.clips import Clip, Truth, clips_in
from stages.footage.truth_files import frame_labels


def matches(source: Path) -> bool:
    return (source / "train").is_dir() and (source / "test").is_dir()


def clips(source: Path) -> list[Clip]:
    return clips_in(source, source / "train", "train") + clips_in(source, source / "test", "test")


def truth(source: Path, clip: Clip, facts: dict) -> Truth:
    return Truth(frame_labels(source / "labels" / f"{clip.name}.npy", facts["frames"]), None)
