"""The objects of every frame: boxes, scores and class scores."""

import functools
from dataclasses import asdict

import pandas as pd

from stages.common.computing.precision import say_if_slow
from stages.common.computing.settings import Computing
from stages.common.frames.store import open_frames
from stages.common.pretrained.weights import weights_file
from stages.common.running.cli import run_stage
from stages.common.running.files import folder_whole, sha256
from stages.common.running.params import load, load_machine
from stages.common.running.paths import SetPaths
from stages.common.running.pieces import Job, map_videos
from stages.common.tables.schemas import OBJECTS, SEARCHED, VIDEOS, join_tables, read_table, write_table
from stages.detect.clip import detect_clip, given_to, needs_weights, settings_of
from stages.detect.detectors import DETECTORS
from stages.detect.settings import Decode, Detect


def run(name: str) -> str:
    paths, detect, machine = SetPaths(name), load("detect", Detect, name), load_machine()
    device = load("computing", Computing, name).device
    videos = read_table(paths.footage / "videos.parquet", VIDEOS)
    chosen = [DETECTORS[source] for source in detect.sources]
    weights = weights_file(paths.weights / "detector") if needs_weights(detect) else None
    given = [given_to(source, weights, videos) for source in detect.sources]
    areas = load("decode", Decode, name).areas
    content = {**settings_of(detect), "areas": asdict(areas), "weights": sha256(weights) if weights else None}
    if any(each.on_device for each in chosen):
        # Here, for the others need not wait the seconds that torch takes to load.
        from stages.common.computing.device import find_device, workers_on

        content["device"] = device
        machine = workers_on(find_device(device), machine)
    if any("precision" in each.settings for each in chosen):
        say_if_slow(detect.precision, "cpu", f"sets.{name}.detect.precision")
    jobs, searched = [], []
    for video in videos["video"]:
        frames = open_frames(paths.frames, video)
        own = [of[video] for of in given]
        make = functools.partial(detect_clip, paths.frames, video, detect, own, device, areas=areas)
        jobs.append(Job(video, {**content, "video": video, "frames": frames.hash}, make))
        searched.append(pd.DataFrame({"video": video, "frame": frames.searched(detect.every)}))
    with folder_whole(paths.detections) as folder:
        pieces = map_videos("detect", name, jobs, machine)
        count = join_tables(folder / "objects.parquet", (piece / "objects.parquet" for piece in pieces), OBJECTS)
        write_table(folder / "searched.parquet", pd.concat(searched), SEARCHED)
    return f"{count} objects in {sum(map(len, searched))} of {videos['frames'].sum()} frames, in {paths.detections}"


if __name__ == "__main__":
    run_stage("detect", __doc__, run)
