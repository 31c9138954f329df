"""A page, clips, tables and figures of what was found: what a person looks at."""

import functools
import io
import json
import math
import platform
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from ruamel.yaml import YAML

from stages.common.cli import run_stage
from stages.common.errors import InputError
from stages.common.files import folder_whole, link_or_copy, sha256
from stages.common.params import PARAMS, SECTIONS, find_set, load, load_machine, merged, read_tree
from stages.common.paths import SetPaths
from stages.common.tables import (
    BOX,
    EVENTS,
    FAULTS,
    FRAME_SCORES,
    LABELS,
    OBJECT_SCORES,
    REGIONS,
    TIMES,
    VIDEOS,
    arrow_table,
    read_table,
    table_hash,
    write_table,
)
from stages.common.videos import Job, map_videos
from stages.report import page
from stages.report.clips import Scored, clip_name, make_pictures, spans_of
from stages.report.events import Threshold, describe, explained_by, find_alarms, seconds_of, threshold
from stages.report.faults import find_faults
from stages.report.missed import boxed_regions, missed_stretches, track_table
from stages.report.pictures import draw_roc, draw_scores, score_span
from stages.report.settings import Report

VERSIONS = ["av", "numpy", "onnxruntime", "opencv-python-headless", "pandas", "scikit-learn", "torch", "torchvision"]


class Tables:
    """What the stages before have found of a set, and how it lies in time.

    Attributes:
        videos, frames, objects, times, labels, regions: VIDEOS, FRAME_SCORES, OBJECT_SCORES, TIMES, LABELS, REGIONS;
            labels and regions of test clips alone.
        seconds: by video, when each frame begins and the last one ends, float (frames + 1,).
        tests: names of the test clips, sorted.
    """

    def __init__(self, paths: SetPaths):
        self.videos = read_table(paths.footage / "videos.parquet", VIDEOS)
        self.times = read_table(paths.footage / "times.parquet", TIMES)
        self.frames = read_table(paths.frame_scores / "frames.parquet", FRAME_SCORES)
        self.objects = read_table(paths.frame_scores / "objects.parquet", OBJECT_SCORES)
        self.tests = sorted(self.videos["video"][self.videos["split"] == "test"])
        labels = read_table(paths.footage / "labels.parquet", LABELS)
        regions = read_table(paths.footage / "regions.parquet", REGIONS)
        self.labels = labels[labels["video"].isin(self.tests)]
        self.regions = regions[regions["video"].isin(self.tests)].reset_index(drop=True)
        shown = self.videos["video"][self.videos["split"] != "train"]
        self.seconds = {video: seconds_of(self.times, video) for video in sorted(shown)}

    def scores(self, video: str) -> np.ndarray:
        return self.frames[self.frames["video"] == video].sort_values("frame")["score"].to_numpy(float)

    def anomalous(self, video: str) -> np.ndarray:
        """bool (frames,); none where there are no labels."""
        marked = np.zeros(len(self.seconds[video]) - 1, bool)
        own = self.labels[(self.labels["video"] == video) & self.labels["anomalous"]]
        marked[own["frame"]] = True
        return marked


def run(name: str) -> str:
    paths, report = SetPaths(name), load("report", Report, name)
    tables = Tables(paths)
    least = threshold(tables.frames, tables.videos, report.false_alarms_per_hour)
    faults = search_faults(paths, tables)
    alarms = find_alarms(tables.frames, tables.times, least.value, report.join_seconds)
    explained = explained_by(alarms, faults, tables.frames, tables.objects, least.value)
    faults.loc[explained[explained >= 0], "alarm"] = True
    events = describe(alarms[explained < 0], tables.frames, tables.objects, tables.times, tables.labels, least.value)
    shown = events.head(report.events_shown)
    spans = {video: clip_spans(video, shown, tables, report) for video in tables.tests}
    with folder_whole(paths.report) as folder:
        (folder / "clips").mkdir()
        (folder / "figures").mkdir()
        for piece in film(paths, tables, shown, spans, least):
            for file in sorted(piece.iterdir()):
                link_or_copy(file, folder / "clips" / file.name)
        write_both(folder / "events", events, EVENTS)
        write_both(folder / "faults", faults, FAULTS)
        figures = draw_figures(folder / "figures", paths, tables, least)
        text = write_page(paths, tables, report, least, events, faults, spans, figures)
        (folder / "index.html").write_text(text)
    seconds = sum(
        tables.seconds[video][last + 1] - tables.seconds[video][first] for video, first, last in listed(spans)
    )
    return (
        f"{page.counted(len(events), 'event')} and {page.counted(len(faults), 'fault')} of "
        f"{page.counted(len(tables.tests), 'test clip')}, {page.duration(seconds)} of clips, in {paths.report}/index.html"
    )


def listed(spans: dict[str, list[tuple[int, int]]]) -> list[tuple[str, int, int]]:
    return [(video, first, last) for video, own in spans.items() for first, last in own]


def search_faults(paths: SetPaths, tables: Tables) -> pd.DataFrame:
    """The faults of test and held-out clips (FAULTS)."""
    videos = tables.videos[tables.videos["split"] != "train"].sort_values("video")
    jobs = []
    for video in videos["video"]:
        packed = paths.frames / f"{video}.npy"
        jobs.append(Job(video, {"frames": sha256(packed)}, functools.partial(write_faults, packed)))
    parts = []
    for video, piece in zip(videos.itertuples(), map_videos("faults", jobs, load_machine().workers), strict=True):
        own, seconds = pd.read_csv(piece / "faults.csv"), tables.seconds[video.video]
        own = own.assign(video=video.video, split=video.split, alarm=False)
        own["start"], own["end"] = (
            seconds[own["first_frame"].to_numpy(int)],
            seconds[own["last_frame"].to_numpy(int) + 1],
        )
        parts.append(own[FAULTS.names])
    return pd.concat(parts, ignore_index=True)


def write_faults(packed: Path, folder: Path) -> None:
    from stages.common.arrays import map_array

    find_faults(map_array(packed)).to_csv(folder / "faults.csv", index=False)


def clip_spans(video: str, events: pd.DataFrame, tables: Tables, report: Report) -> list[tuple[int, int]]:
    seconds = tables.seconds[video]
    if report.whole_clips:
        return [(0, len(seconds) - 2)]
    return spans_of(events[events["video"] == video], seconds, report.clip_margin)


def film(paths: SetPaths, tables: Tables, events: pd.DataFrame, spans: dict, least: Threshold):
    """The pieces with clips and pictures of the videos that have any."""
    normal = tables.objects.loc[tables.objects["split"] == "held_out", "score"]
    low = float(normal.median()) if len(normal) else 0.0
    room = score_span(tables.frames["score"].to_numpy(float), least.value)
    jobs = []
    for video in tables.tests:
        if spans[video]:
            scored = Scored(
                tables.scores(video),
                tables.seconds[video],
                tables.anomalous(video),
                of_video(tables.objects, video)[["frame", *BOX, "score"]],
                of_video(tables.regions, video)[["frame", *BOX]],
                of_video(events, video),
                spans[video],
                low,
                least.value,
                room,
            )
            packed = paths.frames / f"{video}.npy"
            jobs.append(
                Job(video, drawn(scored, packed, video), functools.partial(make_pictures, packed, video, scored))
            )
    return map_videos("clips", jobs, load_machine().workers)


def of_video(table: pd.DataFrame, video: str) -> pd.DataFrame:
    return table[table["video"] == video].reset_index(drop=True)


def drawn(scored: Scored, packed: Path, video: str) -> dict:
    """All that determines the pictures of one video; not the rank of its events, which others' change."""
    numbers = [scored.scores, scored.seconds, scored.anomalous.astype(float)]
    tables = [scored.objects, scored.regions, scored.events[["first_frame", "peak_frame", "box_frame", *BOX]]]
    return {
        "video": video,
        "frames": sha256(packed),
        "numbers": [[float(value) for value in each] for each in numbers],
        "tables": [table.astype(float).fillna(-1).to_numpy().tolist() for table in tables],
        "spans": scored.spans,
        "levels": [scored.low, str(scored.least), *scored.span],
    }


def write_both(path: Path, table: pd.DataFrame, schema) -> None:
    """A table as Parquet and as CSV."""
    write_table(path.with_suffix(".parquet"), table, schema)
    arrow_table(table, schema).to_pandas().to_csv(path.with_suffix(".csv"), index=False, float_format="%.6g")


def draw_figures(folder: Path, paths: SetPaths, tables: Tables, least: Threshold) -> list[dict]:
    tests = tables.frames[tables.frames["split"] == "test"]
    names = draw_scores(folder, tests, tables.labels, tables.seconds, least.value)
    known = tests.merge(tables.labels, on=["video", "frame"])
    area = read_metrics(paths).get("micro_auc")
    names += draw_roc(folder, known, area) if len(known) and area is not None else []
    titles = {"roc": "ROC of the frames"}
    return [
        {
            "title": titles.get(
                name, f"Scores over time, {name.removeprefix('scores_')} of {len(names) - ('roc' in names)}"
            ),
            **{kind: f"figures/{name}.{kind}" for kind in ("png", "svg")},
        }
        for name in names
    ]


def read_metrics(paths: SetPaths) -> dict:
    if not paths.metrics.exists():
        raise InputError(f"{paths.metrics}: not found; run `dvc repro` to make it")
    return json.loads(paths.metrics.read_text())


def write_page(paths, tables: Tables, report: Report, least: Threshold, events, faults, spans, figures) -> str:
    metrics = read_metrics(paths)
    room = score_span(tables.frames["score"].to_numpy(float), least.value)
    settings = set_settings(paths.name)
    shown = events.head(report.events_shown)
    labelled = len(tables.labels) > 0
    missed = missed_of(tables, events, settings["evaluate"]["region_overlap"]) if labelled else {}
    tests = tables.videos[tables.videos["split"] == "test"].set_index("video")
    heights = {video: max(1, round(row.height * 320 / row.width)) for video, row in tests.iterrows()}
    clips = {
        video: [
            (clip_name(video, first), seconds_at(tables, video, first), seconds_at(tables, video, last + 1))
            for first, last in own
        ]
        for video, own in spans.items()
    }
    return page.render(
        name=paths.name,
        span=[round(value, 4) for value in room],
        labelled=labelled,
        tiles=page.tiles(metrics, events, missed.get("found")),
        scorers=page.scorer_rows(metrics),
        types=page.type_rows(metrics),
        total_events=len(events),
        footage=page.duration(sum(tables.seconds[video][-1] - tables.seconds[video][0] for video in tables.tests)),
        threshold=page.number(least.value),
        threshold_said=page.threshold_said(least, report.false_alarms_per_hour),
        level=round(200 * (1 - float(page.shares(least.value, room)))) if math.isfinite(least.value) else None,
        events=[page.event_card(row, clip_of(row, clips[row.video]), heights[row.video]) for row in shown.itertuples()],
        videos=[
            page.timeline(
                video,
                tables.scores(video),
                tables.seconds[video],
                tables.anomalous(video),
                of_video(events, video),
                of_video(faults, video),
                clips[video],
                room,
            )
            for video in tables.tests
        ],
        missed_said=missed.get("said", ""),
        stretches=missed.get("stretches", []),
        tracks=missed.get("tracks", []),
        faults=page.fault_rows(faults),
        figures=figures,
        parameters=as_yaml(settings),
        versions=versions(paths),
    )


def seconds_at(tables: Tables, video: str, frame: int) -> float:
    return float(tables.seconds[video][frame])


def clip_of(event, clips: list[tuple[str, float, float]]) -> tuple[str, float]:
    """The clip that shows an event, and the second of the footage at which it begins."""
    return next((name, first) for name, first, last in clips if first <= event.start <= last)


def missed_of(tables: Tables, events: pd.DataFrame, overlap: float) -> dict:
    boxed = boxed_regions(tables.regions, tables.objects, overlap)
    everything = missed_stretches(tables.labels, tables.frames, events.head(0), tables.regions, boxed)
    stretches = missed_stretches(tables.labels, tables.frames, events, tables.regions, boxed)
    tracks = track_table(tables.regions, boxed)
    seldom = tracks[tracks["boxed"] < 0.5].sort_values(["boxed", "video", "track"])
    found = len(everything) - len(stretches)
    said = f"Events cover {found} of {page.counted(len(everything), 'labelled stretch')[:-1] if False else len(everything)}"
    said = f"Events cover {found} of the {len(everything)} stretches that are labelled anomalous."
    if len(tables.regions):
        said += f" A scored box overlaps {page.percent(float(boxed.mean()))} of the labelled regions."
    return {
        "found": (found, len(everything)),
        "said": said,
        "stretches": page.stretch_rows(stretches, tables.seconds),
        "tracks": page.track_rows(seldom, tables.seconds),
    }


def set_settings(name: str) -> dict:
    """All sections of params.yaml as they hold for a set."""
    tree = read_tree(PARAMS)
    own = find_set(tree, name, PARAMS)
    return {section: merged(tree.get(section) or {}, own.get(section) or {}) for section in tree if section in SECTIONS}


def as_yaml(settings: dict) -> str:
    text = io.StringIO()
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.dump(settings, text)
    return text.getvalue()


def versions(paths: SetPaths) -> list[tuple[str, str]]:
    scores = sha256(paths.frame_scores / "objects.parquet")
    return [
        ("Python", platform.python_version()),
        *((name, version(name)) for name in VERSIONS),
        ("object scores", f"SHA-256 {scores[:16]}…"),
    ]


if __name__ == "__main__":
    run_stage("report", __doc__, run)
