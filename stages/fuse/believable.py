"""Which objects a score is believed of."""

from typing import NamedTuple

import pandas as pd

from stages.common.tables.schemas import BOX
from stages.fuse.settings import Fuse


class Clips(NamedTuple):
    """The clips of a set, and at how many frames from their start and end tubes repeat the first or last frame."""

    videos: pd.DataFrame  # VIDEOS
    searched: pd.DataFrame  # SEARCHED
    ends: int


def believable(objects: pd.DataFrame, clips: Clips, fuse: Fuse) -> pd.DataFrame:
    """The objects (video, frame and BOX) that show what they are meant to, and whether the picture's edge cuts them.

    On normal footage most of the highest scores come from boxes of a few pixels and from tubes that repeat a clip's
    first or last frame, neither of which says anything about what is seen, and from boxes that the picture's edge cuts,
    which do say something if they are compared with their like: these have True in the column `cut` that is added.
    """
    clip = clips.videos.set_index("video").loc[objects["video"]]
    frames, width, height = (clip[column].to_numpy() for column in ("frames", "width", "height"))
    frame, (x1, y1, x2, y2) = objects["frame"].to_numpy(), objects[BOX].to_numpy().T
    high = y2 - y1 >= fuse.min_height
    whole = (frame >= clips.ends) & (frame < frames - clips.ends)
    margin = fuse.edge_margin
    uncut = (x1 >= margin) & (y1 >= margin) & (x2 <= width - margin) & (y2 <= height - margin)
    return objects.assign(cut=~uncut)[high & whole].reset_index(drop=True)
