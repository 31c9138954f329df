"""Task scores, and how unlike normal it is, of every object of the test clips and of the held-out normal clips."""

import functools
import hashlib
import json
from dataclasses import asdict

from stages.common.computing.device import find_device, workers_on
from stages.common.computing.precision import say_if_slow
from stages.common.computing.settings import Computing
from stages.common.network.network import load_network
from stages.common.network.tubes import regular_offsets
from stages.common.running.cli import run_stage
from stages.common.running.errors import InputError
from stages.common.running.files import sha256
from stages.common.running.params import load, load_machine
from stages.common.running.paths import SetPaths
from stages.common.running.pieces import Job, map_videos, single_threaded
from stages.common.tables import schemas
from stages.common.tables.class_scores import class_scores_of
from stages.common.tables.schemas import TUBES, read_table
from stages.score.features import known_features
from stages.score.settings import Score, Teach
from stages.score.tasks import Learnt, score_clip


def run(name: str) -> str:
    paths, score, machine = SetPaths(name), load("score", Score, name), load_machine()
    compared = load("teach", Teach, name).compared
    table = read_table(paths.tubes / "tubes.parquet", TUBES)
    objects = paths.detections / "objects.parquet"
    card = json.loads((paths.network / "model.json").read_text())
    if compared == "detector" and not card["architecture"]["classes"]:
        raise InputError("params.yaml: teach.compared is detector, which has no class scores here; take classifier")
    device = find_device(load("computing", Computing, name).device)
    say_if_slow(score.precision, device.type, f"sets.{name}.score.precision")
    offsets, learnt = regular_offsets(card["half_length"]), {}
    for file in sorted(paths.network.glob("*.safetensors")):
        own = table[table["learnt"] & (table["fold"] != int(file.stem))]
        network = load_network(file, card["architecture"]).to(device)
        with single_threaded():
            known = known_features(network, own, paths.tubes, offsets, card["mirror"], score.precision, score.batch)
        learnt[int(file.stem)] = Learnt(file, card, known, score, str(device))
    table, jobs = table[table["split"] != "train"], []
    for video, places in sorted(table.groupby("video").indices.items()):
        rows, shard = table.iloc[places], paths.tubes / f"{video}.tubes"
        teacher = paths.teacher / f"{video}.npy" if compared == "classifier" else None
        fold = rows["fold"].iloc[0]
        asked = {number: by for number, by in learnt.items() if fold in (-1, number)}
        inputs = {"rows": schemas.table_hash(rows, TUBES), "tubes": sha256(shard), "device": str(device)}
        inputs["networks"] = {number: by.hash for number, by in asked.items()}
        inputs["class_scores"] = hashlib.sha256(class_scores_of(rows, objects).tobytes()).hexdigest()
        inputs["teacher"] = sha256(teacher) if teacher else None
        make = functools.partial(score_clip, rows, objects, shard, teacher, asked)
        jobs.append(Job(video, {**asdict(score), **inputs}, make))
    pieces = list(map_videos("score", name, jobs, workers_on(device, machine)))
    schemas.join_tables(paths.scores, (piece / "scores.parquet" for piece in pieces), schemas.CUE_VALUES)
    schemas.join_tables(paths.features, (piece / "features.parquet" for piece in pieces), schemas.FEATURES)
    return f"scores of {len(table)} objects, in {paths.scores}"


if __name__ == "__main__":
    run_stage("score", __doc__, run)
