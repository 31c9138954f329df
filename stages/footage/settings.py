"""The section `footage`."""

from types import SimpleNamespace
from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from stages.common.running.errors import InputError
from stages.common.running.params import settings


@settings
class Footage:
    layout: str
    fps: PositiveFloat | None
    images_fps: PositiveFloat
    unreadable: Literal["skip", "stop"]
    start_seconds: NonNegativeFloat
    end_seconds: PositiveFloat | None
    clip_minutes: PositiveFloat
    normal: list[str]
    normal_share: Annotated[float, Field(gt=0, lt=1)]
    folds: PositiveInt
    held_out: Annotated[float, Field(ge=0, lt=1)]
    held_out_clips: list[str]
    seed: NonNegativeInt


@settings
class Grid:
    """What the section `decode` says of the frames that there are to be."""

    rate: PositiveFloat
    height: PositiveInt | None


def check(every: SimpleNamespace) -> None:
    start, end = every.footage.start_seconds, every.footage.end_seconds
    if end is not None and end <= start:
        raise InputError(f"footage.end_seconds is {end:g}; expected more than footage.start_seconds, {start:g}")
