"""The section `tubes`."""

from types import SimpleNamespace
from typing import Annotated

from pydantic import Field, NonNegativeFloat, PositiveInt

from stages.common.running.errors import InputError
from stages.common.running.params import settings


@settings
class Tubes:
    size: Annotated[int, Field(gt=0, multiple_of=16)]  # pixels of a crop's side, which the network halves four times
    context: NonNegativeFloat  # share of its width and height by which a box is widened
    half_length: PositiveInt  # frames before and after the middle, t in the paper
    max_step: Annotated[int, Field(ge=2)]  # frames from one to the next of a tube that skips frames, at most
    train_stride: PositiveInt  # every so many-th frame of a training clip
    most: PositiveInt  # tubes that a network learns from

    @property
    def reach(self) -> int:
        """Frames before and after the middle of the widest tube that skips frames."""
        return self.half_length * self.max_step


def check(every: SimpleNamespace) -> None:
    stride, searched = every.tubes.train_stride, every.detect.every
    if stride % searched:
        found = f"tubes.train_stride is {stride}, and detect.every {searched}: of the frames that are learnt from most"
        raise InputError(f"{found} would not be searched; take a multiple of {searched}")
