"""Ground truth of all test clips as two tables."""

import numpy as np
import pandas as pd

from stages.common.tables.schemas import BOX
from stages.footage.clips import Truth
from stages.footage.splits import Span


def cut_truth(truth: Truth, span: Span) -> Truth:
    """What is known of those frames of a file or folder that are the clip's."""
    labels, regions = truth
    if labels is not None:
        labels = labels[span.first :: span.step][: span.frames]
    if regions is not None:
        frame, offset = np.divmod(regions["frame"].to_numpy(int) - span.first, span.step)
        own = (offset == 0) & (frame >= 0) & (frame < span.frames)
        regions = regions.assign(frame=frame)[own]
    return Truth(labels, regions)


def label_table(truths: dict[str, Truth], frames: dict[str, int]) -> pd.DataFrame:
    """One row per frame of each clip about which something is known (LABELS).

    Where a clip has regions and no labels of its own, a frame is anomalous if it has a region.
    """
    tables = [pd.DataFrame({"video": [], "frame": [], "anomalous": []})]
    for video, (labels, regions) in sorted(truths.items()):
        if labels is None and regions is None:
            continue
        if labels is None:
            labels = np.isin(np.arange(frames[video]), regions["frame"])
        tables.append(pd.DataFrame({"video": video, "frame": np.arange(len(labels)), "anomalous": labels}))
    return pd.concat(tables, ignore_index=True).astype({"video": str, "frame": "int32", "anomalous": bool})


def region_table(truths: dict[str, Truth]) -> pd.DataFrame:
    """One row per anomalous region (REGIONS), sorted by video, track and frame."""
    types = {"video": str, "track": "int32", "frame": "int32", **dict.fromkeys(BOX, "float32"), "type": str}
    tables = [pd.DataFrame({column: [] for column in types})]
    tables += [truth.regions.assign(video=video) for video, truth in truths.items() if truth.regions is not None]
    table = pd.concat(tables, ignore_index=True)[list(types)]
    return table.astype(types).sort_values(["video", "track", "frame"], ignore_index=True)
