"""A clip in which nothing is live, as one is that a long recording goes on with, goes through every stage."""

import sys

import cv2
import numpy as np
import pandas as pd
from projects import RUN_STAGES, copied

from stages.common.frames.measures import Measure
from stages.common.frames.store import fill_store, open_frames, write_clip
from stages.common.tables.schemas import SPANS, write_table
from stages.common.tables.shards import Shard

STAGES = ("detect", "sheets", "velocity", "tubes", "teach", "score", "fuse", "report")


def test_a_clip_without_anything_live_has_no_objects_and_a_normal_score_in_each_frame(own, tmp_path):
    project = copied(own, tmp_path / "project")
    data, shape = project.folder / "data/own", open_frames(own / "data/own/frames", "nobody").shape
    (tmp_path / "clip").mkdir()
    with write_clip(tmp_path / "clip", 12.0, shape, quality=85) as writer:
        writer.finish([], Measure().steps())
    kept = {video: tmp_path / video for video in pd.read_parquet(data / "footage/videos.parquet")["video"]}
    for video, folder in kept.items():
        folder.mkdir()
        (data / f"frames/{video}.zip").rename(folder / "clip.zip")
    fill_store(data / "frames", (kept | {"nobody": tmp_path / "clip"}).items())
    spans = pd.read_parquet(data / "live/spans.parquet")
    write_table(data / "live/spans.parquet", spans[spans["video"] != "nobody"], SPANS)
    project.run(sys.executable, "-c", RUN_STAGES, "own", *STAGES)
    tables = ("detections/searched", "detections/objects", "velocity", "tubes/tubes", "scores", "frame_scores/objects")
    for name in tables:
        table = pd.read_parquet(data / f"{name}.parquet")
        assert len(table) > 0 and "nobody" not in set(table["video"]), name
    assert len(Shard(data / "tubes/nobody.tubes")) == 0
    assert cv2.imread(str(project.folder / "report/sheets/own/nobody.jpg")) is not None
    frames = pd.read_parquet(data / "frame_scores/frames.parquet")
    scores = frames[frames["video"] == "nobody"]["score"].to_numpy()
    others = frames[frames["video"] != "nobody"]["score"]
    assert len(scores) == 42 and np.ptp(scores) == 0 and scores[0] < others.median()
