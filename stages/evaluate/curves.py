"""The tables behind the plots: `dvc plots show` draws them, and any spreadsheet opens them."""

import pandas as pd

from stages.common.metrics.frame import roc
from stages.common.metrics.region import REGION_OVERLAP, best_overlaps, region_track_curve
from stages.evaluate.breakdown import per_video
from stages.evaluate.summary import Labelled, with_regions

# Points of a curve that a picture can show.
POINTS = 400


def curve_tables(tables: Labelled, metrics: dict) -> dict[str, pd.DataFrame]:
    """The tables by name, of metrics as from `summary`; without rows where there are no labels."""
    covered = best_overlaps(tables.objects, tables.regions) >= REGION_OVERLAP
    return {
        "roc": roc_table(tables.frames),
        "regions": region_table(tables),
        "scorers": scorer_table(metrics),
        "videos": per_video(tables.frames, tables.regions, covered),
    }


def roc_table(frames: pd.DataFrame) -> pd.DataFrame:
    curve = roc(frames["anomalous"], frames["score"])
    return thinned(pd.DataFrame(curve._asdict()).drop(columns="thresholds").dropna())


def region_table(tables: Labelled) -> pd.DataFrame:
    """Shares of regions and of tracks found, one below the other, over false positives per frame."""
    mapped = with_regions(tables.frames, tables.regions)
    objects = tables.objects[tables.objects["video"].isin(mapped)]
    frames = max(1, int(tables.frames["video"].isin(mapped).sum()))
    curve = region_track_curve(objects, tables.regions, frames)
    parts = [
        pd.DataFrame({"false_positives_per_frame": curve.false_positive_rate, "found": rate}).assign(of=name)
        for name, rate in (("regions", curve.region_detection_rate), ("tracks", curve.track_detection_rate))
    ]
    return pd.concat([thinned(part.dropna()) for part in parts], ignore_index=True)


def scorer_table(metrics: dict) -> pd.DataFrame:
    """Micro AUC of the fused score, of each cue alone and of the trivial scorers."""
    found = {"fused": metrics, "fused, unsmoothed": metrics.get("raw", {})}
    found |= metrics.get("cues", {}) | metrics.get("trivial", {})
    rows = [(name, aucs["micro_auc"]) for name, aucs in found.items() if aucs.get("micro_auc") is not None]
    return pd.DataFrame(rows, columns=["scorer", "micro_auc"])


def timeline(frames: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """The score of each frame of the test clips, and whether it is labelled anomalous (0, 1, or nothing known)."""
    tests = frames.loc[frames["split"] == "test", ["video", "frame", "score"]]
    known = tests.merge(labels, on=["video", "frame"], how="left")
    return known.assign(anomalous=known["anomalous"].astype("Float64"))


def thinned(table: pd.DataFrame) -> pd.DataFrame:
    """POINTS rows at most, the first and the last among them."""
    step = max(1, -(-(len(table) - 1) // (POINTS - 1)))
    kept = table.iloc[::step]
    return kept if len(table) < 2 or (len(table) - 1) % step == 0 else pd.concat([kept, table.iloc[-1:]])
