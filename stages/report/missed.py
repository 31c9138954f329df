"""What was labelled and not found."""

import pandas as pd

from stages.common.metrics.incidents import incidents, touching
from stages.common.metrics.region import REGION_OVERLAP, best_overlaps
from stages.common.tables.schemas import BOX


def incident_table(
    labels: pd.DataFrame, frames: pd.DataFrame, events: pd.DataFrame, regions: pd.DataFrame, boxed: pd.Series
) -> pd.DataFrame:
    """A row per incident: video, first_frame, last_frame, types, score (the highest), boxed (the share of its regions)
    and found, whether an event touches it; of LABELS, FRAME_SCORES, EVENTS, REGIONS and `boxed_regions`."""
    known = labels.merge(frames[["video", "frame", "score"]], on=["video", "frame"])
    found, rows = incidents(known), []
    for video, begin, end in found.itertuples(index=False):
        inside = (regions["video"] == video) & regions["frame"].between(begin, end)
        types = ", ".join(sorted(set(regions["type"][inside]) - {""}))
        share = boxed[inside].mean() if inside.any() else float("nan")
        score = known.loc[(known["video"] == video) & known["frame"].between(begin, end), "score"].max()
        rows.append((types, score, share))
    told = pd.DataFrame(rows, columns=["types", "score", "boxed"])
    return pd.concat([found, told], axis=1).assign(found=touching(events, found).any(axis=0))


def track_table(regions: pd.DataFrame, boxed: pd.Series) -> pd.DataFrame:
    """A row per labelled track: video, track, type, first_frame, last_frame, frames, and the share of them boxed."""
    tracks = regions.assign(boxed=boxed.astype(float)).groupby(["video", "track"], as_index=False)
    ends = {"first_frame": ("frame", "min"), "last_frame": ("frame", "max"), "frames": ("frame", "size")}
    return tracks.agg(type=("type", "first"), **ends, boxed=("boxed", "mean"))


def boxed_regions(regions: pd.DataFrame, objects: pd.DataFrame) -> pd.Series:
    """Whether a scored box is on each labelled region, bool (regions,)."""
    return pd.Series(best_overlaps(objects[["video", "frame", *BOX]], regions) >= REGION_OVERLAP, index=regions.index)
