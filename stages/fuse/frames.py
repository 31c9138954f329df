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
    """A row per recorded frame of the test and held-out clips (FRAME_SCORES), from OBJECT_SCORES.

    `raw` is the plain maximum over a frame's objects; the others go all the way: along tracks, over the object map
    and over time. A cue that says nothing of any object is NaN.
    """
    videos = clips.videos[clips.videos["split"] != "train"]
    clips = clips._replace(videos=videos)
    recorded = recorded_frames(clips.runs)
    counts = [len(recorded[video]) for video in videos["video"]]
    table = videos.iloc[np.repeat(np.arange(len(videos)), counts)][["video", "split"]].reset_index(drop=True)
    table["frame"] = np.concatenate([np.zeros(0, int), *(recorded[video] for video in videos["video"])])
    table["raw"] = scored_frames(objects, "raw", clips, replace(fuse, map_filter=1, frame_seconds=0.0))
    table["score"] = scored_frames(objects, "score", clips, fuse)
    for column in [*ALL, *TRIVIAL]:
        known = objects[objects[column].notna()]
        smoothed = known.assign(**{column: smooth_tracks(known, column, fuse.track_seconds, clips.fps)})
        unknown = len(objects) and known.empty
        table[column] = np.nan if unknown else scored_frames(smoothed, column, clips, fuse)
    return table


def scored_frames(objects: pd.DataFrame, column: str, clips: Clips, fuse: Fuse) -> np.ndarray:
    """Scores of the recorded frames of all clips one after the other, float (recorded frames,).

    Frames that are not live are as normal as can be. Nothing is smoothed over frames that were not recorded.
    """
    rows_of, searched_of = objects.groupby("video").indices, dict(tuple(clips.searched.groupby("video")["frame"]))
    spans_of, recorded = dict(tuple(clips.spans.groupby("video"))), recorded_frames(clips.runs)
    level, parts = normal_level(objects, column), []
    for video in clips.videos.itertuples():
        inside = objects.iloc[rows_of.get(video.video, [])]
        frames, scores = inside["frame"].to_numpy(), inside[column].to_numpy()
        if fuse.map_filter > 1:
            shape, boxes = (video.frames, video.height, video.width), inside[BOX].to_numpy()
            highest = object_map_maxima(frames, boxes, scores, shape, fuse.map_filter, level)
        else:
            highest = frame_maxima(frames, scores, video.frames)
        searched = searched_of.get(video.video, clips.searched["frame"][:0]).to_numpy()
        spans = spans_of.get(video.video, clips.spans[:0])[["first", "stop", "kept_first", "kept_stop"]].to_numpy()
        filled, frames = fill_frames(highest, clips.ends, level, searched, spans), recorded[video.video]
        stretches = np.split(frames, np.flatnonzero(np.diff(frames) > 1) + 1)
        parts += [smooth_frames(filled[stretch], fuse.frame_seconds * video.fps) for stretch in stretches]
    return np.concatenate([np.zeros(0), *parts])


def recorded_frames(runs: pd.DataFrame) -> dict[str, np.ndarray]:
    """By video (RUNS), the numbers of its recorded frames, int (n,), ascending."""
    return {
        video: np.concatenate([np.arange(run.first, run.first + run.frames) for run in of.itertuples()])
        for video, of in runs.sort_values(["video", "first"]).groupby("video")
    }


def normal_level(objects: pd.DataFrame, column: str) -> float:
    """The median over the held-out normal frames of the highest score in the frame; 0 where there are none."""
    normal = objects[objects["split"] == "held_out"]
    return float(normal.groupby(["video", "frame"])[column].max().median()) if len(normal) else 0.0
