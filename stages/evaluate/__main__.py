"""Metrics of the test clips against their ground truth, and the tables behind the plots."""

from pathlib import Path

import pandas as pd

from stages.common.cues.all import FRAME_SCORES, OBJECT_SCORES
from stages.common.metrics.headline import headline
from stages.common.running.cli import run_stage
from stages.common.running.files import written_whole
from stages.common.running.params import load
from stages.common.running.paths import SetPaths
from stages.common.tables.json_files import save_json
from stages.common.tables.schemas import LABELS, OBJECTS, REGIONS, TIMES, VIDEOS, read_table
from stages.evaluate.curves import curve_tables, timeline
from stages.evaluate.settings import Alarms
from stages.evaluate.summary import Labelled, labelled, summary


def run(name: str) -> str:
    paths, alarms = SetPaths(name), load("report", Alarms, name)
    tables, frames, labels = read_tables(paths, alarms.join_seconds)
    metrics = summary(tables) if len(labels) else {"counts": {"videos": 0, "objects": tables.found}}
    write_curves(paths.curves, {"timeline": timeline(frames, labels), **curve_tables(tables, metrics)})
    save_json(paths.metrics, metrics)
    if labels.empty:
        tests = frames.loc[frames["split"] == "test", "video"].nunique()
        return f"nothing to evaluate: none of the {tests} test clips has labels; scores lie in {paths.frame_scores}"
    return f"{headline(metrics)}, in {paths.metrics}"


def read_tables(paths: SetPaths, join: float) -> tuple[Labelled, pd.DataFrame, pd.DataFrame]:
    """What can be measured; FRAME_SCORES and LABELS.

    join: alarms with fewer seconds between them are one.
    """
    frames = read_table(paths.frame_scores / "frames.parquet", FRAME_SCORES)
    objects = read_table(paths.frame_scores / "objects.parquet", OBJECT_SCORES)
    found = read_table(paths.detections / "objects.parquet", OBJECTS, ["video"])["video"]
    schemas = {"videos": VIDEOS, "times": TIMES, "labels": LABELS, "regions": REGIONS}
    footage = {name: read_table(paths.footage / f"{name}.parquet", schema) for name, schema in schemas.items()}
    return labelled(frames, objects, found, **footage, join=join), frames, footage["labels"]


def write_curves(folder: Path, tables: dict[str, pd.DataFrame]) -> None:
    # One by one, since the folder holds DVC's .gitignore too.
    for name, table in tables.items():
        with written_whole(folder / f"{name}.csv") as aside:
            table.to_csv(aside, index=False, float_format="%.6g")


if __name__ == "__main__":
    run_stage("evaluate", __doc__, run)
