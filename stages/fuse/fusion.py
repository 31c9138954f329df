"""Task scores to one score per object and per frame."""

from typing import Literal

import numpy as np
import pandas as pd
from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt

from stages.common.params import settings
from stages.common.tables import BOX, TASKS, TRIVIAL
from stages.fuse.boxes import believable, box_speed, link_all
from stages.fuse.calibration import fit
from stages.fuse.smoothing import fill_frames, frame_maxima, object_map_maxima, smooth_frames, smooth_track


@settings
class Fuse:
    """The section `fuse`."""

    method: Literal["zscore", "tail", "mean"]
    min_height: NonNegativeFloat
    edge_margin: NonNegativeFloat
    clip_margin: NonNegativeInt
    track_sigma: NonNegativeFloat
    map_cell: PositiveInt
    map_filter: PositiveInt
    frame_sigma: NonNegativeFloat


def object_scores(scores: pd.DataFrame, videos: pd.DataFrame, fuse: Fuse) -> pd.DataFrame:
    """The believable objects with calibrated and fused scores (OBJECT_SCORES); `scores` as SCORES.

    Beside the tasks stand what anyone could score by: the box's width, its speed, and chance.
    """
    kept = scores[believable(scores, videos, fuse.min_height, fuse.edge_margin, fuse.clip_margin)]
    kept = kept.sort_values(["video", "frame", *BOX, *TASKS], ignore_index=True)
    kept = kept.assign(track=link_all(kept))
    normal = (kept["split"] == "held_out").to_numpy()
    for task in TASKS:
        values = kept[task].to_numpy().astype(float)
        kept[task] = fit(task, values[normal], fuse.method)(values) if normal.any() else values
    kept["raw"] = kept[TASKS].mean(axis=1)
    kept["box_width"] = kept["x2"] - kept["x1"]
    kept["box_speed"] = box_speed(kept)
    kept["random"] = np.random.default_rng(0).random(len(kept))
    kept["score"] = smooth_tracks(kept, "raw", fuse.track_sigma)
    return kept


def smooth_tracks(objects: pd.DataFrame, column: str, sigma: float) -> np.ndarray:
    """The scores of `column` smoothed along each track, float (n,)."""
    smoothed = objects[column].to_numpy().astype(float)
    frames = objects["frame"].to_numpy()
    for rows in objects.groupby(["video", "track"]).indices.values():
        smoothed[rows] = smooth_track(frames[rows], smoothed[rows], sigma)
    return smoothed


def frame_scores(objects: pd.DataFrame, videos: pd.DataFrame, fuse: Fuse) -> pd.DataFrame:
    """A row per frame of the test and held-out clips (FRAME_SCORES).

    `raw` is the plain maximum over a frame's objects; the others go all the way: along tracks, over the object map
    and over time.
    """
    videos = videos[videos["split"] != "train"]
    table = pd.concat(
        [pd.DataFrame({"video": v.video, "split": v.split, "frame": np.arange(v.frames)}) for v in videos.itertuples()],
        ignore_index=True,
    )
    table["raw"] = scored_frames(objects.assign(raw_=objects["raw"]), "raw_", videos, fuse, smooth=False)
    for column in ["score", *TASKS, *TRIVIAL]:
        smoothed = objects[column] if column == "score" else smooth_tracks(objects, column, fuse.track_sigma)
        table[column] = scored_frames(objects.assign(raw_=smoothed), "raw_", videos, fuse, smooth=True)
    return table


def scored_frames(objects: pd.DataFrame, column: str, videos: pd.DataFrame, fuse: Fuse, smooth: bool) -> np.ndarray:
    """Frame scores of all clips one after the other, float (frames of all clips,)."""
    rows_of = objects.groupby("video").indices
    level = normal_level(objects, column)
    parts = []
    for video in videos.itertuples():
        own = objects.iloc[rows_of.get(video.video, [])]
        frames, scores = own["frame"].to_numpy(), own[column].to_numpy()
        if smooth and fuse.map_filter > 1:
            shape = (video.frames, video.height, video.width)
            boxes = own[BOX].to_numpy()
            highest = object_map_maxima(frames, boxes, scores, shape, fuse.map_cell, fuse.map_filter, level)
        else:
            highest = frame_maxima(frames, scores, video.frames)
        filled = fill_frames(highest, fuse.clip_margin, level)
        parts.append(smooth_frames(filled, fuse.frame_sigma if smooth else 0.0))
    return np.concatenate(parts)


def normal_level(objects: pd.DataFrame, column: str) -> float:
    """The median over the held-out normal frames of the highest score in the frame; 0 where there are none."""
    normal = objects[objects["split"] == "held_out"]
    return float(normal.groupby(["video", "frame"])[column].max().median()) if len(normal) else 0.0
