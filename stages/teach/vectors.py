"""The teacher's vectors of a clip's tubes."""

from pathlib import Path

import numpy as np
import torch

from stages.common.network.tubes import middle_of
from stages.common.tables.arrays import map_array
from stages.teach.settings import Teach
from stages.teach.teachers import Teacher, onnx_classifier, random_resnet, torchvision_classifier


def load_teacher(teach: Teach, weights: Path | None, device: torch.device) -> Teacher:
    if teach.teacher == "torchvision":
        return torchvision_classifier(weights, teach.torchvision, teach.size, device)
    return random_resnet(seed=0) if teach.teacher == "random" else onnx_classifier(weights, teach.size)


def teach_clip(shard: Path, teach: Teach, weights: Path | None, device: torch.device, folder: Path) -> None:
    """Writes `vectors.npy` into `folder`: float16 (objects, features), of the middle crop of each tube."""
    vectors = load_teacher(teach, weights, device)(np.array(middle_of(map_array(shard))))
    np.save(folder / "vectors.npy", vectors.astype(np.float16))
