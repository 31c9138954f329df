"""A page, clips, tables and figures of what was found: what a person looks at."""

import functools
import io
import json
import platform
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import pyarrow as pa
from ruamel.yaml import YAML

from stages.common.drawing.figures import draw_roc, draw_scores
from stages.common.running.cli import run_stage
from stages.common.running.errors import InputError
from stages.common.running.files import folder_whole, link_or_copy, sha256
from stages.common.running.params import all_values, load, load_machine
from stages.common.running.paths import SetPaths
from stages.common.running.pieces import Job, map_videos
from stages.common.tables.arrays import map_array
from stages.common.tables.schemas import BOX, EVENTS, FAULTS, arrow_table, write_table
from stages.report.clips import Scored, make_pictures
from stages.report.faults import find_faults
from stages.report.findings import Findings, clip_spans, find
from stages.report.page import render
from stages.report.settings import Report
from stages.report.tables import Tables, of_video
from stages.report.words import counted, duration

LIBRARIES = ["av", "numpy", "opencv-python-headless", "openvino", "pandas", "scikit-learn", "torch", "torchvision"]


def run(name: str) -> str:
    paths, report = SetPaths(name), load("report", Report, name)
    metrics, tables = read_metrics(paths.metrics), Tables(paths)
    faults = search_faults(name, paths.frames, tables)
    findings = find(tables, faults, report)
    spans = clip_spans(findings, tables, report)
    with folder_whole(paths.report) as folder:
        (folder / "clips").mkdir()
        (folder / "figures").mkdir()
        for piece in film(name, paths.frames, tables, findings, spans, report):
            for file in sorted(piece.iterdir()):
                link_or_copy(file, folder / "clips" / file.name)
        write_both(folder / "events", findings.events, EVENTS)
        write_both(folder / "faults", findings.faults, FAULTS)
        about = {
            "figures": draw_figures(folder / "figures", tables, findings, metrics),
            "parameters": as_yaml(all_values(name)),
            "versions": versions(paths),
        }
        (folder / "index.html").write_text(render(name, tables, findings, report, metrics, spans, **about))
    filmed = sum(tables.seconds[video][b + 1] - tables.seconds[video][a] for video in spans for a, b in spans[video])
    return (
        f"{counted(len(findings.events), 'event')} and {counted(len(findings.faults), 'recording fault')} in "
        f"{counted(len(tables.tests), 'test clip')}, {duration(filmed)} of clips: open {paths.report}/index.html"
    )


def read_metrics(path: Path) -> dict:
    if not path.exists():
        raise InputError(f"{path}: not found; run `dvc repro` to make it")
    return json.loads(path.read_text())


def search_faults(name: str, folder: Path, tables: Tables) -> pd.DataFrame:
    """The faults of test and held-out clips (FAULTS)."""
    videos = tables.videos[tables.videos["split"] != "train"].sort_values("video")
    packed = {video: folder / f"{video}.npy" for video in videos["video"]}
    jobs = [
        Job(video, {"frames": sha256(file)}, functools.partial(write_faults, file)) for video, file in packed.items()
    ]
    parts = []
    for video, piece in zip(videos.itertuples(), map_videos("report/faults", name, jobs, load_machine()), strict=True):
        own, seconds = pd.read_csv(piece / "faults.csv"), tables.seconds[video.video]
        times = {"start": seconds[own["first_frame"]], "end": seconds[own["last_frame"] + 1]}
        parts.append(own.assign(video=video.video, split=video.split, alarm=False, **times))
    return pd.concat(parts, ignore_index=True)[FAULTS.names]


def write_faults(packed: Path, folder: Path) -> None:
    find_faults(map_array(packed)).to_csv(folder / "faults.csv", index=False)


def film(name: str, folder: Path, tables: Tables, findings: Findings, spans: dict, report: Report) -> Iterator[Path]:
    """A piece with clips and pictures for each video that has any."""
    shown = findings.events.head(report.events_shown)
    jobs = []
    for video in (video for video in tables.tests if spans[video]):
        scored = Scored(
            scores=tables.scores(video),
            seconds=tables.seconds[video],
            anomalous=tables.anomalous(video),
            objects=of_video(tables.objects, video)[["frame", *BOX, "score"]],
            regions=of_video(tables.regions, video)[["frame", *BOX]],
            events=of_video(shown, video)[["first_frame", "peak_frame", "box_frame", *BOX]],
            spans=spans[video],
            low=findings.low,
            least=findings.least.value,
            span=findings.span,
        )
        packed = folder / f"{video}.npy"
        content = {"video": video, "frames": sha256(packed), "scored": scored.hash()}
        jobs.append(Job(video, content, functools.partial(make_pictures, packed, video, scored)))
    return map_videos("report/clips", name, jobs, load_machine())


def write_both(path: Path, table: pd.DataFrame, schema: pa.Schema) -> None:
    """A table as Parquet and, for people, as CSV."""
    write_table(path.with_suffix(".parquet"), table, schema)
    arrow_table(table, schema).to_pandas().to_csv(path.with_suffix(".csv"), index=False, float_format="%.6g")


def draw_figures(folder: Path, tables: Tables, findings: Findings, metrics: dict) -> list[dict]:
    """Title and files of each figure."""
    tests = tables.frames[tables.frames["split"] == "test"]
    names = draw_scores(folder, tests, tables.labels, tables.seconds, findings.least.value, findings.span)
    titles = {name: "Scores over time" + (f", {name[7:]} of {len(names)}" if len(names) > 1 else "") for name in names}
    if metrics.get("micro_auc") is not None:
        draw_roc(folder, tests.merge(tables.labels, on=["video", "frame"]), metrics["micro_auc"])
        titles["roc"] = "ROC of the frames"
    return [
        {"title": title, **{kind: f"figures/{name}.{kind}" for kind in ("png", "svg")}}
        for name, title in titles.items()
    ]


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
