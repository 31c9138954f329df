"""What the teacher says of every object: the vectors that the network distils."""

import functools
from dataclasses import asdict

import torch

from stages.common.computing.device import find_device, workers_on
from stages.common.computing.settings import Computing
from stages.common.pretrained.weights import weights_file
from stages.common.running.cli import run_stage
from stages.common.running.files import folder_whole, link_or_copy, sha256
from stages.common.running.params import load, load_machine
from stages.common.running.paths import SetPaths
from stages.common.running.pieces import Job, map_videos
from stages.common.tables.schemas import TUBES, read_table
from stages.teach.settings import NEEDS_WEIGHTS, Teach
from stages.teach.vectors import teach_clip


def run(name: str) -> str:
    paths, teach = SetPaths(name), load("teach", Teach, name)
    table = read_table(paths.tubes / "tubes.parquet", TUBES)
    asked = table if teach.compared == "classifier" else table[table["learnt"]]
    weights = weights_file(paths.weights / "teacher") if teach.teacher in NEEDS_WEIGHTS else None
    content = {**asdict(teach), "weights": sha256(weights) if weights else None}
    machine, device = load_machine(), torch.device("cpu")
    if teach.teacher == "torchvision":
        device = find_device(load("computing", Computing, name).device)
        content["device"] = str(device)
    counts, jobs = asked["video"].value_counts().sort_index(), []
    for video, count in counts.items():
        shard = paths.tubes / f"{video}.tubes"
        make = functools.partial(teach_clip, shard, count, teach, weights, device)
        jobs.append(Job(video, {**content, "tubes": sha256(shard), "count": count}, make))
    with folder_whole(paths.teacher) as folder:
        for video, piece in zip(
            counts.index, map_videos("teach", name, jobs, workers_on(device, machine)), strict=True
        ):
            link_or_copy(piece / "vectors.npy", folder / f"{video}.npy")
    return f"vectors of {len(asked)} objects by the {teach.teacher} teacher, in {paths.teacher}"


if __name__ == "__main__":
    run_stage("teach", __doc__, run)
