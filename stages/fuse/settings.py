"""The section `fuse`."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt

from stages.common.running.params import settings


@settings
class Fuse:
    method: Literal["zscore", "tail", "mean"]
    tail_share: Annotated[float, Field(gt=0, le=0.5)]
    weights: dict[str, NonNegativeFloat]
    min_height: NonNegativeFloat
    edge_margin: NonNegativeFloat
    clip_margin: NonNegativeInt
    track_sigma: NonNegativeFloat
    map_cell: PositiveInt
    map_filter: PositiveInt
    frame_sigma: NonNegativeFloat
