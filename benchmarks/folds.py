"""Folds: normal footage that was not trained on must not alarm.

    python -m benchmarks.folds ped2 demo

In each of FOLDS a part of a set's normal footage is learnt from, as it would be if it were all, and the rest searched.
Whatever alarms is a false alarm, counted by the threshold of the held-out clips (events) and, beside it, by the highest
of their peaks (above_highest). Each fold is a rehearsal (benchmarks/rehearse.py), `<set>_fold_<number>`, by the
settings of its set; the set's `footage` has to be made before. Writes metrics/folds.csv: a row per set and fold.
"""

import argparse
import json
from pathlib import Path

import pandas as pd

from stages.common.cues.all import EVENTS, FRAME_SCORES
from stages.common.running.files import folder_whole, written_whole
from stages.common.running.paths import SetPaths
from stages.common.tables.schemas import FILES, PEAKS, RUNS, VIDEOS, read_table
from stages.evaluate.breakdown import RATES

FOLDS = 2
TABLE = Path("metrics/folds.csv")


def write_set(name: str, target: Path, fold: int) -> None:
    """Links to the files with normal footage of a set: the `fold`-th of FOLDS parts of them are to be searched."""
    paths = SetPaths(name)
    videos, runs, files = (
        read_table(paths.footage / f"{table}.parquet", schema)
        for table, schema in (("videos", VIDEOS), ("runs", RUNS), ("files", FILES))
    )
    normal = runs["file"][runs["video"].isin(videos["video"][videos["split"] != "test"])]
    sources = sorted((paths.source / path).absolute() for path in files["path"][files["file"].isin(normal)])
    with folder_whole(target) as folder:
        for place, source in enumerate(sources):
            searched = place * FOLDS // len(sources) == fold
            link = folder / ("testing" if searched else "training") / "frames" / source.name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(source)


def row_of(name: str, place: Path) -> dict:
    """What was found in a fold, of a project in `place`."""
    paths = SetPaths(name)
    frames = read_table(place / paths.frame_scores / "frames.parquet", FRAME_SCORES)
    fps = read_table(place / paths.footage / "videos.parquet", VIDEOS).set_index("video")["fps"]
    seconds = (1 / fps.reindex(frames["video"])).groupby(frames["split"].to_numpy()).sum()
    peaks = read_table(place / paths.frame_scores / "peaks.parquet", PEAKS)
    heights = {split: of["score"] for split, of in peaks.groupby("split")}
    events = read_table(place / paths.report / "events.parquet", EVENTS).query("alarm")
    alarms = json.loads((place / paths.metrics).read_text())["alarms"]
    return {
        "fold": name,
        "held_out_seconds": round(seconds["held_out"], 1),
        "held_out_peaks": len(heights["held_out"]),
        "held_out_highest": round(float(heights["held_out"].max()), 2),
        "searched_seconds": round(seconds["test"], 1),
        "searched_peaks": len(heights["test"]),
        "searched_highest": round(float(heights["test"].max()), 2),
        "above_highest": int((heights["test"] > heights["held_out"].max()).sum()),
        "threshold_one_per_hour": alarms["one_per_hour"]["threshold"],
        **{f"above_{rate}": alarms[rate]["count"] for rate in RATES},
        "events": len(events),
        "share_of_time": round(float((events["end"] - events["start"]).sum() / seconds["test"]), 3),
    }


if __name__ == "__main__":
    from benchmarks.rehearse import PLACE, made  # which imports this

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+")
    names = [f"{name}_fold_{fold}" for name in parser.parse_args().sets for fold in range(FOLDS)]
    made(names, "report")
    with written_whole(TABLE) as aside:
        pd.DataFrame([row_of(name, PLACE) for name in names]).to_csv(aside, index=False)
    print(TABLE.read_text())
