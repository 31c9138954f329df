"""A drawn network, and objects for it to score."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from stages.common.network.network import Architecture, Network
from stages.common.tables.json_files import save_json

HALF, REACH, SIDE, FEATURES = 2, 6, 16, 5
TASKS = ("arrow", "irregularity", "middle", "distillation")


def drawn_network(
    channels: int = 1, classes: int = 3, depth: str = "shallow", tasks: tuple = TASKS, seed: int = 0
) -> Network:
    torch.manual_seed(seed)
    network = Network(Architecture(depth, "narrow", SIDE, channels, classes, FEATURES, tasks))
    network.teacher_mean.normal_()
    network.teacher_deviation.uniform_(0.5, 2)
    return network.eval()


def save_network(network: Network, folder: Path, fold: int = 0) -> dict:
    """As `train` leaves the one that a fold is held out from; its card."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({k: v.contiguous() for k, v in network.state_dict().items()}, folder / f"{fold}.safetensors")
    card = {"architecture": asdict(network.architecture), "half_length": HALF, "mirror": True}
    save_json(folder / "model.json", card)
    return card


def objects(count: int, channels: int = 1, classes: int = 3, frames: int = 2 * HALF + 1, seed: int = 0) -> tuple:
    """Tubes, class scores and teacher's vectors of `count` objects."""
    random = np.random.default_rng(seed)
    tubes = random.integers(0, 256, (count, frames, SIDE, SIDE, channels), dtype=np.uint8)
    return tubes, random.random((count, classes), np.float32), random.normal(size=(count, FEATURES)).astype(np.float32)
