"""The section `tubes`."""

from stages.common.params import settings


@settings
class Tubes:
    size: int  # pixels of a crop's side
    context: float  # share of its width and height by which a box is widened
    half_length: int  # frames before and after the middle, t in the paper
    reach: int  # the same for normal clips, from which irregular tubes skip frames
    train_stride: int  # every so many frames of a training clip
