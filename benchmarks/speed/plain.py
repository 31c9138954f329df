"""What the fast paths are measured against: the same network and tasks by the plainest calls in float32, and a file for
each object, as public code of this field has them."""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stages.common.network.network import Network, Trunk
from stages.train.losses import CLASS_SCALE, two_way_loss


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


def plain_answers(network: Network, tubes: Tensor) -> dict[str, Tensor]:
    """What each head says of tubes (N, channels, time, side, side), each task with a pass of its own."""
    middle = tubes.shape[2] // 2
    rest = torch.cat([tubes[:, :, :middle], tubes[:, :, middle + 1 :]], 2)
    return {
        "arrow": network.arrow(plain_trunk(network.trunk, tubes)),
        "irregularity": network.irregularity(plain_trunk(network.trunk, tubes)),
        "middle": network.middle_head(plain_unpooled(network.trunk, rest)),
        "distillation": network.distillation_head(plain_trunk(network.trunk, tubes[:, :, [middle]])),
    }


def plain_losses(
    network: Network, regular: Tensor, irregular: Tensor, class_scores: Tensor, teacher: Tensor
) -> dict[str, Tensor]:
    """`task_losses` of all four tasks, each with passes of its own."""
    found, classes = plain_answers(network, regular), class_scores.shape[1]
    backward = network.arrow(plain_trunk(network.trunk, regular.flip(2)))
    skipped = network.irregularity(plain_trunk(network.trunk, irregular))
    distillation = F.l1_loss(found["distillation"][:, classes:], teacher)
    if classes:
        seen = class_scores.any(1, keepdim=True)
        difference = ((found["distillation"][:, :classes] - class_scores).abs() * seen).mean()
        distillation = distillation + CLASS_SCALE * difference
    return {
        "arrow": two_way_loss(found["arrow"], backward),
        "irregularity": two_way_loss(found["irregularity"], skipped),
        "middle": F.l1_loss(found["middle"], regular[:, :, regular.shape[2] // 2]),
        "distillation": distillation,
    }


def write_files(tubes: np.ndarray, folder: Path) -> list[Path]:
    """A `.npy` of float32 in 0 to 1 for each of the tubes, uint8 (N, frames, side, side, channels)."""
    files = [folder / f"{index:06}.npy" for index in range(len(tubes))]
    for file, tube in zip(files, tubes, strict=True):
        np.save(file, tube.astype(np.float32) / 255)
    return files


def read_files(files: list[Path], places: np.ndarray) -> Tensor:
    """The tubes in files as the network takes them: float32 (N, channels, frames, side, side)."""
    return torch.from_numpy(np.stack([np.load(files[place]) for place in places])).permute(0, 4, 1, 2, 3).contiguous()
