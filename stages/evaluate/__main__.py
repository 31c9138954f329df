"""Metrics of the test clips against their ground truth, and the tables behind the plots."""

import pandas as pd

from stages.common.cues.all import FRAME_SCORES, OBJECT_SCORES
from stages.common.metrics.headline import headline
from stages.common.running.cli import run_stage
from stages.common.running.files import written_whole
from stages.common.running.paths import SetPaths
from stages.common.tables.json_files import save_json
from stages.common.tables.schemas import LABELS, OBJECTS, PEAKS, REGIONS, VERDICTS, VIDEOS, read_table
from stages.evaluate.curves import curve_tables, timeline
from stages.evaluate.summary import Labelled, labelled, summary, unlabelled


def run(name: str) -> str:
    paths = SetPaths(name)
    tables, frames, labels = read_tables(paths)
    metrics = summary(tables) if len(labels) else unlabelled(tables)
    # One by one, since the folder holds DVC's .gitignore too.
    for table, rows in {"timeline": timeline(frames, labels), **curve_tables(tables, metrics)}.items():
        with written_whole(paths.curves / f"{table}.csv") as aside:
            rows.to_csv(aside, index=False, float_format="%.6g")
    save_json(paths.metrics, metrics)
    if labels.empty:
        tests = frames.loc[frames["split"] == "test", "video"].nunique()
        return f"nothing to evaluate: none of the {tests} test clips has labels; scores lie in {paths.frame_scores}"
    return f"{headline(metrics)}, in {paths.metrics}"


def read_tables(paths: SetPaths) -> tuple[Labelled, pd.DataFrame, pd.DataFrame]:
    """What can be measured; FRAME_SCORES; LABELS."""
    frames = read_table(paths.frame_scores / "frames.parquet", FRAME_SCORES)
    objects = read_table(paths.frame_scores / "objects.parquet", OBJECT_SCORES)
    peaks = read_table(paths.frame_scores / "peaks.parquet", PEAKS)
    found = read_table(paths.detections / "objects.parquet", OBJECTS, ["video"])["video"]
    schemas = {"videos": VIDEOS, "labels": LABELS, "regions": REGIONS}
    footage = {name: read_table(paths.footage / f"{name}.parquet", schema) for name, schema in schemas.items()}
    said = read_table(paths.frame_scores / "verdicts.parquet", VERDICTS, ["verdict"])["verdict"]
    return labelled(frames, objects, peaks, found, footage, said), frames, footage["labels"]


if __name__ == "__main__":
    run_stage("evaluate", __doc__, run)
