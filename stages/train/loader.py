"""Batches of tubes from the shards."""

import functools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from stages.common.network.network import Batch, Network, pictures_to_network, to_network
from stages.common.network.tubes import irregular_offsets, middle_of, regular_offsets, take_offsets
from stages.common.tables.shards import Shard
from stages.train.augment import draw_jitter, jittered
from stages.train.processes import own_part
from stages.train.settings import Tubes

# Clips of which it is kept in memory where their tubes lie, and their vectors.
KEPT = 128


class TubeSet:
    """Tubes, class scores, float32 (rows, classes), and teacher's vectors, by their place in a table (TUBES)."""

    def __init__(self, table: pd.DataFrame, class_scores: np.ndarray, tubes: Path, teacher: Path):
        self.open = {
            "tubes": functools.lru_cache(KEPT)(lambda video: Shard(tubes / f"{video}.tubes")),
            "teacher": functools.lru_cache(KEPT)(lambda video: np.load(teacher / f"{video}.npy")),
        }
        self.class_scores = class_scores
        self.video, self.row = table["video"].to_numpy(), table["row"].to_numpy()

    def __len__(self) -> int:
        return len(self.row)

    def gather(self, what: str, places: np.ndarray) -> np.ndarray:
        """Rows of the shards of `what`, tubes or teacher, at `places` of the table (one at least), in that order."""
        videos, which = np.unique(self.video[places], return_inverse=True)
        shards = map(self.open[what], videos)
        by_video = np.concatenate([shard[self.row[places[which == number]]] for number, shard in enumerate(shards)])
        gathered = np.empty_like(by_video)
        gathered[np.argsort(which, kind="stable")] = by_video
        return gathered

    def tubes(self, places: np.ndarray) -> np.ndarray:
        """Wide tubes, uint8 (N, 2 reach + 1, side, side, channels)."""
        return self.gather("tubes", places)

    def teacher(self, places: np.ndarray) -> np.ndarray:
        """The teacher's vectors, float32 (N, features)."""
        return self.gather("teacher", places).astype(np.float32)


def batches(
    data: TubeSet,
    order: np.ndarray,
    size: int,
    lengths: Tubes,
    random: np.random.Generator,
    network: Network,
    device: torch.device,
    mirror: bool = False,
    jitter: bool = False,
) -> Iterator[Batch]:
    """The tubes at `order` of the table in batches of up to `size`, each with a freshly drawn irregular twin.

    Where several processes train, of each batch this one's part; what is drawn is drawn for the whole. With `mirror`
    each tube comes mirrored, left for right, as often as not, with `jitter` shifted, lighter or darker (augment.py);
    only the picture that its teachers saw stays as it is.
    """
    for start in range(0, len(order), size):
        whole = order[start : start + size]
        own = own_part(len(whole))
        places, skipped = whole[own], irregular_offsets(lengths.half_length, lengths.max_step, len(whole), random)[own]
        tubes = data.tubes(places)
        pictures = pictures_to_network(middle_of(tubes), device)
        if mirror:
            mirrored = (random.random(len(whole)) < 0.5)[own]
            tubes[mirrored] = tubes[mirrored, :, :, ::-1]
        if jitter:
            tubes = jittered(tubes, draw_jitter(len(whole), tubes.shape[2], random).part(own))
        yield Batch(
            network,
            regular=to_network(take_offsets(tubes, regular_offsets(lengths.half_length)), device),
            irregular=to_network(take_offsets(tubes, skipped), device),
            pictures=pictures,
            class_scores=torch.from_numpy(data.class_scores[places]).to(device),
            teacher=network.standardised(torch.from_numpy(data.teacher(places)).to(device)),
        )
