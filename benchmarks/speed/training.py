"""Training: the pipeline's own loop beside the plainest one, each in a process of its own: what the one keeps of its
memory would be at hand to the other.
"""

import functools
import json
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import torch

from benchmarks.speed import plain
from benchmarks.speed.machine import operations
from benchmarks.speed.rows import limited, row
from benchmarks.speed.sample import Sample, paired
from stages.common.cues.tasks import TASKS
from stages.common.network.network import (
    Batch,
    Network,
    channels_last,
    load_network,
    to_network,
)
from stages.common.network.pooling import pool_norm_relu
from stages.common.network.tubes import irregular_offsets, regular_offsets, take_offsets
from stages.common.running.params import load
from stages.train.loader import TubeSet, batches
from stages.train.loop import BATCH, run_epoch
from stages.train.memory import keep_memory
from stages.train.settings import Train
from stages.tubes.settings import Tubes

CPU = torch.device("cpu")
# Objects in a measurement.
TRAINED = 1536


def training(sample: Sample) -> tuple[Network, TubeSet, Train, Tubes]:
    card = json.loads((sample.paths.network / "model.json").read_text())
    network = load_network(sample.paths.network, card["architecture"])
    return network, sample.tube_set(), load("train", Train, sample.name), load("tubes", Tubes, sample.name)


def losses_of(network: Network, batch: Batch) -> dict[str, torch.Tensor]:
    return {task: TASKS[task].loss(network, batch) for task in network.architecture.tasks}


def pooling(sample: Sample, folder: Path) -> Iterator[dict]:
    """What follows the first convolution of a batch, there and back."""
    network, data, settings, cut = training(sample)
    places = np.random.default_rng(0).permutation(len(data))[:BATCH]
    tubes = to_network(take_offsets(data.tubes(places), regular_offsets(cut.half_length)), CPU)
    convolution, norm = network.trunk.convolutions[0], network.trunk.norms[0]
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=settings.precision == "bfloat16"):
        convolved = convolution(channels_last(tubes))
    convolved.requires_grad_()

    def there_and_back(function: Callable) -> None:
        answer = function(convolved, norm)
        answer.backward(answer.detach())

    times = paired(lambda: there_and_back(pool_norm_relu), lambda: there_and_back(plain.plain_pooling), rounds=9)
    yield row("pool, norm, ReLU", "objects", len(places), times, "three operations")


def train(sample: Sample, folder: Path) -> Iterator[dict]:
    """Steps of training, reading and all, on all threads; of the tasks with weight 1."""
    network, data, settings, cut = training(sample)
    network.train()
    order = np.random.default_rng(0).permutation(len(data))[:TRAINED]
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-6)
    still = torch.optim.lr_scheduler.ConstantLR(optimizer, 1.0)
    draw = np.random.default_rng(0)
    here, there = get_context("spawn").Pipe()
    files = plain.write_files(data.tubes(order), folder)
    other = get_context("spawn").Process(target=plain_training, args=(sample, files, order, there))
    other.start()
    there.close()  # so that the end of the other process ends the wait for its answer

    def plain_pass() -> None:
        here.send("go")
        here.recv()

    keep_memory()
    try:
        passes = functools.partial(run_epoch, network, data, order, cut, settings, draw, optimizer, still)
        times = paired(passes, plain_pass, rounds=5)
    finally:
        here.close()
        other.join()
    batch = next(batches(data, order, BATCH, cut, draw, network, CPU))
    each = operations(lambda: sum(losses_of(network, batch).values()).backward())
    yield limited(row("train", "objects", TRAINED, times, "plain float32"), each / BATCH, settings.precision)


def plain_training(sample: Sample, files: list[Path], order: np.ndarray, connection: Connection) -> None:
    """A pass over the files of the tubes at `order` for each message, which it answers, until the other end closes."""
    network, data, _, cut = training(sample)
    network.train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-6)
    half, reach, draw = cut.half_length, cut.reach, np.random.default_rng(0)
    while asked(connection):
        for start in range(0, len(files), BATCH):
            part = np.arange(start, min(start + BATCH, len(files)))
            wide = plain.read_files(files, part)
            skipped = irregular_offsets(half, cut.max_step, len(part), draw) + reach
            irregular = torch.stack([tube[:, offsets] for tube, offsets in zip(wide, skipped, strict=True)])
            batch = plain.PlainBatch(
                network,
                regular=wide[:, :, reach - half : reach + half + 1],
                irregular=irregular,
                pictures=wide[:, :, reach],
                class_scores=torch.from_numpy(data.class_scores[order[part]]),
                teacher=network.standardised(torch.from_numpy(data.teacher(order[part]))),
            )
            losses = losses_of(network, batch)
            optimizer.zero_grad()
            sum(losses.values()).backward()
            optimizer.step()
        connection.send("done")


def asked(connection: Connection) -> bool:
    """Whether a message comes before the other end closes."""
    try:
        connection.recv()
    except EOFError:
        return False
    return True
