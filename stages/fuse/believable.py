"""Which objects a score is believed of."""

import pandas as pd

from stages.common.tables.schemas import BOX
from stages.fuse.settings import Fuse


def believable(objects: pd.DataFrame, videos: pd.DataFrame, fuse: Fuse, ends: int) -> pd.DataFrame:
    """The objects whose boxes and tubes show what they are meant to show, and whether the picture's edge cuts them.

    On normal footage most of the highest scores come from boxes of a few pixels and from tubes that repeat a clip's
    first or last frame, neither of which says anything about what is seen, and from boxes that the picture's edge cuts,
    which do say something if they are compared with their like.

    Args:
        objects: columns video, frame and BOX.
        videos: VIDEOS.
        ends: frames at a clip's start and end whose tubes repeat its first or last frame.

    Returns:
        the rows that are left, with a column `cut`, bool.
    """
    clip = videos.set_index("video").loc[objects["video"]]
    frames, width, height = (clip[column].to_numpy() for column in ("frames", "width", "height"))
    frame, (x1, y1, x2, y2) = objects["frame"].to_numpy(), objects[BOX].to_numpy().T
    high = y2 - y1 >= fuse.min_height
    whole = (frame >= ends) & (frame < frames - ends)
    margin = fuse.edge_margin
    uncut = (x1 >= margin) & (y1 >= margin) & (x2 <= width - margin) & (y2 <= height - margin)
    return objects.assign(cut=~uncut)[high & whole].reset_index(drop=True)
