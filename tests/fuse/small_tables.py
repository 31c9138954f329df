"""Small tables as the stages before `fuse` leave them."""

import numpy as np
import pandas as pd

from stages.common.tables.schemas import BOX, CUES, SCORES, VIDEOS


def videos(rows=(("calm", "held_out", 6), ("busy", "test", 5), ("empty", "test", 4), ("learnt", "train", 7))):
    table = pd.DataFrame(rows, columns=["video", "split", "frames"]).astype({"frames": "int32"})
    return table.assign(kind="file", path="", first=0, step=1, fps=12.0, width=100, height=80, sha256="")[VIDEOS.names]


def scores(rows):
    """What `read_cues` gives, from (video, split, frame, x1, score): squares of 20 pixels, all cues alike."""
    table = pd.DataFrame(rows, columns=["video", "split", "frame", "x1", "value"])
    table = table.assign(y1=10, x2=table["x1"] + 20, y2=30, person=0.9, **dict.fromkeys(CUES, table["value"]))
    numbers = dict.fromkeys([*BOX, *CUES, "person"], "float32")
    return table[[*SCORES.names, "shape", "velocity"]].astype({"frame": "int32", **numbers})


def random_scores(seed=0):
    """Two or three objects a frame that walk to the right."""
    random, rows = np.random.default_rng(seed), []
    for video, split, frames in (("calm", "held_out", 6), ("busy", "test", 5)):
        rows += [(video, split, f, x + 2 * f, random.normal()) for f in range(frames) for x in (5, 30, 60)[: 2 + f % 2]]
    table = scores(rows)
    for cue in CUES:
        table[cue] = random.normal(size=len(table)).astype(np.float32)
    return table
