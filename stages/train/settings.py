"""The section `train`."""

from typing import Literal

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from stages.common.computing.precision import Wanted
from stages.common.running.params import settings


@settings
class Train:
    depth: Literal["shallow", "deep"]
    width: Literal["narrow", "wide"]
    weights: dict[str, NonNegativeFloat]
    min_step: int
    max_step: int
    mirror: bool
    jitter: bool
    epochs: NonNegativeInt
    keep: Literal["last", "best"]
    tubes_per_epoch: PositiveInt
    batch: PositiveInt
    learning_rate: PositiveFloat
    warmup_steps: NonNegativeInt
    weight_decay: NonNegativeFloat
    precision: Wanted
    seed: NonNegativeInt
    threads: PositiveInt
