"""The section `fuse`, and what of `tubes` the fusion needs."""

from types import SimpleNamespace
from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveInt

from stages.common import cues
from stages.common.cues import tasks
from stages.common.cues.tasks.found import names_in
from stages.common.running.errors import InputError
from stages.common.running.params import settings


@settings
class Fuse:
    method: Literal["zscore", "tail", "mean"]
    tail_share: Annotated[float, Field(gt=0, le=0.5)]
    weights: dict[str, NonNegativeFloat]
    min_height: NonNegativeFloat
    edge_margin: NonNegativeFloat
    track_seconds: NonNegativeFloat
    map_filter: PositiveInt
    frame_seconds: NonNegativeFloat


@settings
class Tubes:
    half_length: PositiveInt


def check(every: SimpleNamespace) -> None:
    fuse, learnt = every.fuse, names_in(tasks.__path__)
    known = [*learnt, *names_in(cues.__path__)]
    weighed = [cue for cue, weight in fuse.weights.items() if weight > 0]
    unknown = [name for name in fuse.weights if name not in known]
    if unknown:
        raise InputError(f"fuse.weights: {unknown[0]!r} is no cue; expected some of {known}")
    if not weighed:
        raise InputError("fuse.weights: all are 0; raise one")
    besides = [cue for cue in weighed if cue not in learnt]
    if fuse.method == "mean" and besides:
        raise InputError(f"fuse.weights: {besides[0]} has no place in method mean; set it to 0")
