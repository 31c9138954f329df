"""How fast each object of the test and held-out clips moves, by optical flow."""

import functools
from pathlib import Path

import pandas as pd

from stages.common.cues import velocity
from stages.common.frames.store import open_frames
from stages.common.running.cli import run_stage
from stages.common.running.params import load_machine
from stages.common.running.paths import SetPaths
from stages.common.running.pieces import Job, map_videos
from stages.common.tables.schemas import (
    BOX,
    CUE_VALUES,
    OBJECTS,
    VIDEOS,
    hash_of,
    join_tables,
    read_table,
    write_table,
)


def run(name: str) -> str:
    paths = SetPaths(name)
    videos = read_table(paths.footage / "videos.parquet", VIDEOS)
    objects, jobs = read_table(paths.detections / "objects.parquet", OBJECTS, ["video", "object", "frame", *BOX]), []
    rows_of = objects.groupby("video").indices
    for video in sorted(videos["video"][videos["split"] != "train"]):
        rows = objects.iloc[rows_of.get(video, [])].reset_index(drop=True)
        content = {"frames": open_frames(paths.frames, video).hash, "rows": hash_of(rows)}
        jobs.append(Job(video, content, functools.partial(measure_clip, paths.frames, video, rows)))
    pieces = map_videos("velocity", name, jobs, load_machine())
    count = join_tables(paths.velocity, (piece / "velocity.parquet" for piece in pieces), CUE_VALUES)
    return f"velocities of {count} objects, in {paths.velocity}"


def measure_clip(store: Path, video: str, objects: pd.DataFrame, folder: Path) -> None:
    """Writes `velocity.parquet` (CUE_VALUES) of one clip's objects (OBJECTS) into `folder`."""
    frames = open_frames(store, video)
    values = velocity.of_frames(frames, objects["frame"].to_numpy(), objects[BOX].to_numpy())
    rows = objects[["video", "object"]].assign(cue="velocity", network=-1, value=values)
    write_table(folder / "velocity.parquet", rows, CUE_VALUES)


if __name__ == "__main__":
    run_stage("velocity", __doc__, run)
