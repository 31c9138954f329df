"""The metric JSON of one data set, from frame scores, object scores and ground truth."""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd

from stages.common.cues.all import ALL
from stages.common.metrics import bootstrap
from stages.common.metrics.frame import average_precision, equal_error_rate, macro_auc, micro_auc
from stages.common.metrics.headline import METRICS
from stages.common.metrics.incidents import hours_of
from stages.common.metrics.region import REGION_OVERLAP, area, best_overlaps, region_track_curve
from stages.common.tables.schemas import TRIVIAL
from stages.evaluate.breakdown import alarms, by_type, operation, reviewed


class Labelled(NamedTuple):
    """The test clips that have labels, or all where none has, and the held-out ones beside them; frames are sorted by
    video and frame."""

    frames: pd.DataFrame  # FRAME_SCORES, anomalous and fps
    objects: pd.DataFrame  # OBJECT_SCORES, of the objects that fuse kept
    peaks: pd.DataFrame  # PEAKS of both, and fps
    found: int  # how many objects there were before fuse left some out
    regions: pd.DataFrame  # REGIONS
    held_out: pd.DataFrame  # FRAME_SCORES and fps
    hours: float  # of these test clips
    said: pd.Series  # the verdicts of people, by their place in VERDICTS


def labelled(
    frames: pd.DataFrame,
    objects: pd.DataFrame,
    peaks: pd.DataFrame,
    found: pd.Series,
    footage: dict[str, pd.DataFrame],
    said: pd.Series,
) -> Labelled:
    """What of a set can be measured; the arguments are whole tables. All of a set's regions stay.

    Args:
        found: the video of each object that detect found.
        footage: videos, labels and regions.
        said: the verdict of each of VERDICTS.
    """
    videos, labels, regions = (footage[name] for name in ("videos", "labels", "regions"))
    frames = frames.merge(videos[["video", "fps"]], on="video").sort_values(["video", "frame"], ignore_index=True)
    tests = set(videos["video"][videos["split"] == "test"])
    if len(labels):
        tests &= set(labels["video"])
    searched = frames[frames["video"].isin(tests)]
    peaks = peaks.merge(videos[["video", "fps"]], on="video")
    return Labelled(
        searched.merge(labels, on=["video", "frame"]),
        objects[objects["video"].isin(tests)],
        peaks[peaks["video"].isin(tests) | (peaks["split"] == "held_out")],
        int(found.isin(tests).sum()),
        regions,
        frames[frames["split"] == "held_out"],
        hours_of(searched),
        said,
    )


def summary(tables: Labelled) -> dict:
    """All metrics and counts, rounded to 6 digits, None where one is undefined."""
    frames, objects, regions = tables.frames, tables.objects, tables.regions
    with_objects = len(objects[["video", "frame"]].drop_duplicates())
    mapped = with_regions(frames, regions)
    mapped_objects, frames_of = objects[objects["video"].isin(mapped)], frames.groupby("video").size()
    frames_of = frames_of[frames_of.index.isin(mapped)]
    covered = best_overlaps(objects, regions) >= REGION_OVERLAP
    metrics = {
        "counts": {
            "videos": int(frames["video"].nunique()),
            "frames": len(frames),
            "anomalous_frames": int(frames["anomalous"].sum()),
            "regions": len(regions),
            "tracks": len(regions[["video", "track"]].drop_duplicates()),
            "videos_with_regions": len(mapped),
            "objects": tables.found,
            "objects_scored": len(objects),
            "frames_without_objects": len(frames) - with_objects,
        },
        "macro_policy": "pad",
        **frame_level(frames, "score"),
        "equal_error_rate": equal_error_rate(frames["anomalous"], frames["score"]),
        "average_precision": average_precision(frames["anomalous"], frames["score"]),
        **region_level(mapped_objects, "score", regions, frames_of),
        "interval": intervals(frames, mapped_objects, regions, frames_of),
        "coverage": covered.mean() if len(covered) else math.nan,
        "raw": {**frame_level(frames, "raw"), **region_level(mapped_objects, "raw", regions, frames_of)},
        "cues": {cue: frame_level(frames, cue) for cue in ALL},
        "trivial": {scorer: frame_level(frames, scorer) for scorer in TRIVIAL},
        "types": by_type(frames, regions, covered),
        "incidents": operation(frames, tables.held_out, tables.peaks),
        **alarming(tables),
    }
    return rounded(metrics)


def unlabelled(tables: Labelled) -> dict:
    """What can be compared of a set without labels."""
    counts = {"videos": 0, "objects": tables.found, "objects_scored": len(tables.objects)}
    return rounded({"counts": counts, **alarming(tables)})


def alarming(tables: Labelled) -> dict:
    """What an operator gets, and, where people have said something of it, what that comes to."""
    held_out_hours = hours_of(tables.held_out)
    found = {"alarms": alarms(tables.peaks, tables.hours, held_out_hours)}
    if len(tables.said):
        found["reviewed"] = reviewed(tables.peaks, tables.said, held_out_hours, tables.hours)
    return found


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


def region_level(objects: pd.DataFrame, column: str, regions: pd.DataFrame, frames_of: pd.Series) -> dict[str, float]:
    """RBDC and TBDC of one column of object scores; `frames_of` are the frames of each video, by its name."""
    detections = objects.assign(score=objects[column])
    return area(region_track_curve(detections, regions, max(1, int(frames_of.sum()))))._asdict()


def intervals(
    frames: pd.DataFrame, objects: pd.DataFrame, regions: pd.DataFrame, frames_of: pd.Series
) -> dict[str, dict[str, float]]:
    """The 95 % bootstrap interval over videos of each of METRICS, by its name."""
    columns = frames["anomalous"], frames["score"], frames["video"]
    drawn = bootstrap.drawings(frames["video"].nunique())
    values = {
        "micro_auc": bootstrap.micro_auc(*columns, drawn),
        "macro_auc": bootstrap.macro_auc(*columns, drawn, "pad"),
        "macro_auc_mixed": bootstrap.macro_auc(*columns, drawn, "mixed"),
    }
    drawn = bootstrap.drawings(len(frames_of))
    values["rbdc"], values["tbdc"] = bootstrap.region_track_areas(objects, regions, frames_of, drawn)
    return {name: dict(zip(("low", "high"), bootstrap.interval(values[name]), strict=True)) for name in METRICS}


def rounded(value):
    """Numbers in nested mappings, rounded to 6 digits; None for NaN and infinity, which JSON does not know."""
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, float | np.floating):
        return round(float(value), 6) if math.isfinite(value) else None
    return value
