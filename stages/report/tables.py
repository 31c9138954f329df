"""What the stages before have found of a set, and how it lies in time."""

import numpy as np
import pandas as pd

from stages.common.cues.all import FRAME_SCORES, OBJECT_SCORES
from stages.common.running.paths import SetPaths
from stages.common.tables.schemas import FILES, LABELS, PEAKS, REGIONS, RUNS, SPANS, VERDICTS, VIDEOS, read_table


class Tables:
    """The tables of a set.

    Attributes:
        name: the set's.
        videos, files, runs: VIDEOS, FILES, RUNS.
        frames, objects, peaks: FRAME_SCORES, OBJECT_SCORES, PEAKS.
        spans: by video, int (n, 2), first and stop of its kept stretches.
        labels, regions: LABELS and REGIONS of the test clips.
        verdicts: VERDICTS.
        began, shapes: by video, when its first frame was taken; width and height of its frames.
        runs_of, paths_of: by video its RUNS, by number the path of a file.
        tests: names of the test clips, sorted.
        seconds: by name of a test or held-out clip, when each frame begins and the last one ends, float (frames + 1,).
    """

    def __init__(self, paths: SetPaths):
        self.name = paths.name
        self.videos = read_table(paths.footage / "videos.parquet", VIDEOS)
        self.files = read_table(paths.footage / "files.parquet", FILES)
        self.runs = read_table(paths.footage / "runs.parquet", RUNS).sort_values(["video", "first"], ignore_index=True)
        self.frames = read_table(paths.frame_scores / "frames.parquet", FRAME_SCORES)
        self.objects = read_table(paths.frame_scores / "objects.parquet", OBJECT_SCORES)
        self.peaks = read_table(paths.frame_scores / "peaks.parquet", PEAKS)
        self.verdicts = read_table(paths.frame_scores / "verdicts.parquet", VERDICTS)
        self.tests = sorted(self.videos["video"][self.videos["split"] == "test"])
        labels = read_table(paths.footage / "labels.parquet", LABELS)
        regions = read_table(paths.footage / "regions.parquet", REGIONS)
        self.labels = labels[labels["video"].isin(self.tests)].sort_values(["video", "frame"], ignore_index=True)
        self.regions = regions[regions["video"].isin(self.tests)].reset_index(drop=True)
        scored = self.videos[self.videos["split"] != "train"]
        self.seconds = {clip.video: np.arange(clip.frames + 1) / clip.fps for clip in scored.itertuples()}
        self.began = self.videos.set_index("video")["began"]
        self.shapes = self.videos.set_index("video")[["width", "height"]]
        spans = read_table(paths.live / "spans.parquet", SPANS).sort_values(["video", "first"])
        self.spans = dict.fromkeys(self.seconds, np.zeros((0, 2), int))
        self.spans |= {video: own[["kept_first", "kept_stop"]].to_numpy(int) for video, own in spans.groupby("video")}
        self.scored = dict(tuple(self.frames.groupby("video")))
        self.runs_of, self.paths_of = dict(tuple(self.runs.groupby("video"))), self.files.set_index("file")["path"]

    def scores(self, video: str) -> np.ndarray:
        """Of the frames of a clip, float (frames,); of those that were not recorded the lowest of the others."""
        known = self.scored[video]
        scores = np.full(len(self.seconds[video]) - 1, known["score"].min(), float)
        scores[known["frame"]] = known["score"]
        return scores

    def recorded_at(self, video: str, frame: int) -> tuple[str, float]:
        """The file of the source that a recorded frame of a clip is of, and its second there."""
        runs = self.runs_of[video]
        run = runs.iloc[int(np.searchsorted(runs["first"], frame, side="right")) - 1]
        return self.paths_of[run["file"]], run["second"] + (frame - run["first"]) * self.seconds[video][1]

    def shares(self, video: str, boxes: np.ndarray) -> list[list[float]]:
        """Boxes (n, 4) in pixels of a clip, in shares of its picture."""
        width, height = self.shapes.loc[video]
        return np.clip(boxes / [width, height, width, height], 0, 1).round(5).tolist()

    def recorded(self) -> float:
        """Seconds of the test clips that were recorded."""
        runs = self.runs.merge(self.videos, on="video", suffixes=("", "_of_clip"))
        return float((runs["frames"] / runs["fps"])[runs["split"] == "test"].sum())

    def anomalous(self, video: str) -> np.ndarray:
        """Which frames of a clip are labelled so, bool (frames,); none where there are no labels."""
        marked = np.zeros(len(self.seconds[video]) - 1, bool)
        labels = of_video(self.labels, video)
        marked[labels["frame"][labels["anomalous"]]] = True
        return marked


def of_video(table: pd.DataFrame, video: str) -> pd.DataFrame:
    return table[table["video"] == video].reset_index(drop=True)
