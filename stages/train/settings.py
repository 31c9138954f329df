"""The section `train`, and what of `tubes` the training needs."""

from types import SimpleNamespace
from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt

from stages.common.computing.settings import Precision
from stages.common.cues import tasks
from stages.common.cues.tasks.found import names_in
from stages.common.running.errors import InputError
from stages.common.running.params import settings


@settings
class Train:
    depth: Literal["shallow", "deep"]
    width: Literal["narrow", "wide"]
    weights: dict[str, NonNegativeFloat]
    mirror: bool
    jitter: bool
    epochs: NonNegativeInt
    tubes_per_epoch: PositiveInt
    precision: Precision
    seed: NonNegativeInt
    threads: PositiveInt


@settings
class Tubes:
    size: PositiveInt
    half_length: PositiveInt
    max_step: Annotated[int, Field(ge=2)]


def check(every: SimpleNamespace) -> None:
    weights, known = every.train.weights, names_in(tasks.__path__)
    unknown = [name for name in weights if name not in known]
    if unknown:
        raise InputError(f"train.weights: {unknown[0]!r} is no proxy task; expected some of {known}")
    if not any(weights.values()):
        raise InputError("train.weights: all are 0; raise one")
