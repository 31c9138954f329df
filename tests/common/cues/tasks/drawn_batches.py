"""A drawn network and a drawn batch, for the tests of each proxy task."""

from dataclasses import replace

import torch

from stages.common.cues.tasks import TASKS
from stages.common.network.network import Architecture, Batch, Network

HALF, FRAMES, SIDE = 2, 5, 16


def drawn_batch(classes: int = 3, seed: int = 0) -> Batch:
    """Three tubes of five frames of 16 pixels, pictures that are none of these, class scores, vectors of 4 numbers."""
    torch.manual_seed(seed)
    network = Network(Architecture("shallow", "narrow", SIDE, 1, classes, 4, tuple(TASKS))).eval()
    regular, irregular = torch.rand(2, 3, 1, FRAMES, SIDE, SIDE)
    return Batch(network, regular, irregular, torch.rand(3, 1, SIDE, SIDE), torch.rand(3, classes), torch.randn(3, 4))


def changed_frames(batch: Batch, frames: list[int]) -> Batch:
    regular = batch.regular.clone()
    regular[:, :, frames] = torch.rand_like(regular[:, :, frames])
    return replace(batch, regular=regular)
