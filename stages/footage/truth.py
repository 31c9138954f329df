"""Ground truth of all test clips as two tables, and the split of the normal clips."""

import numpy as np
import pandas as pd

from stages.common.errors import InputError
from stages.common.tables import BOX
from stages.footage.clips import Clip, Truth


def hold_out(clips: list[Clip], share: float, named: list[str], seed: int) -> set[str]:
    """Names of the training clips kept from training, for validation and calibration (normal, like the rest).

    The named ones, or else a seeded draw of `share` of them: at least one, and at least one is left to train on.

    Raises:
        InputError: a named clip is no training clip, or there are fewer than two training clips.
    """
    names = sorted(clip.name for clip in clips if clip.split == "train")
    unknown = sorted(set(named) - set(names))
    if unknown:
        raise InputError(f"params.yaml: footage.held_out_clips: {unknown[0]!r} is no training clip; known: {names}")
    if len(names) < 2 or len(set(named)) >= len(names) > 0:
        raise InputError(
            f"footage: {len(names)} training clips, {len(set(named))} of them held out; at least one has to be left on "
            "either side, for training and for calibration: cut the footage into more clips"
        )
    if named:
        return set(named)
    count = min(max(1, round(share * len(names))), len(names) - 1)
    return set(np.random.default_rng(seed).choice(names, count, replace=False).tolist())


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
    columns = ["video", "track", "frame", *BOX, "type"]
    tables = [pd.DataFrame({column: [] for column in columns})]
    tables += [truth.regions.assign(video=video) for video, truth in truths.items() if truth.regions is not None]
    table = pd.concat(tables, ignore_index=True)[columns]
    types = {"video": str, "track": "int32", "frame": "int32", **dict.fromkeys(BOX, "float32"), "type": str}
    return table.astype(types).sort_values(["video", "track", "frame"], ignore_index=True)
