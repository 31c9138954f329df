"""The section `decode`."""

from typing import Annotated

from pydantic import Field, PositiveFloat, PositiveInt

from stages.common.frames.settings import Areas
from stages.common.running.params import settings


@settings
class Decode:
    rate: PositiveFloat  # frames of the grid a second
    height: PositiveInt | None  # lines of what is kept at most
    grey: bool
    gate: bool
    areas: Areas
    margin: PositiveFloat  # seconds
    background: PositiveFloat  # seconds
    quality: Annotated[int, Field(ge=1, le=100)]  # of JPEG
