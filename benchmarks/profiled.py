"""Where scoring and a training step spend their time, by kind of operation, beside the plain way.

    python -m benchmarks.profiled ped2

writes metrics/profile_ped2.csv: microseconds per object on one thread, by torch's profiler. Needs the set as `make
ped2` leaves it. What is outside of torch's operations (Python, reading) is not in it.
"""

import argparse
import os
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # its lines about GPUs that are not there; read on first use

import numpy as np
import pandas as pd
import torch
from torch.profiler import ProfilerActivity, profile

from benchmarks.speed import plain
from benchmarks.speed.sample import Sample, sample_of
from benchmarks.speed.training import CPU, losses_of, training
from stages.common.network.network import Batch
from stages.common.network.tubes import regular_offsets, take_offsets
from stages.common.running.errors import InputError
from stages.common.running.files import written_whole
from stages.common.running.params import load
from stages.common.running.pieces import single_threaded
from stages.common.tables.shards import Shard
from stages.score.features import known_features
from stages.score.settings import Score
from stages.score.tasks import score_tubes
from stages.train.loader import batches
from stages.train.loop import BATCH
from stages.train.memory import keep_memory

# Kinds of operation, by words in their names; what has none of them is the rest.
KINDS = {
    "convolution": ("convolution",),
    "pooling, norm, ReLU": ("PoolNormReLU", "max_pool", "group_norm", "relu", "clamp_min", "threshold"),
    "copies": ("copy_", "contiguous", "clone", "cat", "fill_", "zero_"),
}
# Objects at a time when they are scored plainly; passes that are profiled.
SCORED, PASSES = 256, 3


def kind_of(operation: str) -> str:
    """
    >>> kind_of("aten::convolution_backward"), kind_of("PoolNormReLUBackward"), kind_of("aten::mm")
    ('convolution', 'pooling, norm, ReLU', 'rest')
    """
    found = (kind for kind, words in KINDS.items() if any(word in operation for word in words))
    return next(found, "rest")


def profiled(run: Callable, objects: int) -> dict[str, float]:
    """Microseconds per object of each kind of operation in `run`, which works on so many objects."""
    run()
    with profile(activities=[ProfilerActivity.CPU]) as found:
        for _ in range(PASSES):
            run()
    times = dict.fromkeys([*KINDS, "rest"], 0.0)
    for event in found.key_averages():
        times[kind_of(event.key)] += event.self_cpu_time_total / (PASSES * objects)
    return times


def scoring(sample: Sample) -> dict[str, dict[str, float]]:
    network, _, trained, cut = training(sample)
    settings, offsets = load("score", Score, sample.name), regular_offsets(cut.half_length)
    shard = take_offsets(Shard(sample.paths.tubes / f"{sample.video}.tubes")[:SCORED], offsets)
    learnt = sample.training_tubes(), sample.paths.tubes, offsets, trained.mirror, settings.precision, settings.batch
    known = known_features(network, *learnt)
    classes = np.ones((len(shard), network.architecture.classes), np.float32)

    def fast() -> None:
        for start in range(0, len(shard), settings.batch):
            part = slice(start, start + settings.batch)
            score_tubes(network, shard[part], classes[part], None, known, settings.precision)

    @torch.inference_mode()
    def plainly() -> None:
        plain.plain_scores(network, shard, classes)

    return {"plain float32": profiled(plainly, len(shard)), "as it is": profiled(fast, len(shard))}


def training_step(sample: Sample) -> dict[str, dict[str, float]]:
    network, data, settings, cut = training(sample)
    network.train()
    draw = np.random.default_rng(0)
    order = draw.permutation(len(data))[:BATCH]
    batch = next(batches(data, order, BATCH, cut, draw, network, CPU))

    def fresh(kind: type[Batch]) -> Batch:
        """The batch without what it has calculated."""
        return kind(**{field.name: getattr(batch, field.name) for field in fields(Batch)})

    def fast() -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=settings.precision == "bfloat16"):
            losses = losses_of(network, fresh(Batch))
        sum(losses.values()).backward()

    def plainly() -> None:
        sum(losses_of(network, fresh(plain.PlainBatch)).values()).backward()

    return {"plain float32": profiled(plainly, len(order)), "as it is": profiled(fast, len(order))}


def main(name: str) -> None:
    sample = sample_of(name)
    keep_memory()
    with single_threaded():
        measured = {"score": scoring(sample), "train": training_step(sample)}
    rows = [
        {"step": step, "way": way, "operations": kind, "microseconds": round(time, 1)}
        for step, ways in measured.items()
        for way, times in ways.items()
        for kind, time in times.items()
    ]
    with written_whole(Path("metrics") / f"profile_{name}.csv") as aside:
        pd.DataFrame(rows).to_csv(aside, index=False)
    print(pd.DataFrame(rows).pivot(index="operations", columns=["step", "way"], values="microseconds").to_string())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set")
    try:
        main(parser.parse_args().set)
    except InputError as error:
        raise SystemExit(str(error)) from None
