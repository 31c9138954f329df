"""The shared 3D CNN and a head per proxy task (paper, section 3.2 and figure 1)."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

from stages.common.cues.tasks import TASKS
from stages.common.cues.tasks.heads import Picture
from stages.common.network.pooling import pool_norm_relu

FILTERS = {"narrow": (16, 32, 32), "wide": (32, 64, 64)}
CONVOLUTIONS = {"shallow": 1, "deep": 2}
HEAD_FILTERS = 32
GROUPS = 4


@dataclass(frozen=True)
class Architecture:
    """All that is needed to build the network again."""

    depth: str  # shallow or deep
    width: str  # narrow or wide
    size: int  # pixels of a crop's side, a multiple of 16
    channels: int  # 1 (grey) or 3
    classes: int  # length of the detector's class scores, 0 where it has none
    features: int  # length of the teacher's vector
    tasks: tuple[str, ...]  # names of the proxy tasks that have a head, in the order of TASKS


def channels_last(inputs: Tensor) -> Tensor:
    """Tubes (N, channels, time, side, side) or pictures with their channels last in memory.

    Processors convolve and pool fastest in that layout (1.4 to 1.7 times the speed of training). Of a single channel
    only its stride tells the layout; `contiguous` with a memory format would leave that, and answers come in the other.
    """
    last = inputs.movedim(1, -1).contiguous()
    if last.shape[-1] == 1:
        last = last.squeeze(-1).unsqueeze(-1)
    return last.movedim(-1, 1)


class Trunk(nn.Module):
    """3x3x3 convolutions in three blocks, each halving the picture; then the maximum over time.

    GroupNorm, not BatchNorm: the trunk sees several kinds of tube, and statistics of a batch of one kind tell which
    kind it is. Pooling comes before the norm, where there is a quarter of the numbers to normalise.
    """

    def __init__(self, channels: int, filters: tuple[int, ...], convolutions: int):
        super().__init__()
        self.convolutions, self.norms = nn.ModuleList(), nn.ModuleList()
        self.pools: list[bool] = []
        for width in filters:
            for index in range(convolutions):
                self.convolutions.append(nn.Conv3d(channels, width, 3, padding=1))
                self.norms.append(nn.GroupNorm(GROUPS, width))
                self.pools.append(index == convolutions - 1)
                channels = width

    def forward(self, tubes: Tensor) -> Tensor:
        """(N, channels, time, side, side) to (N, filters, side / 8, side / 8)."""
        return pool_norm_relu(self.last_convolved(tubes), self.norms[-1]).amax(2)

    def unpooled(self, tubes: Tensor) -> Tensor:
        """The same without the last pooling, and the maximum over time before the norm: (N, filters, side / 4, ...)."""
        return F.relu(self.norms[-1](self.last_convolved(tubes).amax(2)), inplace=True)

    def last_convolved(self, tubes: Tensor) -> Tensor:
        """What the last convolution makes of tubes: (N, filters, time, side / 4, side / 4)."""
        tubes = channels_last(tubes)
        for convolution, norm, pool in zip(self.convolutions[:-1], self.norms[:-1], self.pools[:-1], strict=True):
            tubes = convolution(tubes)
            tubes = pool_norm_relu(tubes, norm) if pool else F.relu(norm(tubes), inplace=True)
        return self.convolutions[-1](tubes)

    def of_pictures(self, pictures: Tensor) -> Tensor:
        """(N, channels, side, side) as tubes of one frame: of each kernel only the middle slice meets a picture."""
        pictures = channels_last(pictures)
        for convolution, norm, pool in zip(self.convolutions, self.norms, self.pools, strict=True):
            pictures = F.conv2d(pictures, convolution.weight[:, :, 1], convolution.bias, padding=1)
            if pool:
                pictures = pool_norm_relu(pictures.unsqueeze(2), norm).squeeze(2)
            else:
                pictures = F.relu(norm(pictures), inplace=True)
        return pictures


class VectorHead(nn.Module):
    """A convolution, a 2x2 maximum and a fully connected layer: (N, filters, s, s) to (N, outputs)."""

    def __init__(self, filters: int, side: int, outputs: int):
        super().__init__()
        self.convolution = nn.Conv2d(filters, HEAD_FILTERS, 3, padding=1)
        self.linear = nn.Linear(HEAD_FILTERS * (side // 2) ** 2, outputs)

    def forward(self, features: Tensor) -> Tensor:
        return self.linear(F.max_pool2d(F.relu(self.convolution(features), inplace=True), 2).flatten(1))


class PictureHead(nn.Module):
    """Convolved, and twice enlarged and convolved: (N, filters, s, s) to (N, channels, 4 s, 4 s)."""

    def __init__(self, filters: int, channels: int):
        super().__init__()
        widths = [filters, HEAD_FILTERS, HEAD_FILTERS // 2, HEAD_FILTERS // 2]
        self.convolutions = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise(widths))
        self.last = nn.Conv2d(widths[-1], channels, 3, padding=1)

    def forward(self, features: Tensor) -> Tensor:
        for index, convolution in enumerate(self.convolutions):
            if index:
                features = F.interpolate(features, scale_factor=2, mode="nearest")
            features = F.relu(convolution(features), inplace=True)
        return self.last(features)


class Network(nn.Module):
    """Trunk and heads. Tubes and pictures come as float32 in 0 to 1."""

    def __init__(self, architecture: Architecture):
        super().__init__()
        self.architecture = architecture
        filters = FILTERS[architecture.width]
        self.trunk = Trunk(architecture.channels, filters, CONVOLUTIONS[architecture.depth])
        side = architecture.size // 8
        self.heads = nn.ModuleDict()
        for name in architecture.tasks:
            head = TASKS[name].head(architecture)
            if isinstance(head, Picture):
                self.heads[name] = PictureHead(filters[-1], architecture.channels)
            else:
                self.heads[name] = VectorHead(filters[-1], side, head.outputs)
        # The teacher's vector is learnt as deviations from its mean over the training tubes.
        self.register_buffer("teacher_mean", torch.zeros(architecture.features))
        self.register_buffer("teacher_deviation", torch.ones(architecture.features))

    def standardised(self, vectors: Tensor) -> Tensor:
        """Teacher's vectors (N, features) as the network learns them."""
        return (vectors - self.teacher_mean) / self.teacher_deviation

    @staticmethod
    def two_way(normal: Tensor, changed: Tensor) -> Tensor:
        """Cross-entropy of logits (N, 2) that should say 0 for `normal` and 1 for `changed`."""
        zeros = torch.zeros(len(normal), dtype=torch.long, device=normal.device)
        return (F.cross_entropy(normal, zeros) + F.cross_entropy(changed, zeros + 1)) / 2


@dataclass
class Batch:
    """What the network sees of a batch of tubes, float32 in 0 to 1; what it makes of them is calculated when asked for.

    The pictures are the tubes' middle crops as the teachers saw them, never mirrored or jittered.
    """

    network: Network
    regular: Tensor  # consecutive frames (N, channels, frames, side, side)
    irregular: Tensor | None  # skipped frames, likewise; None where nothing is learnt
    pictures: Tensor  # (N, channels, side, side)
    class_scores: Tensor  # (N, classes)
    teacher: Tensor | None  # standardised vectors (N, features); None where none are compared

    @cached_property
    def forward(self) -> Tensor:
        """The trunk's maps of the tubes as they are."""
        return self.network.trunk(self.regular)

    @cached_property
    def backward(self) -> Tensor:
        """Of the tubes played backwards."""
        return self.network.trunk(self.regular.flip(2))

    @cached_property
    def skipping(self) -> Tensor:
        """Of the tubes that skip frames."""
        return self.network.trunk(self.irregular)

    @cached_property
    def without_middle(self) -> Tensor:
        """Of the tubes without their middle frame, not pooled at the end."""
        middle = self.regular.shape[2] // 2
        around = self.regular[:, :, :middle], self.regular[:, :, middle + 1 :]
        return self.network.trunk.unpooled(torch.cat(around, 2))

    @property
    def middle(self) -> Tensor:
        """The frame that they then lack (N, channels, side, side)."""
        return self.regular[:, :, self.regular.shape[2] // 2]

    @cached_property
    def looks(self) -> Tensor:
        """Of the pictures."""
        return self.network.trunk.of_pictures(self.pictures)


def to_network(tubes: np.ndarray, device: torch.device) -> torch.Tensor:
    """Tubes uint8 (N, frames, side, side, channels) as the network takes them: (N, channels, frames, ...), 0 to 1."""
    return torch.from_numpy(tubes).to(device).permute(0, 4, 1, 2, 3).float().div_(255)


def pictures_to_network(pictures: np.ndarray, device: torch.device) -> torch.Tensor:
    """Pictures uint8 (N, side, side, channels) as the network takes them: (N, channels, side, side), 0 to 1."""
    return to_network(pictures[:, None], device)[:, :, 0]


def load_network(file: Path, card: dict) -> Network:
    """The network of a file of its weights (safetensors), built by its card (an Architecture), in evaluation mode."""
    network = Network(Architecture(**{**card, "tasks": tuple(card["tasks"])}))
    network.load_state_dict(load_file(file))
    return network.eval()
