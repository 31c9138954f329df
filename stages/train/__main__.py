"""Learns what is normal: one network, four proxy tasks, from the tubes of normal clips."""

import hashlib
import sys
from contextlib import nullcontext
from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import torch
from safetensors.torch import save as safetensors_bytes

from stages.common.computing.device import find_device
from stages.common.computing.precision import say_if_slow
from stages.common.computing.settings import Computing
from stages.common.cues.tasks import TASKS
from stages.common.network.network import Architecture, Network
from stages.common.running.cli import run_stage
from stages.common.running.errors import InputError
from stages.common.running.files import folder_whole, sha256, written_whole
from stages.common.running.params import load
from stages.common.running.paths import WORK, SetPaths
from stages.common.running.pieces import needed, piece_key
from stages.common.tables.class_scores import class_scores_of
from stages.common.tables.json_files import save_json
from stages.common.tables.schemas import TUBES, read_table, table_hash
from stages.train.loader import TubeSet
from stages.train.loop import train
from stages.train.memory import keep_memory
from stages.train.processes import count, process_group, rank, take_own_gpu
from stages.train.settings import Train, Tubes


def run(name: str) -> str:
    paths, settings, tubes = SetPaths(name), load("train", Train, name), load("tubes", Tubes, name)
    keep_memory()
    torch.set_num_threads(settings.threads)
    table = read_table(paths.tubes / "tubes.parquet", TUBES)
    table = table[table["learnt"]].reset_index(drop=True)
    class_scores = class_scores_of(table, paths.detections / "objects.parquet")
    device = find_device(load("computing", Computing, name).device)
    say_if_slow(settings.precision, device.type, f"sets.{name}.train.precision")
    take_own_gpu(device)
    content = {**asdict(settings), **asdict(tubes), "device": str(device)}
    if count() > 1:
        content["processes"] = count()  # sums come out otherwise
    content["inputs"] = hashes_of(table, class_scores, paths)
    keys = {fold: piece_key("train", {**content, "fold": fold}) for fold in folds_of(table, paths)}
    # Several networks see no more than one would, in all.
    each = replace(settings, tubes_per_epoch=max(1, settings.tubes_per_epoch // len(keys)))
    networks, histories = {}, []
    with needed("train", name, keys.values()) if rank() == 0 else nullcontext():
        for fold, key in keys.items():
            own = (table["fold"] == fold).to_numpy()
            training, held_out = (
                TubeSet(table[part], class_scores[part], paths.tubes, paths.teacher) for part in (~own, own)
            )
            torch.manual_seed(settings.seed)
            networks[fold] = build(training, settings, tubes).to(device)
            histories.append(train(networks[fold], training, held_out, tubes, each, WORK / "train" / key))
    if rank() > 0:
        sys.exit()
    losses = (
        pd.concat([curves(history, tasks(settings)) for history in histories]).groupby("epoch", as_index=False).mean()
    )
    with folder_whole(paths.network) as folder:
        for fold, network in networks.items():
            weights = {key: value.cpu().contiguous() for key, value in network.state_dict().items()}
            with written_whole(folder / f"{fold}.safetensors") as aside:
                aside.write_bytes(safetensors_bytes(weights))
        shown = {"half_length": tubes.half_length, "mirror": settings.mirror}
        save_json(folder / "model.json", {"architecture": asdict(network.architecture), **shown})
        with written_whole(folder / "losses.csv") as aside:
            losses.to_csv(aside, index=False)
    last = losses.to_dict("records")[-1:]
    said = ", ".join(f"{task} {last[0][f'{task}_held_out']:.3f}" for task in tasks(settings)) if last else "untrained"
    networks_said = f"{len(networks)} network{'s' * (len(networks) > 1)}"
    return f"{networks_said} after {settings.epochs} epochs, held-out losses {said}, in {paths.network}"


def folds_of(table: pd.DataFrame, paths: SetPaths) -> list[int]:
    """The folds of what is learnt from (TUBES), each held out from a network that learns from the rest."""
    folds = sorted(set(table["fold"]) - {-1})
    if not folds or table["fold"].nunique() < 2:
        split = "training" if folds else "held-out"
        raise InputError(f"{paths.tubes}: no objects in the {split} clips; lower the detector's thresholds")
    return folds


def hashes_of(table: pd.DataFrame, class_scores: np.ndarray, paths: SetPaths) -> list[str]:
    """Of all that is learnt from, whatever test clips there are: rows, class scores, tubes and vectors."""
    videos = sorted(table["video"].unique())
    shards = [file for video in videos for file in (paths.tubes / f"{video}.tubes", paths.teacher / f"{video}.npy")]
    return [table_hash(table, TUBES), hashlib.sha256(class_scores.tobytes()).hexdigest(), *map(sha256, shards)]


def tasks(settings: Train) -> list[str]:
    return [task for task in TASKS if settings.weights.get(task, 0) > 0]


def curves(history: list[dict], tasks: list[str]) -> pd.DataFrame:
    """A row per epoch: its number, and for each task the loss on training and on held-out clips."""
    table = pd.DataFrame(history, columns=["epoch", "split", *tasks]).pivot(index="epoch", columns="split")
    table.columns = [f"{task}_{split}" for task, split in table.columns]
    columns = [f"{task}_{split}" for task in tasks for split in ("train", "held_out")]
    return table.reindex(columns=columns).reset_index()


def build(training: TubeSet, settings: Train, tubes: Tubes) -> Network:
    """A freshly drawn network that knows the mean and the deviation of the teacher's vectors."""
    some = training.teacher(np.arange(0, len(training), max(1, len(training) // 5000)))
    channels, classes = training.tubes(np.zeros(1, int)).shape[-1], training.class_scores.shape[1]
    shape = settings.depth, settings.width, tubes.size, channels, classes, some.shape[1], tuple(tasks(settings))
    network = Network(Architecture(*shape))
    network.teacher_mean.copy_(torch.from_numpy(some.mean(0)))
    network.teacher_deviation.copy_(torch.from_numpy(some.std(0) + 1e-3))
    return network


if __name__ == "__main__":
    with process_group():
        run_stage("train", __doc__, run)
