"""Small tables as the stages before `fuse` leave them, and settings to fuse them by."""

from dataclasses import replace

import numpy as np
import pandas as pd

from stages.common.cues.all import ALL
from stages.common.cues.tasks import TASKS
from stages.common.tables.schemas import BOX, VIDEOS
from stages.fuse.believable import Clips
from stages.fuse.settings import Fuse

CUES = list(ALL)
CLIPS = (("calm", "held_out", 6), ("busy", "test", 5), ("empty", "test", 4), ("learnt", "train", 7))
# Long enough for their normal objects to be calibrated kind by kind.
LONG = (("calm", "held_out", 60), ("busy", "test", 20), ("empty", "test", 4), ("learnt", "train", 7))
FPS = 12.0
FPS_OF = dict.fromkeys(("calm", "busy", "empty", "learnt"), FPS)
HAND = [
    ("calm", "held_out", 0, 10, 1.0),
    ("calm", "held_out", 1, 10, 2.0),
    ("calm", "held_out", 1, 60, 4.0),
    ("busy", "test", 2, 10, 9.0),
    ("busy", "test", 2, 60, 3.0),
    ("busy", "test", 4, 10, 7.0),
]
FOUR, EVERY = dict.fromkeys(TASKS, 1.0), dict.fromkeys(CUES, 1.0)
PLAIN = Fuse(
    method="mean",
    tail_share=0.1,
    weights=FOUR,
    min_height=0.0,
    edge_margin=0.0,
    track_seconds=0.0,
    map_filter=1,
    frame_seconds=0.0,
)
FULL = replace(
    PLAIN,
    method="zscore",
    weights=EVERY,
    min_height=12.0,
    edge_margin=2.0,
)
FULL = replace(FULL, track_seconds=1.5 / FPS, frame_seconds=2 / FPS)


def videos(rows=CLIPS):
    table = pd.DataFrame(rows, columns=["video", "split", "frames"]).astype({"frames": "int32"})
    return table.assign(fold=-1, view="", fps=FPS, width=100, height=80, began=pd.NaT, hash="")[VIDEOS.names]


def searched(clips):
    """SEARCHED: every frame of the clips."""
    return pd.concat([pd.DataFrame({"video": clip.video, "frame": range(clip.frames)}) for clip in clips.itertuples()])


def alive(spans):
    """SPANS of which all that is kept is live."""
    return spans.assign(kept_first=spans["first"], kept_stop=spans["stop"])


def clips_of(clips, looked=None, ends=0):
    """Clips of VIDEOS that are recorded and live from end to end; every frame searched, or as SEARCHED says."""
    spans = alive(pd.DataFrame({"video": clips["video"], "first": 0, "stop": clips["frames"]}))
    runs = pd.DataFrame({"video": clips["video"], "first": 0, "frames": clips["frames"], "file": 0, "second": 0.0})
    return Clips(clips, searched(clips) if looked is None else looked, spans, runs, ends)


def cues(rows):
    """What `read_cues` gives, from (video, split, frame, x1, score): squares of 20 pixels, persons, all cues alike."""
    table = pd.DataFrame(rows, columns=["video", "split", "frame", "x1", "value"])
    table = table.assign(object=table.groupby("video").cumcount(), y1=10, x2=table["x1"] + 20, y2=30)
    table = table.assign(person=np.float32(0.9), taught=-1, like=-1, **dict.fromkeys(CUES, table["value"])).drop(
        columns="value"
    )
    return table.astype({"object": "int32", "frame": "int32", **dict.fromkeys([*BOX, *CUES], "float32")})


def random_cues(seed=0, clips=LONG):
    """Two or three objects a frame that walk to the right and round again."""
    random, rows = np.random.default_rng(seed), []
    for video, split, frames in clips[:2]:
        rows += [(video, split, f, x + 2 * f % 20, 0.0) for f in range(frames) for x in (5, 30, 60)[: 2 + f % 2]]
    table = cues(rows)
    return table.assign(**{cue: random.normal(size=len(table)).astype(np.float32) for cue in CUES})
