"""The section `footage`."""

from types import SimpleNamespace
from typing import Annotated

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from stages.common.running.errors import InputError
from stages.common.running.params import settings


@settings
class Footage:
    layout: str
    images_fps: PositiveFloat
    start_seconds: NonNegativeFloat
    end_seconds: PositiveFloat | None
    stride: PositiveInt
    normal_clips: list[str]
    normal_share: Annotated[float, Field(gt=0, lt=1)]
    held_out: Annotated[float, Field(ge=0, lt=1)]
    held_out_clips: list[str]
    seed: NonNegativeInt


def check(every: SimpleNamespace) -> None:
    start, end = every.footage.start_seconds, every.footage.end_seconds
    if end is not None and end <= start:
        raise InputError(f"footage.end_seconds is {end:g}; expected more than footage.start_seconds, {start:g}")
