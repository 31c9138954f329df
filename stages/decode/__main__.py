"""The one pass over the footage: what is live in every clip, coded, and what is wrong with its pictures."""

import functools
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from stages.common.frames.store import fill_store, read_clip
from stages.common.running.cli import run_stage
from stages.common.running.errors import InputError
from stages.common.running.files import folder_whole, sha256
from stages.common.running.params import load, load_machine
from stages.common.running.paths import SetPaths
from stages.common.running.pieces import Job, map_videos
from stages.common.tables.schemas import FILES, RUNS, SOURCE_FAULTS, SPANS, VIDEOS, read_table, write_table
from stages.decode.clip import Grid, decode_clip
from stages.decode.settings import Decode

SHORT = 3  # times what shares a background: a clip of less is looked at with what is before and after it in its file


def run(name: str) -> str:
    paths, decode = SetPaths(name), load("decode", Decode, name)
    videos = read_table(paths.footage / "videos.parquet", VIDEOS)
    runs = read_table(paths.footage / "runs.parquet", RUNS)
    files = read_table(paths.footage / "files.parquet", FILES).set_index("file")
    check_unchanged(files, paths.source)
    around, hashes = (
        neighbours(videos, runs, decode.background),
        dict(zip(videos["video"], videos["hash"], strict=True)),
    )
    jobs = []
    for clip in videos.itertuples():
        near, grid = around[clip.video], Grid(clip.frames, clip.fps, clip.width, clip.height)
        settings = {name: getattr(decode, name) for name in ("grey", "gate", "margin", "background", "quality")}
        settings["areas"] = asdict(decode.areas)
        content = {
            **settings,
            **grid._asdict(),
            "hash": clip.hash,
            "around": [list(map(hashes.get, side)) for side in near],
        }
        both = near[0], clip.video, near[1]
        make = functools.partial(decode_clip, paths.footage, paths.source, both, grid, decode)
        jobs.append(Job(clip.video, content, make))
    spans, faults, live = [], [], 0
    with folder_whole(paths.frames) as frames, folder_whole(paths.live) as lively:
        pieces = dict(zip(videos["video"], map_videos("decode", name, jobs, load_machine()), strict=True))
        fill_store(frames, pieces.items())
        for video, piece in pieces.items():
            own = read_clip(piece)
            spans += [(video, *both) for both in np.hstack([own.live, own.spans]).tolist()]
            live += int((own.live[:, 1] - own.live[:, 0]).sum())
            found = read_table(piece / "faults.parquet", SOURCE_FAULTS)
            of = runs[runs["video"] == video].sort_values("first")
            place = of["first"].searchsorted(found["first_frame"], side="right") - 1
            faults.append(found.assign(video=video, path=files["path"].reindex(of["file"].iloc[place]).to_numpy()))
        write_table(lively / "spans.parquet", pd.DataFrame(spans, columns=SPANS.names), SPANS)
        write_table(lively / "faults.parquet", pd.concat(faults), SOURCE_FAULTS)
    return f"{said(videos, runs, live, pd.concat(faults))} in {paths.frames}"


def check_unchanged(files: pd.DataFrame, source: Path) -> None:
    """Raises InputError for a file, or a folder of pictures, that is not as it was when its frames were counted."""
    for path, hashed in zip(files["path"], files["sha256"], strict=True):
        if not (source / path).exists() or sha256(source / path) != hashed:
            raise InputError(f"{source / path}: it changed since its frames were counted: run again")


def neighbours(videos: pd.DataFrame, runs: pd.DataFrame, background: float) -> dict[str, tuple[list[str], list[str]]]:
    """Of each clip, those before and those after it in its file, in order, if it is short.

    Args:
        background: decode.background.
    """
    frames = dict(zip(videos["video"], videos["frames"] / videos["fps"], strict=True))
    order = {file: of["video"].unique().tolist() for file, of in runs.sort_values("second").groupby("file")}
    found = {}
    for video, of in runs.groupby("video"):
        ends = of.sort_values("first")["file"]
        short = frames[video] < SHORT * background
        before, after = order[ends.iloc[0]], order[ends.iloc[-1]]
        sides = before[: before.index(video)], after[after.index(video) + 1 :]
        found[video] = sides if short else ([], [])
    return found


def said(videos: pd.DataFrame, runs: pd.DataFrame, live: int, faults: pd.DataFrame) -> str:
    """Frames, how much of them is live, and what was lost, in words."""
    recorded = int(runs["frames"].sum())
    words = f"{live} live frames of {recorded} of {len(videos)} clips ({live / max(recorded, 1):.1%} of the time)"
    lost = faults["seconds"].sum()
    counts = faults["kind"].value_counts()
    words += f", {lost:.1f} s lost to damage" if lost else ""
    for kind, what in (("light", "switches of light"), ("moved", "moves of the camera")):
        words += f", {counts[kind]} {what}" if kind in counts else ""
    return words


if __name__ == "__main__":
    run_stage("decode", __doc__, run)
