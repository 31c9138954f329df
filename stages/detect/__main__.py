"""The objects of every frame: boxes, scores and class scores."""

import functools
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq

from stages.common.computing.precision import settled
from stages.common.frames.recordings import clips_of
from stages.common.pretrained.weights import weights_file
from stages.common.running.cli import run_stage
from stages.common.running.files import sha256, written_whole
from stages.common.running.params import load, load_machine
from stages.common.running.paths import SetPaths
from stages.common.running.pieces import Job, map_videos
from stages.common.tables.schemas import VIDEOS, read_table
from stages.detect.detectors import NEEDS_WEIGHTS, Detect, check_sources, detect_clip, settings_of
from stages.detect.given import check_boxes, read_boxes


def run(name: str) -> str:
    paths, detect = SetPaths(name), load("detect", Detect, name)
    videos = read_table(paths.footage / "videos.parquet", VIDEOS)
    check_sources(detect)
    detect = settled(detect, "cpu")
    needed = NEEDS_WEIGHTS & set(detect.sources)
    weights = weights_file(paths.weights / "detector", f"detector {needed.pop()}") if needed else None
    if "boxes" in detect.sources:
        check_boxes(weights, read_boxes(weights), videos)
    machine, sha256_once = load_machine(), functools.cache(sha256)
    content = {**settings_of(detect), "weights": sha256(weights) if weights else None}
    if "torchvision" in detect.sources:
        # Here, for the others need not wait the seconds that torch takes to load.
        from stages.common.computing.device import find_device, workers_on

        device = find_device(machine.device)
        content["device"] = str(device)
        machine = replace(workers_on(device, machine), device=str(device))
    jobs = []
    for clip in clips_of(videos, paths.frames, with_parts="motion" in detect.sources):
        make = functools.partial(detect_clip, clip, detect, weights, machine.device)
        frames = [sha256_once(part) for part in clip.parts]
        jobs.append(Job(clip.video, {**content, "video": clip.video, "frames": frames, "own": clip.own}, make))
    pieces = map_videos("detect", jobs, machine)
    table = pa.concat_tables(pq.read_table(piece / "detections.parquet") for piece in pieces)
    with written_whole(paths.detections) as aside:
        pq.write_table(table, aside, compression="zstd")
    searched, frames = (-(-videos["frames"] // detect.every)).sum(), videos["frames"].sum()
    return f"{len(table)} objects in {searched} of {frames} frames, in {paths.detections}"


if __name__ == "__main__":
    run_stage("detect", __doc__, run)
