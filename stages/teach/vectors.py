"""The teacher's vectors of a clip's tubes."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

from stages.common.network.tubes import middle_of
from stages.common.tables.shards import Shard
from stages.teach.settings import Teach
from stages.teach.teachers import Teacher, onnx_classifier, random_network, torchvision_classifier

AT_ONCE = 256  # tubes in memory


def load_teacher(teach: Teach, weights: Path | None, device: torch.device) -> Teacher:
    if teach.teacher == "torchvision":
        return torchvision_classifier(weights, teach.torchvision, teach.size, device)
    return random_network(seed=0) if teach.teacher == "random" else onnx_classifier(weights, teach.size)


def teach_clip(shard: Path, count: int, teach: Teach, weights: Path | None, device: torch.device, folder: Path) -> None:
    """Writes `vectors.npy` into `folder`: float16 (count, features), of the middle crops of so many first tubes."""
    tubes = Shard(shard)
    # Copies, for a part of an array would keep the whole in memory.
    bounds = [*range(0, max(1, count), AT_ONCE), count]
    parts = [middle_of(tubes[start:stop]).copy() for start, stop in pairwise(bounds)]
    vectors = load_teacher(teach, weights, device)(np.concatenate(parts))
    np.save(folder / "vectors.npy", vectors.astype(np.float16))
