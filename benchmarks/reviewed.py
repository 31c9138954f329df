"""What verdicts on one half of the test clips do to the other half.

    python -m benchmarks.reviewed ped2 --first 20

Every other test clip is reviewed: so many of their highest moments are called an event where a labelled frame is in
them, and else normal. How the others fare before and after that, and the seconds of `fuse`, are rows of
metrics/reviewed.csv. Needs `dvc repro evaluate@<set>`; the set stays as it is.
"""

import argparse
import shutil
import time
from contextlib import chdir
from pathlib import Path

import pandas as pd

from benchmarks.hours import keep_row
from stages.common.metrics.headline import METRICS
from stages.common.metrics.incidents import hours_of, incidents, touching
from stages.common.running.paths import WORK, SetPaths
from stages.common.tables.schemas import LABELS, read_table
from stages.common.tables.verdicts import COLUMNS, EVENT, NORMAL, PLACE, write_verdicts
from stages.evaluate.__main__ import read_tables
from stages.evaluate.summary import summary
from stages.fuse.__main__ import run as fuse
from stages.report.cards import place_of
from stages.report.events import describe
from stages.report.tables import Tables

TABLE = Path("metrics/reviewed.csv")
# What of `Labelled` is of test clips alone.
OF_CLIPS = ("frames", "objects", "regions")


def prepare(name: str) -> Path:
    """A project in which the set's scores can be put together again; all before them is that of this one."""
    place, paths = WORK / "reviewed", SetPaths(name)
    shutil.rmtree(place, ignore_errors=True)
    (place / "data" / name).mkdir(parents=True)
    shutil.copyfile("params.yaml", place / "params.yaml")
    for path in (paths.footage, paths.live, paths.detections, paths.scores, paths.features, paths.velocity):
        (place / path).symlink_to(path.absolute())
    return place


def say(name: str, clips: list[str], first: int) -> pd.DataFrame:
    """The verdicts on the highest moments of these clips, by their labels."""
    tables = Tables(SetPaths(name))
    peaks = tables.peaks[tables.peaks["video"].isin(clips)].nlargest(first, "beyond")
    about = {"set": name, "comment": "", "by": "labels", "at": ""}
    rows = [
        {
            **about,
            **dict(zip(PLACE, place_of(event, tables), strict=True)),
            "verdict": EVENT if event.labelled else NORMAL,
        }
        for event in describe(peaks, tables.objects, tables.labels, tables.seconds).itertuples()
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def measured(name: str, clips: list[str], first: int) -> dict:
    """The metrics of these test clips alone, and how many of their highest moments are labelled."""
    tables, *_ = read_tables(SetPaths(name))
    own = {field: rows[rows["video"].isin(clips)] for field, rows in tables._asdict().items() if field in OF_CLIPS}
    peaks = tables.peaks[tables.peaks["video"].isin(clips) | (tables.peaks["split"] == "held_out")]
    metrics = summary(tables._replace(**own, peaks=peaks, hours=hours_of(own["frames"])))
    highest = peaks[peaks["split"] == "test"].nlargest(first, "beyond")
    right = touching(highest, incidents(own["frames"])).any(axis=1)
    operation = metrics["incidents"]["one_per_hour"]["calibrated"]
    return {**{metric: metrics[metric] for metric in METRICS}, f"first_{first}": round(right.mean(), 3), **operation}


def review(name: str, first: int) -> list[dict]:
    """A row of the other half before it, one after it."""
    tests = sorted(read_table(SetPaths(name).footage / "labels.parquet", LABELS)["video"].unique())
    place, verdicts = prepare(name), say(name, tests[::2], first)
    rows = []
    with chdir(place):
        for reviewed, said in (("nothing", verdicts[:0]), ("half", verdicts)):
            write_verdicts(SetPaths(name).verdicts, said)
            start = time.monotonic()
            fuse(name)
            seconds = time.monotonic() - start
            counts = {verdict: int((said["verdict"] == verdict).sum()) for verdict in (EVENT, NORMAL)}
            found = {"set": name, "reviewed": reviewed, **counts, **measured(name, tests[1::2], first)}
            rows.append(found | {"fuse_seconds": round(seconds, 1)})
    shutil.rmtree(place)
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="of the set")
    parser.add_argument("--first", type=int, default=20)
    given = parser.parse_args()
    for row in review(given.name, given.first):
        keep_row(TABLE, row, ["set", "reviewed"])
        print(", ".join(f"{name} {value}" for name, value in row.items()))
