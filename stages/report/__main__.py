"""A page, clips, tables and figures of what was found: what a person looks at."""

import functools
import io
import json
import math
import platform
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from ruamel.yaml import YAML

from stages.common.cues.all import EVENTS
from stages.common.drawing.figures import roc_figure, save, score_figures
from stages.common.frames.store import open_frames
from stages.common.running.cli import run_stage
from stages.common.running.errors import InputError
from stages.common.running.files import folder_whole, link_or_copy, sha256
from stages.common.running.params import all_values, load, load_machine
from stages.common.running.paths import SetPaths
from stages.common.running.pieces import Job, map_videos
from stages.common.tables.schemas import BOX, FAULTS, arrow_table, read_faults, write_table
from stages.report.clips import Scored, make_pictures
from stages.report.digest import write_digest
from stages.report.events_json import events_json
from stages.report.findings import Findings, clips_of, find
from stages.report.page import found_of, measured_of, render, run_of
from stages.report.settings import Report
from stages.report.tables import Tables, of_video
from stages.report.words import counted, duration, lost_said

LIBRARIES = ["av", "numpy", "opencv-python-headless", "openvino", "pandas", "scikit-learn", "torch", "torchvision"]


def run(name: str) -> str:
    paths, report = SetPaths(name), load("report", Report, name)
    if not paths.metrics.exists():
        raise InputError(f"{paths.metrics}: not found; run `dvc repro` to make it")
    metrics, tables = json.loads(paths.metrics.read_text()), Tables(paths)
    findings = find(tables, all_faults(paths, tables), report)
    clips = clips_of(findings, tables, report)
    with folder_whole(paths.report) as folder:
        (folder / "clips").mkdir()
        (folder / "figures").mkdir()
        for piece in film(name, tables, findings, clips, report):
            for file in sorted(piece.iterdir()):
                link_or_copy(file, folder / "clips" / file.name)
        write_both(folder / "events", findings.moments, EVENTS)
        write_both(folder / "faults", findings.faults, FAULTS)
        (folder / "events.json").write_text(events_json(tables, findings), encoding="utf-8")
        figures, parameters = draw_figures(folder / "figures", tables, findings, metrics), as_yaml(all_values(name))
        if report.digest:
            write_digest(folder / "digest.mp4", paths.frames, tables, findings)
        about = run_of(findings, report, figures=figures, parameters=parameters, versions=versions(paths))
        found = found_of(tables, findings, report, clips)
        (folder / "index.html").write_text(render(name, measured_of(metrics, findings), found, about))
    filmed = sum(tables.seconds[video][b + 1] - tables.seconds[video][a] for video in clips for a, b in clips[video])
    events = counted(len(findings.events), "event")
    if not findings.threshold.rate:
        events = f"too little normal footage for a threshold, {counted(len(findings.moments), 'moment')} ranked,"
    return (
        f"{events} and "
        f"{counted(len(findings.faults), 'recording fault')} in {counted(len(tables.tests), 'test clip')}, "
        f"{duration(filmed)} of clips{lost_said(findings.faults)}: open {paths.report}/index.html"
    )


def all_faults(paths: SetPaths, tables: Tables) -> pd.DataFrame:
    """What is wrong with the recordings of test and held-out clips, and files that give no clip (FAULTS), by its place
    among all of SOURCE_FAULTS."""
    faults = read_faults(paths.footage, paths.live)
    splits = dict(zip(tables.videos["video"], tables.videos["split"], strict=True))
    faults["split"] = faults["video"].map(splits).fillna("")
    faults = faults[faults["split"] != "train"].copy()
    ends = [
        (seconds_at(tables, row, row.first_frame), seconds_at(tables, row, row.last_frame + 1))
        for row in faults.itertuples()
    ]
    faults[["start", "end"]] = np.array(ends, float).reshape(-1, 2)
    return faults.assign(alarm=False)[FAULTS.names]


def seconds_at(tables: Tables, fault, frame: int) -> float:
    return float(tables.seconds[fault.video][frame]) if fault.first_frame >= 0 else math.nan


def film(name: str, tables: Tables, findings: Findings, clips: dict, report: Report) -> Iterator[Path]:
    """A piece with clips and pictures for each video that has any."""
    store, jobs = SetPaths(name).frames, []
    for video in (video for video in tables.tests if clips[video]):
        scored = scored_of(video, tables, findings, clips[video], report.events_shown)
        content = {"video": video, "frames": open_frames(store, video).hash, "scored": scored.hash()}
        jobs.append(Job(video, content, functools.partial(make_pictures, store, video, scored)))
    return map_videos("report/clips", name, jobs, load_machine())


def scored_of(video: str, tables: Tables, findings: Findings, clips: list, events_shown: int) -> Scored:
    return Scored(
        scores=tables.scores(video),
        seconds=tables.seconds[video],
        anomalous=tables.anomalous(video),
        objects=of_video(tables.objects, video)[["frame", *BOX, "score"]],
        regions=of_video(tables.regions, video)[["frame", *BOX]],
        events=of_video(findings.moments.head(events_shown), video)[["first_frame", "peak_frame", "track", *BOX]],
        clips=clips,
        spans=tables.spans[video],
        usual=findings.usual,
        threshold=findings.threshold.value,
        score_range=findings.score_range,
    )


def write_both(path: Path, table: pd.DataFrame, schema: pa.Schema) -> None:
    """A table as Parquet and, for people, as CSV."""
    write_table(path.with_suffix(".parquet"), table, schema)
    arrow_table(table, schema).to_pandas().to_csv(path.with_suffix(".csv"), index=False, float_format="%.6g")


def draw_figures(folder: Path, tables: Tables, findings: Findings, metrics: dict) -> list[dict]:
    """Title and files of each figure."""
    tests, threshold = tables.frames[tables.frames["split"] == "test"], findings.threshold.value
    pages = score_figures(tests, tables.labels, tables.seconds, threshold, findings.score_range)
    named = []
    for page, figure in enumerate(pages, 1):
        of_all = f", {page} of {len(pages)}" if len(pages) > 1 else ""
        named.append((f"Scores over time{of_all}", f"scores_{page}", figure))
    if metrics.get("micro_auc") is not None:
        known = tests.merge(tables.labels, on=["video", "frame"])
        named.append(("ROC of the frames", "roc", roc_figure(known, metrics["micro_auc"])))
    for _, name, figure in named:
        for kind in ("png", "svg"):
            save(figure, folder / f"{name}.{kind}", kind)
    return [{"title": title, **{k: f"figures/{name}.{k}" for k in ("png", "svg")}} for title, name, _ in named]


def as_yaml(settings: dict) -> str:
    text, yaml = io.StringIO(), YAML()
    yaml.dump(settings, text)
    return text.getvalue()


def versions(paths: SetPaths) -> list[tuple[str, str]]:
    """What the run rests on beside its parameters."""
    return [
        ("Python", platform.python_version()),
        *((library, version(library)) for library in LIBRARIES),
        ("object scores", f"SHA-256 {sha256(paths.frame_scores / 'objects.parquet')[:16]}"),
    ]


if __name__ == "__main__":
    run_stage("report", __doc__, run)
