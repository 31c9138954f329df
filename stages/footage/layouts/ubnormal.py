"""UBnormal as its publisher ships it: rendered videos of 29 scenes, and maps of objects.

Scene1/normal_scene_1_scenario_2.mp4 ...
Scene1/abnormal_scene_1_scenario_6.mp4 ...
Scene1/abnormal_scene_1_scenario_6_annotations/
    abnormal_scene_1_scenario_6_0000_gt.png ...     a map per frame: the number of the object in each pixel, 0: none
    abnormal_scene_1_scenario_6_tracks.txt          object,first_frame,last_frame of what is anomalous, both inclusive;
                                                    one named ..._new_tracks.txt counts for more
normal_training_video_names.txt ...                 which videos are of which part of the set: from `scripts/` of the
normal_test_video_names.txt                         repository that it is published in (lilygeorgescu/UBnormal)
abnormal_test_video_names.txt

Learnt from are the normal training videos alone, searched both kinds of test videos; the others are left aside.
"""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from stages.common.running.errors import InputError
from stages.common.source.pictures import visible
from stages.common.tables.schemas import BOX
from stages.footage.clips import Clip, Truth, is_video

LISTS = {"normal_training": "train", "normal_test": "test", "abnormal_test": "test"}


def matches(source: Path) -> bool:
    return any(any(folder.glob("*normal_scene_*")) for folder in source.glob("Scene[0-9]*"))


def clips(source: Path) -> list[Clip]:
    splits = {name: split for part, split in LISTS.items() for name in read_list(source / f"{part}_video_names.txt")}
    videos = [path for scene in visible(source) if scene.name.startswith("Scene") for path in visible(scene)]
    return [
        Clip(path.stem, splits[path.stem], "file", path.relative_to(source), path.parent.name)
        for path in videos
        if path.stem in splits and is_video(path)
    ]


def read_list(file: Path) -> list[str]:
    if not file.exists():
        where = "it is in scripts/ of the repository in which UBnormal is published: put it there"
        raise InputError(f"{file}: not found, which tells what is learnt from and what is searched; {where}")
    return file.read_text().split()


def truth(source: Path, clip: Clip, facts: dict) -> Truth:
    """A frame is anomalous within a row of the tracks; a region is around the largest part of its object in the map."""
    folder, labels, rows = (
        source / clip.path.parent / f"{clip.own_name}_annotations",
        np.zeros(facts["frames"], bool),
        [],
    )
    for track, (number, first, last) in enumerate(anomalous(folder, clip) if clip.name[:3] == "abn" else ()):
        labels[first : last + 1] = True
        for frame in range(first, min(last + 1, facts["frames"])):
            file = folder / f"{clip.own_name}_{frame:04d}_gt.png"
            found = cv2.imread(str(file), cv2.IMREAD_UNCHANGED) if file.exists() else None
            if found is None or found.shape[:2] != (facts["height"], facts["width"]):
                size = "none" if found is None else f"{found.shape[1]}x{found.shape[0]}"
                raise InputError(f"{file}: expected a map of {facts['width']}x{facts['height']} pixels, found {size}")
            channel = found if found.ndim == 2 else found[..., 0]
            outlines, _ = cv2.findContours(np.uint8(channel == number), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
            if outlines:
                x, y, width, height = cv2.boundingRect(max(outlines, key=cv2.contourArea))
                rows.append([track, frame, x, y, x + width, y + height])
    return Truth(labels, pd.DataFrame(rows, columns=["track", "frame", *BOX]).assign(type=""))


def anomalous(folder: Path, clip: Clip) -> list[tuple[int, int, int]]:
    """Object, first and last frame of each row of a clip's tracks."""
    files = [folder / f"{clip.own_name}_{name}.txt" for name in ("new_tracks", "tracks")]
    file = next((file for file in files if file.exists()), None)
    if file is None:
        raise InputError(f"{files[1]}: not found; download the ground truth anew")
    try:
        rows = [line.split(",") for line in file.read_text().splitlines() if line.strip()]
        return [(int(float(number)), int(float(first)), int(float(last))) for number, first, last in rows]
    except ValueError:
        raise InputError(f"{file}: expected rows object,first_frame,last_frame") from None
