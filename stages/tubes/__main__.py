"""A tube of crops around every object, one shard per clip."""

import functools
from dataclasses import asdict

import numpy as np
import pandas as pd

from stages.common.frames.store import open_frames
from stages.common.running.cli import run_stage
from stages.common.running.files import folder_whole, link_or_copy
from stages.common.running.params import load, load_machine
from stages.common.running.paths import SetPaths
from stages.common.running.pieces import Job, map_videos
from stages.common.tables.schemas import BOX, OBJECTS, TUBES, VIDEOS, hash_of, read_table, write_table
from stages.tubes.cut import cut_clip, learnt_frames, sampled
from stages.tubes.settings import Tubes


def run(name: str) -> str:
    paths, tubes = SetPaths(name), load("tubes", Tubes, name)
    videos = read_table(paths.footage / "videos.parquet", VIDEOS)
    objects = read_table(paths.detections / "objects.parquet", OBJECTS, ["video", "object", "frame", *BOX])
    rows_of = objects.groupby("video").indices
    every = [objects.iloc[rows_of.get(video, [])].reset_index(drop=True) for video in videos["video"]]
    learnt = [learns(paths, *clip, tubes) for clip in zip(videos.itertuples(), every, strict=True)]
    learnt = sampled(learnt, videos["fold"].tolist(), tubes.most)
    tables, jobs = [], []
    for video, rows, kept in zip(videos.itertuples(), every, learnt, strict=True):
        # First what is learnt from, of which alone a teacher may be asked; then what is only scored.
        rows = pd.concat([rows[kept], rows[~kept]] if video.split != "train" else [rows[kept]], ignore_index=True)
        own = {"split": video.split, "fold": video.fold, "learnt": np.sort(kept)[::-1][: len(rows)], "row": rows.index}
        tables.append(rows[["video", "object"]].assign(**own))
        content = {**asdict(tubes), "split": video.split, "rows": hash_of(rows)}
        content["frames"] = open_frames(paths.frames, video.video).hash
        make = functools.partial(cut_clip, paths.frames, video.video, video.split, rows, tubes)
        jobs.append(Job(video.video, content, make))
    with folder_whole(paths.tubes) as folder:
        for video, piece in zip(videos["video"], map_videos("tubes", name, jobs, load_machine()), strict=True):
            link_or_copy(piece / "clip.tubes", folder / f"{video}.tubes")
        table = pd.concat(tables, ignore_index=True)
        write_table(folder / "tubes.parquet", table, TUBES)
    counts = table["split"].value_counts()
    return f"{counts.to_dict()} tubes of {tubes.size}x{tubes.size} pixels, in {paths.tubes}"


def learns(paths: SetPaths, video, objects: pd.DataFrame, tubes: Tubes) -> np.ndarray:
    """Which objects (OBJECTS) of a clip, a row of VIDEOS, may be learnt from, bool (n,)."""
    if video.split == "test":
        return np.zeros(len(objects), bool)
    return objects["frame"].isin(learnt_frames(open_frames(paths.frames, video.video).spans, tubes)).to_numpy()


if __name__ == "__main__":
    run_stage("tubes", __doc__, run)
