"""Task scores, and how unlike normal it is, of every object of the test clips and of the held-out normal clips."""

import functools
import hashlib
import json
from dataclasses import asdict

import pyarrow as pa
import pyarrow.parquet as pq

from stages.common.computing.device import find_device, workers_on
from stages.common.computing.precision import settled
from stages.common.network.network import load_network
from stages.common.network.tubes import regular_offsets
from stages.common.running.cli import run_stage
from stages.common.running.errors import InputError
from stages.common.running.files import sha256, written_whole
from stages.common.running.params import load, load_machine
from stages.common.running.paths import SetPaths
from stages.common.running.pieces import Job, map_videos, single_threaded
from stages.common.tables.schemas import TUBES, read_table, table_hash
from stages.score.features import normal_features
from stages.score.tasks import Score, score_clip


def run(name: str) -> str:
    paths, score, machine = SetPaths(name), load("score", Score, name), load_machine()
    table = read_table(paths.tubes / "tubes.parquet", TUBES)
    training, table = table[table["split"] == "train"], table[table["split"] != "train"]
    card = json.loads((paths.network / "model.json").read_text())
    if score.distillation == "detector" and not card["architecture"]["classes"]:
        raise InputError("params.yaml: score.distillation is detector, which has no class scores here; take classifier")
    device = find_device(machine.device)
    score = settled(score, device.type)
    network, offsets = (
        load_network(paths.network, card["architecture"]).to(device),
        regular_offsets(card["half_length"]),
    )
    with single_threaded():
        normal = normal_features(network, training, paths.tubes, offsets, card["mirror"], score.precision, score.batch)
    alike = hashlib.sha256(b"".join(part.tobytes() for part in normal)).hexdigest()
    content = {**asdict(score), "network": sha256(paths.network), "normal": alike, "device": str(device)}
    videos, jobs = sorted(table["video"].unique()), []
    for video in videos:
        rows, shard = table[table["video"] == video], paths.tubes / f"{video}.npy"
        teacher = paths.teacher / f"{video}.npy" if score.distillation == "classifier" else None
        if teacher and not teacher.exists():
            raise InputError(f"{teacher}: not found; score.distillation classifier needs teach.test_clips: true")
        inputs = {"rows": table_hash(rows, TUBES), "tubes": sha256(shard)}
        inputs["teacher"] = sha256(teacher) if teacher else None
        make = functools.partial(score_clip, rows, shard, teacher, paths.network, card, normal, score, str(device))
        jobs.append(Job(video, {**content, **inputs}, make))
    pieces = map_videos("score", jobs, workers_on(device, machine))
    scores = pa.concat_tables(pq.read_table(piece / "scores.parquet") for piece in pieces)
    with written_whole(paths.scores) as aside:
        pq.write_table(scores, aside, compression="zstd")
    return f"scores of {len(scores)} objects, in {paths.scores}"


if __name__ == "__main__":
    run_stage("score", __doc__, run)
