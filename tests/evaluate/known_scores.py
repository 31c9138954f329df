"""Small tables of scores of which every metric is known."""

import pandas as pd

from stages.common.cues.all import ALL
from stages.common.tables.schemas import BOX, PEAKS, TRIVIAL
from stages.evaluate.summary import labelled, summary

COLUMNS = ["raw", "score", *ALL, *TRIVIAL]
FRAME_KEYS = {"micro_auc", "macro_auc", "macro_auc_mixed"}


def ground_truth():
    """Labels and regions of two clips of 10 frames: `a` is anomalous in 4..6 (one track), `b` never."""
    labels = pd.DataFrame({"video": ["a"] * 10 + ["b"] * 10, "frame": [*range(10)] * 2})
    labels["anomalous"] = (labels["video"] == "a") & labels["frame"].between(4, 6)
    regions = pd.DataFrame({"video": "a", "track": 0, "frame": [4, 5, 6], "x1": 10, "y1": 10, "x2": 30, "y2": 40})
    return labels, regions.assign(type="")


def perfect_scores():
    """A row per frame, and an object in each but frame 9 of `b`, that score 1 where it is anomalous and 0 elsewhere."""
    labels, _ = ground_truth()
    frames = labels[["video", "frame"]].assign(split="test")
    for column in COLUMNS:
        frames[column] = labels["anomalous"].astype(float)
    objects = frames[:-1].assign(x1=10, y1=10, x2=30, y2=40, track=0, object=range(19))
    return frames, objects


def videos_of(frames):
    return frames[["video", "split"]].drop_duplicates().assign(fps=10.0)


def peaks_of(frames):
    """PEAKS: a peak of each frame that scores above 0, as if each had an object of its own."""
    high = frames[frames["score"] > 0].astype({"score": "float32"})
    ends = {name: high["frame"] for name in ("first_frame", "last_frame", "peak_frame")}
    table = high[["video", "split", "score"]].assign(
        track=0, tracks=1, fault=-1, verdict=-1, object_class="", **ends, **dict.fromkeys(BOX, 0.0)
    )
    return table.assign(beyond=table["score"])[PEAKS.names].reset_index(drop=True)


def tables_of(frames, objects, found=None, truth=None):
    labels, regions = truth or ground_truth()
    found = objects if found is None else found
    footage = {"videos": videos_of(frames), "labels": labels, "regions": regions}
    return labelled(frames, objects, peaks_of(frames), found["video"], footage, pd.Series(dtype=str))


def whole_summary(*tables, **more):
    return summary(tables_of(*tables, **more))


def held_out_rows(frames, objects):
    """Rows of a held-out clip with the worst of scores, to be left out."""
    return frames[:3].assign(video="h", split="held_out", score=9.0), objects[:3].assign(video="h", split="held_out")
