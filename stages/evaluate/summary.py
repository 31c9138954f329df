"""The metric JSON of one data set, from frame scores, object scores and ground truth."""

import math

import numpy as np
import pandas as pd

from stages.common.params import settings
from stages.common.tables import BOX, TASKS, TRIVIAL
from stages.evaluate.frame_metrics import macro_auc, micro_auc
from stages.evaluate.region_metrics import area, region_track_curve


@settings
class Evaluate:
    """The section `evaluate`."""

    region_overlap: float
    track_share: float


def summary(
    frames: pd.DataFrame,
    objects: pd.DataFrame,
    detected: int,
    labels: pd.DataFrame,
    regions: pd.DataFrame,
    evaluate: Evaluate,
) -> dict:
    """All metrics and counts, rounded to 6 digits, None where one is undefined.

    Args:
        frames, objects: FRAME_SCORES and OBJECT_SCORES; only their test clips count.
        detected: objects found in the test clips, before fuse left any out.
        labels, regions: LABELS and REGIONS. Test clips without labels are left out.
    """
    known = labels["video"].unique()
    frames = frames[frames["video"].isin(known) & (frames["split"] == "test")].merge(labels, on=["video", "frame"])
    objects = objects[objects["video"].isin(known) & (objects["split"] == "test")]
    with_objects = len(objects[["video", "frame"]].drop_duplicates())
    mapped = with_regions(frames, regions)
    mapped_objects, mapped_frames = objects[objects["video"].isin(mapped)], int(frames["video"].isin(mapped).sum())
    metrics = {
        "counts": {
            "videos": int(frames["video"].nunique()),
            "frames": len(frames),
            "anomalous_frames": int(frames["anomalous"].sum()),
            "regions": len(regions),
            "tracks": len(regions[["video", "track"]].drop_duplicates()),
            "videos_with_regions": len(mapped),
            "objects": detected,
            "objects_scored": len(objects),
            "frames_without_objects": len(frames) - with_objects,
        },
        "macro_policy": "pad",
        **frame_level(frames, "score"),
        **region_level(mapped_objects, "score", regions, mapped_frames, evaluate),
        "raw": {**frame_level(frames, "raw"), **region_level(mapped_objects, "raw", regions, mapped_frames, evaluate)},
        "velocity": frame_level(frames, "velocity"),
        "tasks": {task: frame_level(frames, task) for task in TASKS},
        "trivial": {scorer: frame_level(frames, scorer) for scorer in TRIVIAL},
    }
    return rounded(metrics)


def with_regions(frames: pd.DataFrame, regions: pd.DataFrame) -> set[str]:
    """Clips of which it is known where what is anomalous is: all but those with anomalous frames and no region.

    Of the others it is known when something happens and not where; each detection would count as false.
    """
    anomalous = set(frames["video"][frames["anomalous"]])
    return set(frames["video"]) - (anomalous - set(regions["video"]))


def frame_level(frames: pd.DataFrame, column: str) -> dict[str, float]:
    """Frame-level AUC of one column of scores, in the three ways that the field reports; NaN of a column of NaN."""
    labels, scores, videos = (frames[name].to_numpy() for name in ("anomalous", column, "video"))
    if np.isnan(scores).any():
        return dict.fromkeys(("micro_auc", "macro_auc", "macro_auc_mixed"), math.nan)
    return {
        "micro_auc": micro_auc(labels, scores),
        "macro_auc": macro_auc(labels, scores, videos, policy="pad"),
        "macro_auc_mixed": macro_auc(labels, scores, videos, policy="mixed"),
    }


def region_level(
    objects: pd.DataFrame, column: str, regions: pd.DataFrame, frames: int, evaluate: Evaluate
) -> dict[str, float]:
    """RBDC and TBDC of one column of object scores."""
    detections = objects[["video", "frame", *BOX]].assign(score=objects[column])
    curve = region_track_curve(detections, regions, frames, evaluate.track_share, evaluate.region_overlap)
    areas = area(curve)
    return {"rbdc": areas.rbdc, "tbdc": areas.tbdc}


def rounded(value):
    """Numbers in nested mappings, rounded to 6 digits; None for NaN, which JSON does not know."""
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, float | np.floating):
        return None if math.isnan(value) else round(float(value), 6)
    return value
