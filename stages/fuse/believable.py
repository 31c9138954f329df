"""Which boxes a score is believed of."""

import numpy as np
import pandas as pd

from stages.common.tables.schemas import BOX


def believable(objects: pd.DataFrame, videos: pd.DataFrame, height: float, clip: int) -> np.ndarray:
    """Objects, bool (n,), whose boxes and tubes show what they are meant to show.

    On normal footage most of the highest scores come from boxes of a few pixels and from tubes that repeat a clip's
    first or last frame, neither of which says anything about what is seen, and from boxes that the picture's edge cuts,
    which do say something if they are compared with their like (`uncut`).

    Args:
        objects: columns video, frame and BOX.
        videos: VIDEOS.
        height: least height of a box in pixels.
        clip: frames at either end of a clip that are left out.
    """
    frames_of = videos.set_index("video").loc[objects["video"], "frames"].to_numpy()
    frame = objects["frame"].to_numpy()
    high = (objects["y2"] - objects["y1"]).to_numpy() >= height
    return high & (frame >= clip) & (frame < frames_of - clip)


def uncut(objects: pd.DataFrame, videos: pd.DataFrame, margin: float) -> np.ndarray:
    """Objects, bool (n,), whose boxes keep `margin` pixels from the picture's edges."""
    known = videos.set_index("video").loc[objects["video"]]
    width, height = known["width"].to_numpy(), known["height"].to_numpy()
    x1, y1, x2, y2 = objects[BOX].to_numpy().T
    return (x1 >= margin) & (y1 >= margin) & (x2 <= width - margin) & (y2 <= height - margin)
