"""Which fusion is best on rehearsals: every combination of a few settings, measured on each of the sets.

    python -m benchmarks.fusion_search ped2_rehearsal_0 ped2_rehearsal_1 ped2_rehearsal_2

prints the combinations in the order of their mean over the sets and the four metrics; metrics/fusion_search.csv has
those of each set. Needs `dvc repro score@<set>` and velocity. Sets whose labels are a result to be reported
have no place here.
"""

import argparse
from dataclasses import replace
from itertools import product
from pathlib import Path

import pandas as pd

from stages.common.errors import InputError
from stages.common.files import written_whole
from stages.common.params import load
from stages.common.paths import SetPaths
from stages.common.tables import LABELS, REGIONS, SCORES, VELOCITY, VIDEOS, read_table
from stages.evaluate.summary import Evaluate, frame_level, region_level
from stages.fuse.__main__ import with_velocity
from stages.fuse.fusion import Fuse, object_scores, scored_frames

# Smoothing along tracks is not among them: a made-up anomaly lasts as long as its object, which favours it by design.
GRID = {"method": ["zscore", "tail"], "velocity": [0.0, 0.5, 1.0, 2.0, 4.0], "frame_sigma": [3.0, 5.0, 7.0]}
METRICS = ["micro_auc", "macro_auc", "rbdc", "tbdc"]


def search(name: str) -> pd.DataFrame:
    """A row per combination: the settings and METRICS."""
    paths, fuse, evaluate = SetPaths(name), load("fuse", Fuse, name), load("evaluate", Evaluate, name)
    videos = read_table(paths.footage / "videos.parquet", VIDEOS)
    labels = read_table(paths.footage / "labels.parquet", LABELS)
    regions = read_table(paths.footage / "regions.parquet", REGIONS)
    cues = with_velocity(read_table(paths.scores, SCORES), read_table(paths.velocity, VELOCITY), paths)
    tests, rows = videos[videos["video"].isin(labels["video"])].sort_values("video"), []
    frames = labels.sort_values(["video", "frame"], ignore_index=True)
    for method, velocity in product(GRID["method"], GRID["velocity"]):
        fuse = replace(fuse, method=method, weights=replace(fuse.weights, velocity=velocity))
        objects = object_scores(cues, videos, fuse)
        regional = region_level(
            objects[objects["split"] == "test"], "score", regions, frames.groupby("video").size(), evaluate
        )
        for sigma in GRID["frame_sigma"]:
            scores = scored_frames(objects, "score", tests, replace(fuse, frame_sigma=sigma), smooth=True)
            measured = frame_level(frames.assign(score=scores), "score") | regional
            settings = {"method": method, "velocity": velocity, "frame_sigma": sigma}
            rows.append({**settings, **{metric: measured[metric] for metric in METRICS}})
    return pd.DataFrame(rows)


def ranked(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """The mean over the sets of each combination, best first.

    Columns: the settings, METRICS, `mean` of these; how far that is `behind` the best, and the standard `error` of that
    over the sets. What is behind by less than its error is as good as the best.
    """
    keyed = [table.set_index(list(GRID)) for table in tables]
    means = sum(keyed) / len(keyed)
    each = pd.concat([table[METRICS].mean(axis=1) for table in keyed], axis=1)
    means = means.assign(mean=each.mean(axis=1))
    behind = each.loc[means["mean"].idxmax()] - each
    means = means.assign(behind=behind.mean(axis=1), error=behind.std(axis=1) / len(keyed) ** 0.5)
    return means.sort_values("mean", ascending=False).reset_index()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+")
    try:
        tables = {name: search(name) for name in parser.parse_args().sets}
    except InputError as error:
        raise SystemExit(str(error)) from None
    with written_whole(Path("metrics/fusion_search.csv")) as aside:
        pd.concat(tables, names=["set", None]).reset_index("set").round(4).to_csv(aside, index=False)
    print((ranked(list(tables.values())).set_index(list(GRID)) * 100).round(1).to_string())
