"""The joint loss (paper, section 3.3): a term per proxy task, each a mean over the batch."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from stages.common.network.network import Network

# Class scores are mostly near 0: their mean difference is far below that of the standardised vector. The factor brings
# both parts of the distillation to a comparable size; it is the same for every set.
CLASS_SCALE = 20.0


@dataclass(frozen=True)
class Batch:
    """Network inputs of one batch; tubes float (N, channels, frames, side, side) in 0 to 1.

    Attributes:
        regular: consecutive frames.
        irregular: skipped frames.
        pictures: the middle crops (N, channels, side, side) as the teachers saw them, never mirrored or jittered.
        class_scores: (N, classes).
        teacher: standardised vectors (N, features).
    """

    regular: Tensor
    irregular: Tensor
    pictures: Tensor
    class_scores: Tensor
    teacher: Tensor


def task_losses(network: Network, batch: Batch, tasks: set[str]) -> dict[str, Tensor]:
    """The loss of each task in `tasks`.

    Regular tubes serve two tasks at once: as forward against their own reversal, and as regular against irregular.
    """
    losses = {}
    forward = network.trunk(batch.regular) if tasks & {"arrow", "irregularity"} else None
    if "arrow" in tasks:
        backward = network.trunk(batch.regular.flip(2))
        losses["arrow"] = two_way_loss(network.arrow(forward), network.arrow(backward))
    if "irregularity" in tasks:
        irregular = network.trunk(batch.irregular)
        losses["irregularity"] = two_way_loss(network.irregularity(forward), network.irregularity(irregular))
    if "middle" in tasks:
        middle = batch.regular.shape[2] // 2
        rest = torch.cat([batch.regular[:, :, :middle], batch.regular[:, :, middle + 1 :]], 2)
        losses["middle"] = F.l1_loss(network.middle(rest), batch.regular[:, :, middle])
    if "distillation" in tasks:
        classes, features = network.distillation(batch.pictures)
        losses["distillation"] = F.l1_loss(features, batch.teacher)
        if classes.shape[1]:
            # Another source found the rest: that the detector missed it says nothing about its class.
            seen = batch.class_scores.any(1, keepdim=True)
            difference = ((classes - batch.class_scores).abs() * seen).mean()
            losses["distillation"] = losses["distillation"] + CLASS_SCALE * difference
    return losses


def two_way_loss(normal: Tensor, changed: Tensor) -> Tensor:
    """Cross-entropy of logits (N, 2) that should say 0 for `normal` and 1 for `changed`."""
    zeros = torch.zeros(len(normal), dtype=torch.long, device=normal.device)
    return (F.cross_entropy(normal, zeros) + F.cross_entropy(changed, zeros + 1)) / 2
