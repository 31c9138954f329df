"""Frames of every clip into one packed file per clip."""

import functools
from pathlib import Path

from stages.common.frames.store import fill_store
from stages.common.running.cli import run_stage
from stages.common.running.errors import InputError
from stages.common.running.files import folder_whole, sha256
from stages.common.running.params import load, load_machine
from stages.common.running.paths import SetPaths
from stages.common.running.pieces import Job, map_videos
from stages.common.tables.schemas import TIMES, VIDEOS, read_table
from stages.decode.frames import pack_frames
from stages.decode.settings import Decode


def run(name: str) -> str:
    paths, decode = SetPaths(name), load("decode", Decode, name)
    videos = read_table(paths.footage / "videos.parquet", VIDEOS)
    times = read_table(paths.footage / "times.parquet", TIMES)
    jobs = [job(video, paths, decode) for video in videos.itertuples()]
    with folder_whole(paths.frames) as folder:
        pieces = map_videos("decode", name, jobs, load_machine())
        fill_store(folder, zip(videos["video"], pieces, strict=True), times)
    return f"{videos['frames'].sum()} frames of {len(videos)} clips in {paths.frames}"


def job(video, paths: SetPaths, decode: Decode) -> Job:
    path = paths.source / video.path
    shape, span = (video.frames, video.height, video.width), (video.first, video.step)
    content = {"sha256": video.sha256, "grey": decode.grey, "span": [*span, video.frames]}
    make = functools.partial(pack_unchanged, video.sha256, path, video.kind, shape, span, decode.grey)
    return Job(video.video, content, make)


def pack_unchanged(hashed: str, path: Path, *rest) -> None:
    """`pack_frames` of what has still the hash that it had when its frames were counted."""
    if not path.exists() or sha256(path) != hashed:
        raise InputError(f"{path}: it changed since its frames were counted: run again")
    pack_frames(path, *rest)


if __name__ == "__main__":
    run_stage("decode", __doc__, run)
