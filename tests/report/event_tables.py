"""Small tables of objects and peaks, as far as alarms and events look at them."""

import numpy as np
import pandas as pd

from stages.common.cues.all import ALL
from stages.common.tables.schemas import BOX, PEAKS, TRIVIAL

FPS = 10.0


def object_table(rows: list[tuple[str, int, int, float]], split: str = "test") -> pd.DataFrame:
    """OBJECT_SCORES of (video, frame, track, score); cues are 0."""
    table = pd.DataFrame(rows, columns=["video", "frame", "track", "score"]).assign(split=split)
    boxes = [[10.0 * track, 5.0, 10.0 * track + 8, 25.0] for track in table["track"]]
    table[BOX] = np.array(boxes).reshape(-1, 4)
    return table.assign(raw=table["score"], **dict.fromkeys([*ALL, *TRIVIAL], 0.0))


def peak_table(rows: list[tuple[str, int, int, int, float]], split: str = "test") -> pd.DataFrame:
    """PEAKS of (video, track, first_frame, last_frame, score), highest in the midst of them."""
    table = pd.DataFrame(rows, columns=["video", "track", "first_frame", "last_frame", "score"])
    peak = (table["first_frame"] + table["last_frame"]) // 2
    table = table.assign(split=split, tracks=1, peak_frame=peak, x1=10.0 * table["track"], y1=5.0, y2=25.0)
    table = table.assign(x2=table["x1"] + 8, fault=-1, beyond=table["score"], verdict=-1, object_class="")
    return table.astype({"score": "float32", "beyond": "float32"})[PEAKS.names]


def frame_table(**frames: int) -> pd.DataFrame:
    """The recorded frames of clips by name, of so many each: `held...` is held out, the others are test clips."""
    table = pd.DataFrame({"video": np.repeat(list(frames), list(frames.values()))})
    return table.assign(split=np.where(table["video"].str.startswith("held"), "held_out", "test"), fps=FPS)


NORMAL = object_table([("held", frame, 0, frame % 10 / 10) for frame in range(100)], "held_out")
