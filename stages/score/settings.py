"""The section `score`, and what of `teach` the scores need."""

from typing import Literal

from pydantic import PositiveInt

from stages.common.computing.settings import Precision
from stages.common.running.params import settings


@settings
class Score:
    precision: Precision
    batch: PositiveInt


@settings
class Teach:
    compared: Literal["detector", "classifier"]
