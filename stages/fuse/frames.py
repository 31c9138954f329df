"""Object scores to frame scores."""

from dataclasses import replace

import numpy as np
import pandas as pd

from stages.common.cues.all import ALL
from stages.common.tables.schemas import BOX, TRIVIAL
from stages.fuse.believable import Clips
from stages.fuse.settings import Fuse
from stages.fuse.smoothing import fill_frames, frame_maxima, object_map_maxima, smooth_frames, smooth_tracks


def per_frame(objects: pd.DataFrame, clips: Clips, fuse: Fuse) -> pd.DataFrame:
    """A row per frame of the test and held-out clips (FRAME_SCORES), from OBJECT_SCORES.

    `raw` is the plain maximum over a frame's objects; the others go all the way: along tracks, over the object map
    and over time. A cue that says nothing of any object is NaN.
    """
    videos = clips.videos[clips.videos["split"] != "train"]
    clips = clips._replace(videos=videos)
    table = videos.iloc[np.repeat(np.arange(len(videos)), videos["frames"])][["video", "split"]].reset_index(drop=True)
    table["frame"] = table.groupby("video").cumcount()
    table["raw"] = scored_frames(objects, "raw", clips, replace(fuse, map_filter=1, frame_sigma=0.0))
    table["score"] = scored_frames(objects, "score", clips, fuse)
    for column in [*ALL, *TRIVIAL]:
        known = objects[objects[column].notna()]
        smoothed = known.assign(**{column: smooth_tracks(known, column, fuse.track_sigma)})
        unknown = len(objects) and known.empty
        table[column] = np.nan if unknown else scored_frames(smoothed, column, clips, fuse)
    return table


def scored_frames(objects: pd.DataFrame, column: str, clips: Clips, fuse: Fuse) -> np.ndarray:
    """Frame scores of all clips one after the other, float (frames of all clips,)."""
    rows_of, searched_of = objects.groupby("video").indices, dict(tuple(clips.searched.groupby("video")["frame"]))
    level, parts = normal_level(objects, column), []
    for video in clips.videos.itertuples():
        inside = objects.iloc[rows_of.get(video.video, [])]
        frames, scores = inside["frame"].to_numpy(), inside[column].to_numpy()
        if fuse.map_filter > 1:
            shape, boxes = (video.frames, video.height, video.width), inside[BOX].to_numpy()
            highest = object_map_maxima(frames, boxes, scores, shape, fuse.map_filter, level)
        else:
            highest = frame_maxima(frames, scores, video.frames)
        filled = fill_frames(highest, clips.ends, level, searched_of[video.video].to_numpy())
        parts.append(smooth_frames(filled, fuse.frame_sigma))
    return np.concatenate(parts)


def normal_level(objects: pd.DataFrame, column: str) -> float:
    """The median over the held-out normal frames of the highest score in the frame; 0 where there are none."""
    normal = objects[objects["split"] == "held_out"]
    return float(normal.groupby(["video", "frame"])[column].max().median()) if len(normal) else 0.0
