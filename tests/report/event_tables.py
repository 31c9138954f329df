"""Small tables of frames and objects, as far as alarms and events look at them."""

import numpy as np
import pandas as pd

from stages.common.cues.all import ALL
from stages.common.tables.schemas import BOX, TRIVIAL

FPS = 10.0


def frame_table(**clips) -> pd.DataFrame:
    """FRAME_SCORES of clips by name: `held...` is held out, the others are test clips."""
    parts = [
        pd.DataFrame({"video": video, "split": "held_out" if video.startswith("held") else "test", "score": scores})
        for video, scores in clips.items()
    ]
    table = pd.concat(parts, ignore_index=True).astype({"score": np.float32})
    return table.assign(frame=table.groupby("video").cumcount(), raw=table["score"])


def seconds_for(frames: pd.DataFrame) -> dict[str, np.ndarray]:
    return {video: np.arange(len(table) + 1) / FPS for video, table in frames.groupby("video")}


def videos_for(frames: pd.DataFrame) -> pd.DataFrame:
    """VIDEOS, as far as alarms look at them."""
    return frames[["video"]].drop_duplicates().assign(fps=FPS)


def object_table(rows: list[tuple[str, int, int, float]], split: str = "test") -> pd.DataFrame:
    """OBJECT_SCORES of (video, frame, track, score); cues are 0."""
    table = pd.DataFrame(rows, columns=["video", "frame", "track", "score"]).assign(split=split)
    boxes = [[10.0 * track, 5.0, 10.0 * track + 8, 25.0] for track in table["track"]]
    table[BOX] = np.array(boxes).reshape(-1, 4)
    return table.assign(raw=table["score"], **dict.fromkeys([*ALL, *TRIVIAL], 0.0))


NORMAL = object_table([("held", frame, 0, frame % 10 / 10) for frame in range(100)], "held_out")
