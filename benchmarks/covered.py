"""Which share of the anomalous regions of a set has a box at all, by source and threshold.

    python -m benchmarks.covered ped2

Needs `dvc repro detect@ped2`. What has no box cannot be scored: the share bounds RBDC from above. Only the frames that
were searched count.
"""

import argparse

import pandas as pd

from stages.common.metrics.region import best_overlaps
from stages.common.running.errors import InputError
from stages.common.running.paths import SetPaths
from stages.common.tables.schemas import OBJECTS, REGIONS, SEARCHED, read_table

OVERLAPS = (0.1, 0.3)
THRESHOLDS = (0.0, 0.4, 0.5, 0.6)


def coverage(boxes: pd.DataFrame, regions: pd.DataFrame, frames: int) -> dict[str, float]:
    best = best_overlaps(boxes, regions)
    shares = {f"IoU > {overlap}": float((best > overlap).mean()) for overlap in OVERLAPS}
    return {**shares, "boxes per frame": len(boxes) / frames}


def report(name: str) -> pd.DataFrame:
    paths = SetPaths(name)
    regions = read_table(paths.footage / "regions.parquet", REGIONS)
    searched = read_table(paths.detections / "searched.parquet", SEARCHED)
    searched = searched[searched["video"].isin(regions["video"])]
    regions = regions.merge(searched, on=["video", "frame"])
    boxes = read_table(paths.detections / "objects.parquet", OBJECTS)
    boxes = boxes[boxes["video"].isin(searched["video"])]
    first = boxes["source"].mode()[0]
    kept = {
        f"{first} >= {score}" if score else first: boxes[(boxes["source"] == first) & (boxes["score"] >= score)]
        for score in THRESHOLDS
    }
    kept["all sources"] = boxes
    return pd.DataFrame({row: coverage(table, regions, len(searched)) for row, table in kept.items()}).T


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set")
    try:
        print(report(parser.parse_args().set).round(3).to_string())
    except InputError as error:
        raise SystemExit(str(error)) from None
