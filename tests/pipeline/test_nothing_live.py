"""A clip in which nothing is live goes through every stage, and is normal throughout."""

import cv2
import pandas as pd

from stages.common.frames.store import open_frames
from stages.common.tables.shards import Shard


def test_a_clip_without_anything_live_has_no_objects_and_a_normal_score_in_each_frame(own):
    data = own / "data/own"
    assert open_frames(data / "frames", "nobody").spans.shape == (0, 2)
    tables = ("live/spans", "detections/searched", "detections/objects", "velocity", "tubes/tubes", "scores")
    for name in (*tables, "frame_scores/objects"):
        table = pd.read_parquet(data / f"{name}.parquet")
        assert len(table) > 0 and "nobody" not in set(table["video"]), name
    assert len(Shard(data / "tubes/nobody.tubes")) == 0
    assert cv2.imread(str(own / "report/sheets/own/nobody.jpg")) is not None
    frames = pd.read_parquet(data / "frame_scores/frames.parquet")
    scores = frames[frames["video"] == "nobody"]["score"]
    assert len(scores) == 42 and scores.nunique() == 1 and scores.iloc[0] <= frames["score"].min()
