"""A contact sheet per clip, for a look at what was detected before anything is trained on it."""

import functools

import numpy as np

from stages.common.frames.store import open_frames
from stages.common.running.cli import run_stage
from stages.common.running.files import folder_whole, link_or_copy
from stages.common.running.params import load_machine
from stages.common.running.paths import SetPaths
from stages.common.running.pieces import Job, map_videos
from stages.common.tables.schemas import BOX, OBJECTS, SEARCHED, VIDEOS, hash_of, read_table
from stages.sheets.sheet import write_sheet

# Of a set with more clips, so many, evenly spread: people look at fewer, and file systems like fewer.
MOST = 900


def run(name: str) -> str:
    paths = SetPaths(name)
    videos = sorted(read_table(paths.footage / "videos.parquet", VIDEOS)["video"])
    objects = read_table(paths.detections / "objects.parquet", OBJECTS, ["video", "frame", *BOX, "source"])
    searched = read_table(paths.detections / "searched.parquet", SEARCHED)
    sources = sorted(set(objects["source"]))
    rows_of, frames_of = objects.groupby("video").indices, dict(tuple(searched.groupby("video")["frame"]))
    places = np.unique(np.linspace(0, len(videos) - 1, min(MOST, len(videos))).round().astype(int))
    chosen, jobs = [videos[place] for place in places], []
    for video in chosen:
        boxes = objects.iloc[rows_of.get(video, [])].reset_index(drop=True)
        frames = np.sort(frames_of.get(video, searched["frame"][:0]).to_numpy())
        content = {
            "frames": open_frames(paths.frames, video).hash,
            "boxes": hash_of(boxes),
            "sources": sources,
            "searched": frames.tolist(),
        }
        jobs.append(Job(video, content, functools.partial(write_sheet, paths.frames, video, boxes, frames, sources)))
    with folder_whole(paths.sheets) as folder:
        for video, piece in zip(chosen, map_videos("sheets", name, jobs, load_machine()), strict=True):
            link_or_copy(piece / "sheet.jpg", folder / f"{video}.jpg")
    return f"contact sheets of {len(chosen)} clips, in {paths.sheets}"


if __name__ == "__main__":
    run_stage("sheets", __doc__, run)
