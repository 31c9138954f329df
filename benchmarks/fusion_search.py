"""Which fusion is best on rehearsals: every combination of a few settings, and one knob at a time, on each of the sets.

    python -m benchmarks.fusion_search ped2_rehearsal_0 ped2_rehearsal_1 ped2_rehearsal_2

prints the combinations in the order of their mean over the sets and the four metrics, and in how many sets each gains
over z-scores without features and velocity; then what each knob does. metrics/fusion_search.csv and
metrics/fusion_knobs.csv have those of each set. Needs `dvc repro score@<set>` and velocity; `make rehearsal` makes them
and asks this. Sets whose labels are a result to be reported have no place here.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import pandas as pd

from benchmarks.cue_weights import alone
from stages.common.cues.all import ALL
from stages.common.metrics.headline import HEADLINE
from stages.common.running.errors import InputError
from stages.common.running.files import written_whole
from stages.common.running.params import load
from stages.common.running.paths import SetPaths
from stages.common.tables.schemas import LABELS, REGIONS, VERDICTS, read_table
from stages.evaluate.summary import frame_level, region_level
from stages.fuse.__main__ import object_scores, read_clips
from stages.fuse.cues import read_cues
from stages.fuse.frames import scored_frames
from stages.fuse.settings import Fuse, Tubes

METHODS = {
    "zscore": {"method": "zscore"},
    **{f"tail {share}": {"method": "tail", "tail_share": share} for share in (0.01, 0.05, 0.1, 0.2)},
}
# Smoothing along tracks is not among them: a made-up anomaly lasts as long as its object, which favours it by design.
GRID = {
    "method": list(METHODS),
    "features": [0.0, 1.0, 2.0, 4.0],
    "velocity": [0.0, 1.0, 2.0, 4.0],
    "frame_seconds": [0.3, 0.5, 0.7],
}
METRICS = list(HEADLINE)
# What each knob changes of the section `fuse`.
KNOBS = {
    "as set": {},
    **{f"without {cue}": {"weights": {cue: 0.0}} for cue in ALL},
    **{f"{cue} alone": {"weights": alone("fuse", cue)} for cue in ALL},
    "the four tasks": {"weights": alone("fuse", "tasks")},
    "mean of the paper's probabilities": {"method": "mean", "weights": alone("fuse", "tasks")},
    "low boxes too": {"min_height": 0.0},
    "cut boxes like any other": {"edge_margin": 0.0},
    "object map filtered": {"map_filter": 3},
    "not smoothed along tracks": {"track_seconds": 0.0},
}
# The metrics of a set for some settings and several `frame_seconds`.
Measure = Callable[[Fuse, list[float]], list[dict]]


def measure_of(name: str) -> Measure:
    paths = SetPaths(name)
    clips = read_clips(paths, load("tubes", Tubes, name))
    videos = clips.videos
    labels = read_table(paths.footage / "labels.parquet", LABELS)
    regions = read_table(paths.footage / "regions.parquet", REGIONS)
    cues = read_cues(paths, videos, pd.DataFrame(columns=VERDICTS.names))
    tests = videos[videos["video"].isin(labels["video"])].sort_values("video")
    frames = labels.sort_values(["video", "frame"], ignore_index=True)
    frames_of = frames.groupby("video").size()

    def measure(fuse: Fuse, smoothings: list[float]) -> list[dict]:
        objects = object_scores(cues, clips, fuse)
        regional = region_level(objects[objects["split"] == "test"], "score", regions, frames_of)
        found = []
        for seconds in smoothings:
            smoothed = replace(fuse, frame_seconds=seconds)
            scores = scored_frames(objects, "score", clips._replace(videos=tests), smoothed)
            measured = frame_level(frames.assign(score=scores), "score") | regional
            found.append({metric: measured[metric] for metric in METRICS})
        return found

    return measure


def changed(fuse: Fuse, changes: dict) -> Fuse:
    """The settings with others in their place; weights that are not named stay."""
    return replace(fuse, **{**changes, "weights": fuse.weights | changes.get("weights", {})})


def search(name: str, measure: Measure) -> pd.DataFrame:
    """A row per combination: the settings and METRICS."""
    rows, fuse = [], load("fuse", Fuse, name)
    for method, features, velocity in product(GRID["method"], GRID["features"], GRID["velocity"]):
        weighed = changed(fuse, {**METHODS[method], "weights": {"features": features, "velocity": velocity}})
        for seconds, found in zip(GRID["frame_seconds"], measure(weighed, GRID["frame_seconds"]), strict=True):
            rows.append(dict(zip(GRID, (method, features, velocity, seconds), strict=True)) | found)
    return pd.DataFrame(rows)


def turned(name: str, measure: Measure) -> pd.DataFrame:
    """A row per knob, the rest as set: its name, and METRICS."""
    set_to = load("fuse", Fuse, name)
    knobs = {knob: changed(set_to, changes) for knob, changes in KNOBS.items()}
    return pd.DataFrame({"knob": knob, **measure(fuse, [fuse.frame_seconds])[0]} for knob, fuse in knobs.items())


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


def gains(tables: list[pd.DataFrame]) -> pd.Series:
    """In how many sets each combination is better than z-scores without features and velocity, smoothed alike."""
    each = pd.concat([table.set_index(list(GRID))[METRICS].mean(axis=1) for table in tables], axis=1)
    plain = each.loc[[("zscore", 0.0, 0.0, seconds) for seconds in each.index.get_level_values("frame_seconds")]]
    return pd.Series((each.to_numpy() > plain.to_numpy()).sum(axis=1), each.index, name="gains")


def averaged(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """The mean over the sets of each knob, in their order, and `mean` of METRICS."""
    keyed = [table.set_index("knob") for table in tables]
    means = sum(keyed) / len(keyed)
    return means.assign(mean=means.mean(axis=1))


def write(path: Path, tables: dict[str, pd.DataFrame]) -> None:
    with written_whole(path) as aside:
        pd.concat(tables, names=["set", None]).reset_index("set").round(4).to_csv(aside, index=False)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+")
    try:
        measures = {name: measure_of(name) for name in parser.parse_args().sets}
        combinations = {name: search(name, measure) for name, measure in measures.items()}
        knobs = {name: turned(name, measure) for name, measure in measures.items()}
    except InputError as error:
        raise SystemExit(str(error)) from None
    write(Path("metrics/fusion_search.csv"), combinations)
    write(Path("metrics/fusion_knobs.csv"), knobs)
    found = (ranked(list(combinations.values())).set_index(list(GRID)) * 100).round(1)
    print(found.join(gains(list(combinations.values()))).to_string())
    print((averaged(list(knobs.values())) * 100).round(1).to_string())
