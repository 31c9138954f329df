"""A tube of crops around every object, one shard per clip."""

import functools
from dataclasses import asdict

import pandas as pd

from stages.common.running.cli import run_stage
from stages.common.running.files import folder_whole, link_or_copy, sha256
from stages.common.running.params import load, load_machine
from stages.common.running.paths import SetPaths
from stages.common.running.pieces import Job, map_videos
from stages.common.tables.schemas import DETECTIONS, TUBES, VIDEOS, read_table, table_hash, write_table
from stages.tubes.cut import clip_rows, cut_clip
from stages.tubes.settings import Tubes


def run(name: str) -> str:
    paths, tubes = SetPaths(name), load("tubes", Tubes, name)
    videos = read_table(paths.footage / "videos.parquet", VIDEOS)
    detections = read_table(paths.detections, DETECTIONS)
    tables = [clip_rows(detections, v.video, v.split, v.frames, tubes) for v in videos.itertuples()]
    jobs = []
    for video, rows in zip(videos.itertuples(), tables, strict=True):
        packed = paths.frames / f"{video.video}.npy"
        content = {**asdict(tubes), "frames": sha256(packed), "rows": table_hash(rows, TUBES)}
        jobs.append(Job(video.video, content, functools.partial(cut_clip, packed, video.split, rows, tubes)))
    with folder_whole(paths.tubes) as folder:
        for video, piece in zip(videos["video"], map_videos("tubes", jobs, load_machine()), strict=True):
            link_or_copy(piece / "tubes.npy", folder / f"{video}.npy")
        table = pd.concat(tables, ignore_index=True)
        write_table(folder / "tubes.parquet", table, TUBES)
    counts = table["split"].value_counts()
    return f"{counts.to_dict()} tubes of {tubes.size}x{tubes.size} pixels, in {paths.tubes}"


if __name__ == "__main__":
    run_stage("tubes", __doc__, run)
