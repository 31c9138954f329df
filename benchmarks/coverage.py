"""Which share of the anomalous regions of a set has a box at all, by source and threshold.

    python -m benchmarks.coverage ped2

Needs `dvc repro detect@ped2`. What has no box cannot be scored: the share bounds RBDC from above.
"""

import argparse

import numpy as np
import pandas as pd

from stages.common.errors import InputError
from stages.common.paths import SetPaths
from stages.common.tables import BOX, DETECTIONS, REGIONS, VIDEOS, read_table
from stages.detect.boxes import iou_matrix

OVERLAPS = (0.1, 0.3)
THRESHOLDS = (0.0, 0.4, 0.5, 0.6)


def best_overlaps(boxes: pd.DataFrame, regions: pd.DataFrame) -> np.ndarray:
    """The highest IoU of each region with a box of its frame, float (regions,), in 0 to 1; 0 where there is none."""
    best = np.zeros(len(regions))
    rows_of = boxes.groupby(["video", "frame"]).indices
    for frame, rows in regions.groupby(["video", "frame"]).indices.items():
        own = boxes.iloc[rows_of.get(frame, [])]
        if len(own):
            best[rows] = iou_matrix(regions.iloc[rows][BOX].to_numpy(), own[BOX].to_numpy()).max(axis=1)
    return best


def coverage(boxes: pd.DataFrame, regions: pd.DataFrame, frames: int) -> dict[str, float]:
    best = best_overlaps(boxes, regions)
    shares = {f"IoU > {overlap}": float((best > overlap).mean()) for overlap in OVERLAPS}
    return {**shares, "boxes per frame": len(boxes) / frames}


def report(name: str) -> pd.DataFrame:
    paths = SetPaths(name)
    videos = read_table(paths.footage / "videos.parquet", VIDEOS)
    regions = read_table(paths.footage / "regions.parquet", REGIONS)
    videos = videos[videos["video"].isin(regions["video"])]
    boxes = read_table(paths.detections, DETECTIONS)
    boxes = boxes[boxes["video"].isin(videos["video"])]
    first = boxes["source"].mode()[0]
    kept = {
        f"{first} >= {score}" if score else first: boxes[(boxes["source"] == first) & (boxes["score"] >= score)]
        for score in THRESHOLDS
    }
    kept["all sources"] = boxes
    return pd.DataFrame({row: coverage(table, regions, videos["frames"].sum()) for row, table in kept.items()}).T


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set")
    try:
        print(report(parser.parse_args().set).round(3).to_string())
    except InputError as error:
        raise SystemExit(str(error)) from None
