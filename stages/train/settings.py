"""The section `train`."""

from typing import Literal

from stages.common.params import settings


@settings
class Weights:
    """Of each task in the joint loss; 0 leaves it out."""

    arrow: float
    irregularity: float
    middle: float
    distillation: float


@settings
class Train:
    depth: Literal["shallow", "deep"]
    width: Literal["narrow", "wide"]
    weights: Weights
    min_step: int
    max_step: int
    epochs: int
    tubes_per_epoch: int
    batch: int
    learning_rate: float
    warmup_steps: int
    weight_decay: float
    precision: Literal["float32", "bfloat16"]
    seed: int
    threads: int
