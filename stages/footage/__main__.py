"""Finds the clips of a data set, by the packets of its files alone, and writes down what is known about them."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from stages.common.running.cli import run_stage
from stages.common.running.errors import InputError
from stages.common.running.files import folder_whole
from stages.common.running.params import load, load_machine
from stages.common.running.paths import SetPaths
from stages.common.tables.schemas import (
    FILES,
    LABELS,
    PICTURES,
    REGIONS,
    RUNS,
    SOURCE_FAULTS,
    VIDEOS,
    arrow_table,
    write_table,
)
from stages.footage.clips import Clip, Truth, distinct, left_out
from stages.footage.grid import grid_of, runs_of
from stages.footage.layouts import find_layout, is_own
from stages.footage.settings import Footage, Grid
from stages.footage.sources import Sources, find_sources, listed, probed
from stages.footage.splits import PARTS, SHORT, hold_out, normal_of
from stages.footage.tables import fault_rows, file_row, kept_size, pictures_of, run_rows, video_row
from stages.footage.timeline import Fault, Source, Track, faults_of, said, tracks_of
from stages.footage.truth import cut_truth, label_table, region_table
from stages.footage.truth_files import track_regions
from stages.footage.windows import Part, cut, named

# Bytes of a clip's name: a file system takes 255, and what is made of the clip has more in its name.
LONGEST_NAME = 200


def run(name: str) -> str:
    paths, footage, grid = SetPaths(name), load("footage", Footage, name), load("decode", Grid, name)
    layout = find_layout(paths.source, footage.layout)
    own = is_own(layout)
    clips = find_clips(paths.source, layout)
    found = find_sources(paths.source, clips, probed(paths.source, name, clips, load_machine()), footage, own)
    sources = {source.number: source for source in found.good}
    alone = {number for number, source in sources.items() if not own or is_labelled(paths.source, source.clip)}
    tracks, gaps = tracks_of(found.good, alone)
    parts = sorted(named(cut_tracks(tracks, footage, own), sources), key=lambda part: part.name)
    check_clips(paths.source, parts, found)
    held_out = hold_out(parts, footage.folds, footage.held_out, footage.held_out_clips, footage.seed)
    parts = [replace(part, split="held_out") if part.name in held_out else part for part in parts]
    fps, every = grid_of(found.good, grid.rate)
    clipped = [(part, runs_of(part, fps, every)) for part in parts]
    faults = sorted([*gaps, *(fault for source in found.good for fault in faults_of(source))])
    with folder_whole(paths.footage) as folder:
        truths, known = {}, {}
        with pq.ParquetWriter(folder / "pictures.parquet", PICTURES, compression="zstd") as writer:
            for part, runs in clipped:
                pictures = pictures_of(part, runs, sources)
                writer.write_table(arrow_table(pictures, PICTURES))
                if part.split == "test":
                    source = sources[part.numbers[0]]
                    size = kept_size(source, grid.height)
                    truths[part.name] = clip_truth(paths.source, layout, source, pictures, size)
                    known[part.name] = pictures["frame"].to_numpy()
        labels = label_table(truths, known)
        folds = (held_out.get(part.name, -1) for part, _ in clipped)
        rows = [video_row(*clip, fold, sources, fps, grid.height) for clip, fold in zip(clipped, folds, strict=True)]
        table = pd.DataFrame(rows, columns=VIDEOS.names)
        write_table(folder / "videos.parquet", table.astype({"began": "datetime64[us]"}), VIDEOS)
        write_rows(folder / "files.parquet", map(file_row, found.good), FILES)
        write_rows(folder / "runs.parquet", chain(*(run_rows(*clip, sources) for clip in clipped)), RUNS)
        write_rows(folder / "faults.parquet", fault_rows(faults, clipped, sources, found.bad), SOURCE_FAULTS)
        write_table(folder / "labels.parquet", labels, LABELS)
        write_table(folder / "regions.parquet", region_table(truths), REGIONS)
    splits, note = table["split"].value_counts(), ""
    # That recordings were split, which their owner did not do, is said where it was done.
    if not footage.normal and any(clip.split == "recording" for clip in clips):
        note = f" (no train/ and test/: the first {footage.normal_share:.0%} of the time are taken as normal)"
    return (
        f"{splits.get('train', 0)} training, {splits.get('held_out', 0)} held-out and {splits.get('test', 0)} test "
        f"clips{note}, {table['frames'].sum()} frames, {labels['anomalous'].sum()} labelled anomalous"
        f"{lost(found, faults)}{left_out(paths.source, [clip.path for clip in clips], own)}, in {paths.footage}"
    )


def write_rows(path: Path, rows: Iterable[tuple], schema: pa.Schema) -> None:
    write_table(path, pd.DataFrame(rows, columns=schema.names), schema)


def find_clips(source: Path, layout: ModuleType) -> list[Clip]:
    clips = layout.clips(source)
    clips = sorted(distinct(clips) if is_own(layout) else clips, key=lambda clip: clip.name)
    for clip, after in zip(clips, [*clips[1:], None], strict=True):
        if after and clip.name == after.name:
            raise InputError(f"{source}: two clips are named {clip.name!r}; rename one")
        if len(clip.name.encode()) > LONGEST_NAME:
            raise InputError(f"{source}: the clip's name {clip.name!r} is longer than {LONGEST_NAME} bytes; shorten it")
    return clips


def cut_tracks(tracks: list[Track], footage: Footage, own: bool) -> list[Part]:
    """The clips of all tracks: whole files of published sets, of own footage what has the right length."""
    recordings = [track for track in tracks if track.sources[0].clip.split == "recording"]
    normal = normal_of(recordings, footage.normal, footage.normal_share) if recordings or footage.normal else []
    marks = {id(track): np.where(mark, "train", "test") for track, mark in zip(recordings, normal, strict=True)}
    splits = [marks.get(id(track), np.full(len(track.seconds), track.sources[0].clip.split)) for track in tracks]
    window = 60 * footage.clip_minutes if own else np.inf
    both = list(zip(tracks, splits, strict=True))
    quarter, rest = (sum(track.recorded(own == split) for track, own in both) / PARTS for split in ("train", "test"))
    searched = min(window, max(rest, SHORT)) if recordings else window

    def parts_of(train: float) -> list[Part]:
        windows = {"train": train, "test": searched}
        return [part for track, split in both for part in cut(track, split, windows)]

    parts = parts_of(min(window, quarter) if recordings else window)
    # Who has sorted his footage himself has the clips that he has made, unless none of them could be held out.
    if own and not recordings and sum(part.split == "train" for part in parts) == 1:
        parts = parts_of(min(window, quarter))
    return parts


def check_clips(source: Path, parts: list[Part], found: Sources) -> None:
    for split in ("train", "test"):
        if not any(part.split == split for part in parts):
            bad = "".join(f"; {path} cannot be read: {wrong}" for path, wrong in found.bad.items())
            raise InputError(f"{source}: no {split} clips; expected videos or folders of pictures{bad}")


def is_labelled(source: Path, clip: Clip) -> bool:
    return (source / "labels" / f"{clip.own_name}.npy").exists() or (source / f"tracks/{clip.own_name}.txt").exists()


def clip_truth(
    folder: Path, layout: ModuleType, source: Source, pictures: pd.DataFrame, size: tuple[int, int]
) -> Truth:
    """What the layout knows of a test clip's frames; tracks beside it in tracks/<clip>.txt count for more.

    Args:
        pictures: as of `pictures_of`.
        size: width and height of the frames that are kept.
    """
    probe = source.probe
    facts = {"frames": len(probe.stamps), "width": probe.width, "height": probe.height}
    truth = layout.truth(folder, source.clip, facts)
    tracks = track_regions(folder / "tracks" / f"{source.clip.own_name}.txt", facts["frames"])
    truth = truth if tracks is None else truth._replace(regions=tracks)
    scale = size[0] / probe.width, size[1] / probe.height
    return cut_truth(truth, pictures["frame"].to_numpy(), pictures["picture"].to_numpy(), scale)


def lost(found: Sources, faults: list[Fault]) -> str:
    """What could not be read, how much time was lost, and which files are unlike the rest, in words."""
    words = list(found.notes)
    if found.bad:
        why = f" ({next(iter(found.bad.values()))})" if len(found.bad) == 1 else ""
        words.append(
            f"{len(found.bad)} of {len(found.bad) + len(found.good)} files cannot be read: {listed(found.bad)}{why}"
        )
    if faults:
        words.append(f"{said(sum(fault.seconds for fault in faults))} lost by {len(faults)} faults of recordings")
    return "".join(f"; {word}" for word in words)


if __name__ == "__main__":
    run_stage("footage", __doc__, run)
