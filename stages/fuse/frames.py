"""Object scores to frame scores."""

import numpy as np
import pandas as pd

from stages.common.cues.all import ALL
from stages.common.tables.schemas import BOX, TRIVIAL
from stages.fuse.settings import Fuse
from stages.fuse.smoothing import fill_frames, frame_maxima, object_map_maxima, smooth_frames, smooth_tracks


def per_frame(
    objects: pd.DataFrame, videos: pd.DataFrame, searched: pd.DataFrame, fuse: Fuse, ends: int
) -> pd.DataFrame:
    """A row per frame of the test and held-out clips (FRAME_SCORES).

    `raw` is the plain maximum over a frame's objects; the others go all the way: along tracks, over the object map
    and over time. A cue that says nothing of any object is NaN.

    Args:
        objects: OBJECT_SCORES.
        videos, searched: VIDEOS and SEARCHED.
        ends: frames at a clip's start and end in which no object is scored.
    """
    videos = videos[videos["split"] != "train"]
    table = pd.concat(
        [pd.DataFrame({"video": v.video, "split": v.split, "frame": np.arange(v.frames)}) for v in videos.itertuples()],
        ignore_index=True,
    )
    table["raw"] = scored_frames(objects, "raw", videos, searched, fuse, ends, smooth=False)
    table["score"] = scored_frames(objects, "score", videos, searched, fuse, ends, smooth=True)
    for column in [*ALL, *TRIVIAL]:
        known = objects[objects[column].notna()]
        smoothed = known.assign(**{column: smooth_tracks(known, column, fuse.track_sigma)})
        nothing = len(objects) and known.empty
        table[column] = (
            np.nan if nothing else scored_frames(smoothed, column, videos, searched, fuse, ends, smooth=True)
        )
    return table


def scored_frames(
    objects: pd.DataFrame,
    column: str,
    videos: pd.DataFrame,
    searched: pd.DataFrame,
    fuse: Fuse,
    ends: int,
    smooth: bool,
) -> np.ndarray:
    """Frame scores of all clips one after the other, float (frames of all clips,)."""
    rows_of, searched_of = objects.groupby("video").indices, dict(tuple(searched.groupby("video")["frame"]))
    level = normal_level(objects, column)
    parts = []
    for video in videos.itertuples():
        inside = objects.iloc[rows_of.get(video.video, [])]
        frames, scores = inside["frame"].to_numpy(), inside[column].to_numpy()
        if smooth and fuse.map_filter > 1:
            shape = (video.frames, video.height, video.width)
            boxes = inside[BOX].to_numpy()
            highest = object_map_maxima(frames, boxes, scores, shape, fuse.map_filter, level)
        else:
            highest = frame_maxima(frames, scores, video.frames)
        filled = fill_frames(highest, ends, level, searched_of[video.video].to_numpy())
        parts.append(smooth_frames(filled, fuse.frame_sigma if smooth else 0.0))
    return np.concatenate(parts)


def normal_level(objects: pd.DataFrame, column: str) -> float:
    """The median over the held-out normal frames of the highest score in the frame; 0 where there are none."""
    normal = objects[objects["split"] == "held_out"]
    return float(normal.groupby(["video", "frame"])[column].max().median()) if len(normal) else 0.0
