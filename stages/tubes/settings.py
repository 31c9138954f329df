"""The section `tubes`."""

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt

from stages.common.running.params import settings


@settings
class Tubes:
    size: PositiveInt  # pixels of a crop's side
    context: NonNegativeFloat  # share of its width and height by which a box is widened
    half_length: PositiveInt  # frames before and after the middle, t in the paper
    reach: NonNegativeInt  # the same for normal clips, from which irregular tubes skip frames
    train_stride: PositiveInt  # every so many-th frame of a training clip
