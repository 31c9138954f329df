"""What the stages before have found of a set, and how it lies in time."""

import numpy as np
import pandas as pd

from stages.common.cues.all import FRAME_SCORES, OBJECT_SCORES
from stages.common.running.paths import SetPaths
from stages.common.tables.schemas import LABELS, REGIONS, TIMES, VIDEOS, read_table


class Tables:
    """The tables of a set.

    Attributes:
        videos, frames, objects: VIDEOS, FRAME_SCORES, OBJECT_SCORES.
        labels, regions: LABELS and REGIONS of the test clips.
        tests: names of the test clips, sorted.
        seconds: by name of a test or held-out clip, when each frame begins and the last one ends, float (frames + 1,).
    """

    def __init__(self, paths: SetPaths):
        self.videos = read_table(paths.footage / "videos.parquet", VIDEOS)
        self.frames = read_table(paths.frame_scores / "frames.parquet", FRAME_SCORES)
        self.objects = read_table(paths.frame_scores / "objects.parquet", OBJECT_SCORES)
        self.tests = sorted(self.videos["video"][self.videos["split"] == "test"])
        labels = read_table(paths.footage / "labels.parquet", LABELS)
        regions = read_table(paths.footage / "regions.parquet", REGIONS)
        self.labels = labels[labels["video"].isin(self.tests)].sort_values(["video", "frame"], ignore_index=True)
        self.regions = regions[regions["video"].isin(self.tests)].reset_index(drop=True)
        times = read_table(paths.footage / "times.parquet", TIMES)
        scored = self.videos["video"][self.videos["split"] != "train"]
        by_video = times[times["video"].isin(scored)].sort_values(["video", "frame"]).groupby("video")["seconds"]
        self.seconds = {video: with_end(seconds.to_numpy()) for video, seconds in by_video}

    def scores(self, video: str) -> np.ndarray:
        """Of the frames of a clip, float (frames,)."""
        return of_video(self.frames, video).sort_values("frame")["score"].to_numpy(float)

    def anomalous(self, video: str) -> np.ndarray:
        """Which frames of a clip are labelled so, bool (frames,); none where there are no labels."""
        marked = np.zeros(len(self.seconds[video]) - 1, bool)
        labels = of_video(self.labels, video)
        marked[labels["frame"][labels["anomalous"]]] = True
        return marked


def of_video(table: pd.DataFrame, video: str) -> pd.DataFrame:
    return table[table["video"] == video].reset_index(drop=True)


def with_end(seconds: np.ndarray) -> np.ndarray:
    """When each frame begins, float (frames,), and when the last one ends, float (frames + 1,).

    >>> with_end(np.array([5.0, 5.5, 6.0])).tolist()
    [5.0, 5.5, 6.0, 6.5]
    """
    length = np.median(np.diff(seconds)) if len(seconds) > 1 else 0.04
    return np.append(seconds, seconds[-1] + length)
