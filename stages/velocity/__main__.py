"""How fast each object of the test and held-out clips moves, by optical flow."""

import functools

import pyarrow as pa
import pyarrow.parquet as pq

from stages.common.running.cli import run_stage
from stages.common.running.files import sha256, written_whole
from stages.common.running.params import load_machine
from stages.common.running.paths import SetPaths
from stages.common.running.pieces import Job, map_videos
from stages.common.tables.schemas import DETECTIONS, VIDEOS, read_table, table_hash
from stages.velocity.flow import velocity_clip


def run(name: str) -> str:
    paths = SetPaths(name)
    videos = read_table(paths.footage / "videos.parquet", VIDEOS)
    detections = read_table(paths.detections, DETECTIONS)
    jobs = []
    for video in sorted(videos["video"][videos["split"] != "train"]):
        rows = detections[detections["video"] == video].sort_values("frame", kind="stable", ignore_index=True)
        packed = paths.frames / f"{video}.npy"
        content = {"frames": sha256(packed), "rows": table_hash(rows, DETECTIONS)}
        jobs.append(Job(video, content, functools.partial(velocity_clip, packed, rows)))
    pieces = map_videos("velocity", jobs, load_machine())
    table = pa.concat_tables(pq.read_table(piece / "velocity.parquet") for piece in pieces)
    with written_whole(paths.velocity) as aside:
        pq.write_table(table, aside, compression="zstd")
    return f"velocities of {len(table)} objects, in {paths.velocity}"


if __name__ == "__main__":
    run_stage("velocity", __doc__, run)
