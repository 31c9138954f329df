"""Finds the clips of a data set, counts their frames and writes down what is known about them."""

from pathlib import Path
from types import ModuleType

import pandas as pd

from stages.common.running.cli import run_stage
from stages.common.running.errors import InputError
from stages.common.running.files import folder_whole
from stages.common.running.params import load
from stages.common.running.paths import SetPaths
from stages.common.tables.schemas import LABELS, REGIONS, TIMES, VIDEOS, write_table
from stages.footage.clips import Clip, Truth, left_out, probe
from stages.footage.layouts import find_layout
from stages.footage.settings import Footage
from stages.footage.splits import Span, hold_out, span_of, split_recordings
from stages.footage.truth import cut_truth, label_table, region_table
from stages.footage.truth_files import track_regions

# Bytes of a clip's name: a file system takes 255, and what is made of the clip has more in its name.
LONGEST_NAME = 200


def run(name: str) -> str:
    paths, footage = SetPaths(name), load("footage", Footage, name)
    layout = find_layout(paths.source, footage.layout)
    clips = find_clips(paths.source, layout, footage)
    held_out = hold_out(clips, footage.held_out, footage.held_out_clips, footage.seed)
    # A file or folder may hold several clips.
    sources = {clip.path: clip.kind for clip in clips}
    facts = {path: probe(paths.source / path, kind, footage.images_fps) for path, kind in sources.items()}
    limits = footage.start_seconds, footage.end_seconds, footage.stride
    spans = {clip.name: span_of(clip, facts[clip.path], *limits) for clip in clips}
    videos = video_table(clips, facts, spans, held_out)
    tests = [clip for clip in clips if clip.split == "test"]
    found = {clip.name: find_truth(paths.source, layout, clip, facts[clip.path]) for clip in tests}
    truths = {video: cut_truth(truth, spans[video]) for video, truth in found.items()}
    labels = label_table(truths, dict(zip(videos["video"], videos["frames"], strict=True)))
    with folder_whole(paths.footage) as folder:
        write_table(folder / "videos.parquet", videos, VIDEOS)
        write_table(folder / "times.parquet", time_table(clips, facts, spans), TIMES)
        write_table(folder / "labels.parquet", labels, LABELS)
        write_table(folder / "regions.parquet", region_table(truths), REGIONS)
    splits, note = videos["split"].value_counts(), ""
    # That recordings were split, which their owner did not do, is said where it was done.
    if not footage.normal_clips and any(clip.part != (0.0, 1.0) for clip in clips):
        note = f" (no train/ and test/: the first {footage.normal_share:.0%} of each recording are taken as normal)"
    return (
        f"{splits.get('train', 0)} training, {splits.get('held_out', 0)} held-out and {splits.get('test', 0)} test "
        f"clips{note}, {videos['frames'].sum()} frames, {labels['anomalous'].sum()} labelled "
        f"anomalous{left_out(paths.source, clips)}, in {paths.footage}"
    )


def find_clips(source: Path, layout: ModuleType, footage: Footage) -> list[Clip]:
    clips = split_recordings(layout.clips(source), footage.normal_clips, footage.normal_share)
    clips = sorted(clips, key=lambda clip: clip.name)
    names = [clip.name for clip in clips]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"{source}: two clips are named {name!r}; rename one")
        if len(name.encode()) > LONGEST_NAME:
            raise InputError(f"{source}: the clip's name {name!r} is longer than {LONGEST_NAME} bytes; shorten it")
    for split in ("train", "test"):
        if not any(clip.split == split for clip in clips):
            found = left_out(source, clips)
            raise InputError(f"{source}: no {split} clips; expected videos or folders of pictures{found}")
    return clips


def find_truth(source: Path, layout: ModuleType, clip: Clip, facts: dict) -> Truth:
    """What the layout knows of a test clip; tracks beside it in tracks/<clip>.txt count for more."""
    truth = layout.truth(source, clip, facts)
    tracks = track_regions(source / "tracks" / f"{clip.own_name}.txt", facts["frames"])
    return truth if tracks is None else truth._replace(regions=tracks)


def video_table(clips: list[Clip], facts: dict[Path, dict], spans: dict[str, Span], held_out: set[str]) -> pd.DataFrame:
    rows = []
    for clip in clips:
        split, span = "held_out" if clip.name in held_out else clip.split, spans[clip.name]
        row = {"video": clip.name, "split": split, "kind": clip.kind, "path": clip.path.as_posix()}
        rows.append({**facts[clip.path], **span._asdict(), **row, "fps": facts[clip.path]["fps"] / span.step})
    return pd.DataFrame(rows)


def time_table(clips: list[Clip], facts: dict[Path, dict], spans: dict[str, Span]) -> pd.DataFrame:
    tables = []
    for clip in clips:
        first, step, frames = spans[clip.name]
        seconds = facts[clip.path]["times"][first::step][:frames]
        tables.append(pd.DataFrame({"video": clip.name, "frame": range(frames), "seconds": seconds.round(6)}))
    return pd.concat(tables, ignore_index=True)


if __name__ == "__main__":
    run_stage("footage", __doc__, run)
