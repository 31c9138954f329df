"""The section `computing`: what networks calculate on. And what in, which each network's own section says."""

from typing import Literal

from stages.common.running.params import settings

Precision = Literal["float32", "bfloat16"]


@settings
class Computing:
    device: Literal["cpu", "cuda"]
