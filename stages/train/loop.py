"""Training: epochs over tubes drawn anew, losses per task, and a checkpoint after each epoch."""

import io
import math
import sys
import time
from pathlib import Path

import numpy as np
import torch

from stages.common.cues.tasks import TASKS
from stages.common.network.network import Network
from stages.common.running.errors import InputError
from stages.common.running.pieces import intact, piece_whole
from stages.train.loader import TubeSet, batches
from stages.train.processes import of_first, own_share, rank, sum_gradients, summed
from stages.train.settings import Train, Tubes

# Tubes in a step.
BATCH = 64
# AdamW's, at its highest; so many steps lead up to it.
LEARNING_RATE, WARMUP_STEPS, WEIGHT_DECAY = 0.001, 50, 0.01


def schedule(step: int, steps: int, warmup: int) -> float:
    """Share of the learning rate at a step: up in a line during `warmup`, then down along a cosine to 0.

    >>> [round(schedule(step, 100, 10), 2) for step in (0, 9, 10, 55, 99)]
    [0.1, 1.0, 1.0, 0.5, 0.0]
    """
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))


def train(
    network: Network, training: TubeSet, held_out: TubeSet, tubes: Tubes, settings: Train, checkpoint: Path
) -> list[dict]:
    """Trains `network` in place; the losses of each epoch as rows: epoch, split, and a column per task.

    Goes on from `checkpoint` where there is one, with the same result as if it had never stopped: what is random in an
    epoch comes from the seed and the epoch's number alone. InputError with the task's name where a loss is not finite.
    """
    device = next(network.parameters()).device
    per_epoch = min(settings.tubes_per_epoch, len(training))
    steps = settings.epochs * math.ceil(per_epoch / BATCH)
    optimizer = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: schedule(s, steps, WARMUP_STEPS))
    parts = {"network": network, "optimizer": optimizer, "scheduler": scheduler}
    done, history = resume(checkpoint, parts)
    for epoch in range(done, settings.epochs):
        start = time.monotonic()
        random = np.random.default_rng([settings.seed, epoch])
        order = random.permutation(len(training))[:per_epoch]
        network.train()
        losses = run_epoch(network, training, order, tubes, settings, random, optimizer, scheduler)
        history.append({"epoch": epoch, "split": "train", **losses})
        network.eval()
        validation = np.random.default_rng([settings.seed, settings.epochs + epoch])
        places = np.linspace(0, len(held_out) - 1, min(len(held_out), max(1, per_epoch // 5))).astype(int)
        with torch.no_grad():
            losses = run_epoch(network, held_out, places, tubes, settings, validation)
        history.append({"epoch": epoch, "split": "held_out", **losses})
        if rank() == 0:
            save_checkpoint(checkpoint, parts, epoch + 1, history)
            report(history[-2:], settings.epochs, per_epoch / (time.monotonic() - start), device)
    return history


def run_epoch(network, data, order, tubes, settings, random, optimizer=None, scheduler=None) -> dict[str, float]:
    """One pass over the tubes at `order`, a training pass where there is an optimizer; mean loss of each task."""
    weights = {task: settings.weights[task] for task in network.architecture.tasks}
    device = next(network.parameters()).device
    sums = dict.fromkeys(weights, 0.0)
    sizes = [min(BATCH, len(order) - start) for start in range(0, len(order), BATCH)]
    changes = (settings.mirror, settings.jitter) if optimizer else (False, False)
    own_batches = batches(data, order, BATCH, tubes, random, network, device, *changes)
    for size, batch in zip(sizes, own_batches, strict=True):
        with torch.autocast(device.type, torch.bfloat16, enabled=settings.precision == "bfloat16"):
            losses = {task: TASKS[task].loss(network, batch) for task in network.architecture.tasks}
        shares = own_share(size) * torch.stack(list(losses.values()))
        for task, value in zip(losses, summed(shares.detach().clone()).tolist(), strict=True):
            if not math.isfinite(value):
                found = f"the loss of {task} is {value}"
                raise InputError(f"{found}; look for broken tubes or vectors, or take another train.seed")
            sums[task] += value * size
        if optimizer:
            optimizer.zero_grad()
            sum(weights[task] * share for task, share in zip(losses, shares, strict=True)).backward()
            sum_gradients(network)
            optimizer.step()
            scheduler.step()
    return {task: round(total / max(1, len(order)), 6) for task, total in sums.items()}


def save_checkpoint(place: Path, parts: dict, epochs: int, history: list[dict]) -> None:
    state = {name: part.state_dict() for name, part in parts.items()}
    # Through memory: of a full disk, torch itself says nothing that tells what is wrong.
    content = io.BytesIO()
    torch.save({**state, "epochs": epochs, "history": history}, content)
    with piece_whole(place) as folder:
        (folder / "checkpoint.pt").write_bytes(content.getbuffer())


def resume(place: Path, parts: dict) -> tuple[int, list[dict]]:
    """Epochs done and their history; the state of all parts is taken from the checkpoint if there is a whole one."""
    file = place / "piece/checkpoint.pt"
    state = of_first(torch.load(file, weights_only=True, map_location="cpu") if intact(place) else None)
    if state is None:
        return 0, []
    for name, part in parts.items():
        part.load_state_dict(state[name])
    if rank() == 0:
        print(f"  going on after epoch {state['epochs']}", file=sys.stderr, flush=True)
    return state["epochs"], state["history"]


def report(rows: list[dict], epochs: int, rate: float, device: torch.device) -> None:
    for row in rows:
        losses = ", ".join(f"{task} {value:.3f}" for task, value in row.items() if task not in ("epoch", "split"))
        print(f"  epoch {row['epoch'] + 1}/{epochs} {row['split']}: {losses}", file=sys.stderr)
    print(f"  {rate:.0f} tubes/s on {device}", file=sys.stderr, flush=True)
