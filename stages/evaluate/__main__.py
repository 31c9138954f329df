"""Metrics of the test clips against their ground truth, and the tables behind the plots."""

from pathlib import Path

import pandas as pd

from stages.common.running.cli import run_stage
from stages.common.running.files import save_json, written_whole
from stages.common.running.params import load
from stages.common.running.paths import SetPaths
from stages.common.tables.schemas import FRAME_SCORES, LABELS, OBJECT_SCORES, REGIONS, SCORES, VIDEOS, read_table
from stages.evaluate.curves import curve_tables, timeline
from stages.evaluate.summary import Evaluate, labelled, summary

HEADLINE = ("micro_auc", "macro_auc", "rbdc", "tbdc")


def run(name: str) -> str:
    paths, evaluate = SetPaths(name), load("evaluate", Evaluate, name)
    boxes = read_table(paths.scores, SCORES)
    labels = read_table(paths.footage / "labels.parquet", LABELS)
    frames = read_table(paths.frame_scores / "frames.parquet", FRAME_SCORES)
    videos = read_table(paths.footage / "videos.parquet", VIDEOS)
    tables = labelled(
        frames,
        read_table(paths.frame_scores / "objects.parquet", OBJECT_SCORES),
        boxes,
        videos,
        labels,
        read_table(paths.footage / "regions.parquet", REGIONS),
    )
    metrics = {} if labels.empty else summary(tables, evaluate)
    curves = {"timeline": timeline(frames, labels), **curve_tables(tables, metrics, evaluate)}
    write_curves(paths.curves, curves)
    tests = set(videos["video"][videos["split"] == "test"])
    if labels.empty:
        save_json(paths.metrics, {"counts": {"videos": 0, "objects": int(boxes["video"].isin(tests).sum())}})
        return (
            f"nothing to evaluate: none of the {len(tests)} test clips has labels; scores lie in {paths.frame_scores}"
        )
    save_json(paths.metrics, metrics)
    shown = ", ".join(
        f"{name} {metrics[name]:.4f}" if metrics[name] is not None else f"{name} undefined" for name in HEADLINE
    )
    return f"{shown}, in {paths.metrics}"


def write_curves(folder: Path, tables: dict[str, pd.DataFrame]) -> None:
    # One by one, since the folder holds DVC's .gitignore too.
    for name, table in tables.items():
        with written_whole(folder / f"{name}.csv") as aside:
            table.to_csv(aside, index=False, float_format="%.6g")


if __name__ == "__main__":
    run_stage("evaluate", __doc__, run)
