"""Which objects a score is believed of."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from stages.common.tables.schemas import BOX
from stages.fuse.settings import Fuse


class Clips(NamedTuple):
    """The clips of a set, and within how many frames of a kept stretch's ends tubes repeat its first or last frame."""

    videos: pd.DataFrame  # VIDEOS
    searched: pd.DataFrame  # SEARCHED
    spans: pd.DataFrame  # SPANS
    runs: pd.DataFrame  # RUNS
    ends: int

    @property
    def fps(self) -> dict[str, float]:
        """By video, the frames of its grid per second."""
        return dict(zip(self.videos["video"], self.videos["fps"], strict=True))


def believable(objects: pd.DataFrame, clips: Clips, fuse: Fuse) -> pd.DataFrame:
    """The objects (video, frame and BOX) that show what they are meant to, and whether the picture's edge cuts them.

    On normal footage most of the highest scores come from boxes of a few pixels and from tubes that repeat the first or
    last frame of a kept stretch, neither of which says anything about what is seen, and from boxes that the picture's
    edge cuts, which do say something if they are compared with their like: these have True in the column `cut` that is
    added.
    """
    clip = clips.videos.set_index("video").loc[objects["video"]]
    width, height = (clip[column].to_numpy() for column in ("width", "height"))
    frame, (x1, y1, x2, y2) = objects["frame"].to_numpy(), objects[BOX].to_numpy().T
    high = y2 - y1 >= fuse.min_height
    first, stop = span_edges(objects, clips.spans)
    whole = (frame >= first + clips.ends) & (frame < stop - clips.ends)
    margin = fuse.edge_margin
    uncut = (x1 >= margin) & (y1 >= margin) & (x2 <= width - margin) & (y2 <= height - margin)
    return objects.assign(cut=~uncut)[high & whole].reset_index(drop=True)


def span_edges(objects: pd.DataFrame, spans: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """First and stop, int (n,), of the kept stretch (SPANS) that each object (video, frame) is in; of none: 0 and 0."""
    first, stop = np.zeros(len(objects), int), np.zeros(len(objects), int)
    frames, spans_of = objects["frame"].to_numpy(), dict(tuple(spans.groupby("video")))
    for video, rows in objects.groupby("video").indices.items():
        if video in spans_of:
            firsts, stops = spans_of[video].sort_values("kept_first")[["kept_first", "kept_stop"]].to_numpy().T
            place = np.searchsorted(firsts, frames[rows], side="right") - 1
            inside = (place >= 0) & (frames[rows] < stops[place])
            first[rows], stop[rows] = np.where(inside, firsts[place], 0), np.where(inside, stops[place], 0)
    return first, stop
