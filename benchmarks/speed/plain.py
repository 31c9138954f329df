"""What the fast paths are measured against: the same network and tasks by the plainest calls in float32, and a file for
each object, as public code of this field has them."""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stages.common.cues.tasks import TASKS
from stages.common.network.network import Batch, Network, Trunk, pictures_to_network, to_network
from stages.common.network.tubes import middle_of

CPU = torch.device("cpu")


def plain_pooling(tubes: Tensor, norm: nn.GroupNorm) -> Tensor:
    """`pool_norm_relu` in three operations."""
    return F.relu(norm(F.max_pool3d(tubes, (1, 2, 2))))


def plain_trunk(trunk: Trunk, tubes: Tensor) -> Tensor:
    """`Trunk.forward`, 3D throughout: (N, channels, time, side, side) to (N, filters, side / 8, side / 8)."""
    return plain_pooling(plain_last_convolved(trunk, tubes), trunk.norms[-1]).amax(2)


def plain_unpooled(trunk: Trunk, tubes: Tensor) -> Tensor:
    return F.relu(trunk.norms[-1](plain_last_convolved(trunk, tubes).amax(2)))


def plain_last_convolved(trunk: Trunk, tubes: Tensor) -> Tensor:
    for convolution, norm, pool in zip(trunk.convolutions[:-1], trunk.norms[:-1], trunk.pools[:-1], strict=True):
        tubes = convolution(tubes)
        tubes = plain_pooling(tubes, norm) if pool else F.relu(norm(tubes))
    return trunk.convolutions[-1](tubes)


class PlainBatch(Batch):
    """A batch of which nothing is kept that a second task could use: each has passes of its own."""

    @property
    def forward(self) -> Tensor:
        return plain_trunk(self.network.trunk, self.regular)

    @property
    def backward(self) -> Tensor:
        return plain_trunk(self.network.trunk, self.regular.flip(2))

    @property
    def skipping(self) -> Tensor:
        return plain_trunk(self.network.trunk, self.irregular)

    @property
    def without_middle(self) -> Tensor:
        middle = self.regular.shape[2] // 2
        rest = torch.cat([self.regular[:, :, :middle], self.regular[:, :, middle + 1 :]], 2)
        return plain_unpooled(self.network.trunk, rest)

    @property
    def looks(self) -> Tensor:
        return plain_trunk(self.network.trunk, self.pictures.unsqueeze(2))


@torch.inference_mode()
def plain_scores(network: Network, tubes: np.ndarray, class_scores: np.ndarray) -> dict[str, Tensor]:
    """By task, the scores of tubes as `score_tubes` takes them, each with a pass of its own."""
    regular, pictures = to_network(tubes, CPU), pictures_to_network(middle_of(tubes), CPU)
    batch = PlainBatch(network, regular, None, pictures, torch.from_numpy(class_scores), None)
    return {task: TASKS[task].score(network, batch) for task in network.architecture.tasks}


def write_files(tubes: np.ndarray, folder: Path) -> list[Path]:
    """A `.npy` of float32 in 0 to 1 for each of the tubes, uint8 (N, frames, side, side, channels)."""
    files = [folder / f"{index:06}.npy" for index in range(len(tubes))]
    for file, tube in zip(files, tubes, strict=True):
        np.save(file, tube.astype(np.float32) / 255)
    return files


def read_files(files: list[Path], places: np.ndarray) -> Tensor:
    """The tubes in files as the network takes them: float32 (N, channels, frames, side, side)."""
    return torch.from_numpy(np.stack([np.load(files[place]) for place in places])).permute(0, 4, 1, 2, 3).contiguous()
