"""Frames of every clip into one packed file per clip."""

import functools
from pathlib import Path

from stages.common.cli import run_stage
from stages.common.files import folder_whole, link_or_copy
from stages.common.params import load, load_machine, settings
from stages.common.paths import SetPaths
from stages.common.tables import VIDEOS, read_table
from stages.common.videos import Job, map_videos
from stages.decode.frames import pack_frames


@settings
class Decode:
    grey: bool


def run(name: str) -> str:
    paths, decode = SetPaths(name), load("decode", Decode, name)
    videos = read_table(paths.footage / "videos.parquet", VIDEOS)
    jobs = [job(video, paths, decode) for video in videos.itertuples()]
    with folder_whole(paths.frames) as folder:
        for video, piece in zip(videos["video"], map_videos("decode", jobs, load_machine().workers), strict=True):
            link_or_copy(piece / "frames.npy", folder / f"{video}.npy")
    return f"{videos['frames'].sum()} frames of {len(videos)} clips in {paths.frames}"


def job(video, paths: SetPaths, decode: Decode) -> Job:
    path = Path(paths.footage if video.kind == "rendered" else paths.source) / video.path
    shape = (video.frames, video.height, video.width)
    return Job(
        video.video,
        {"sha256": video.sha256, "grey": decode.grey},
        functools.partial(pack_frames, path, video.kind, shape, decode.grey),
    )


if __name__ == "__main__":
    run_stage("decode", __doc__, run)
