"""Ground truth of all test clips as two tables."""

import numpy as np
import pandas as pd

from stages.common.tables.schemas import BOX
from stages.footage.clips import Truth


def cut_truth(truth: Truth, frames: np.ndarray, pictures: np.ndarray, scale: tuple[float, float]) -> Truth:
    """What is known of a clip's recorded frames, labels in their order.

    Args:
        frames: int (n,), their numbers.
        pictures: int (n,), which picture of the file or folder each holds.
        scale: pixels of a frame per pixel of the source, across and down.
    """
    labels, regions = truth
    if regions is not None:
        held = pd.DataFrame({"taken": frames, "frame": pictures})
        regions = regions.merge(held, on="frame").drop(columns="frame").rename(columns={"taken": "frame"})
        regions = regions.assign(**(regions[BOX] * [*scale, *scale]))
    if labels is None and regions is not None:
        labels = np.isin(frames, regions["frame"])
    elif labels is not None:
        labels = labels[pictures]
    return Truth(labels, regions)


def label_table(truths: dict[str, Truth], frames: dict[str, np.ndarray]) -> pd.DataFrame:
    """One row per recorded frame of each clip about which something is known (LABELS).

    Args:
        frames: the numbers of each clip's recorded frames.
    """
    tables = [pd.DataFrame({"video": [], "frame": [], "anomalous": []})]
    for video, (labels, _) in sorted(truths.items()):
        if labels is not None:
            tables.append(pd.DataFrame({"video": video, "frame": frames[video], "anomalous": labels}))
    return pd.concat(tables, ignore_index=True).astype({"video": str, "frame": "int32", "anomalous": bool})


def region_table(truths: dict[str, Truth]) -> pd.DataFrame:
    """One row per anomalous region (REGIONS), sorted by video, track and frame."""
    types = {"video": str, "track": "int32", "frame": "int32", **dict.fromkeys(BOX, "float32"), "type": str}
    tables = [pd.DataFrame({column: [] for column in types})]
    tables += [truth.regions.assign(video=video) for video, truth in truths.items() if truth.regions is not None]
    table = pd.concat(tables, ignore_index=True)[list(types)]
    return table.astype(types).sort_values(["video", "track", "frame"], ignore_index=True)
