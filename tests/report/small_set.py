"""A small set as the stages before leave it: frames in which squares walk, and tables that say what was found."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from helpers import PARAMS, store_frames
from ruamel.yaml import YAML

from stages.common.cues.all import ALL, FRAME_SCORES, OBJECT_SCORES
from stages.common.frames.store import open_frames
from stages.common.running.params import merged
from stages.common.running.paths import SetPaths
from stages.common.tables.json_files import save_json
from stages.common.tables.schemas import (
    BOX,
    FILES,
    LABELS,
    PEAKS,
    REGIONS,
    RUNS,
    SOURCE_FAULTS,
    SPANS,
    TRIVIAL,
    VERDICTS,
    VIDEOS,
    read_faults,
    write_table,
)
from stages.decode.clip import SAID
from stages.decode.faults import faults_of
from stages.fuse.believable import span_edges
from stages.fuse.explained import with_faults
from stages.fuse.peaks import peaks_of

CUES = list(ALL)
# Frames of an event in the first test clip: it scores 6, all else about 1.
EVENT = range(24, 37)
FPS = 12.0
# False alarms per hour: so often that seconds of normal footage can tell a threshold.
OFTEN = 1000.0


def walkers(frames: int, height: int = 71, width: int = 95, seed: int = 0, count: int = 4, noise: float = 1.5):
    """Frames, uint8 (frames, H, W, 3), in which textured patches walk over a grainy ground, all of them always."""
    rng = np.random.default_rng(seed)
    ground = rng.integers(60, 180, (height // 4 + 1, width // 4 + 1)).repeat(4, 0).repeat(4, 1)[:height, :width]
    patches = [rng.integers(0, 255, (6, 4)).repeat(3, 0).repeat(3, 1) for _ in range(count)]
    speeds, starts = rng.uniform(1, 2.2, count), rng.uniform(0, width - 12, count)
    footage = np.empty((frames, height, width, 3), np.uint8)
    for time in range(frames):
        picture = ground.astype(float)
        for number, patch in enumerate(patches):
            left = int((starts[number] + speeds[number] * time) % (width - 12))
            top = int(number * (height - 20) / max(1, count - 1))
            picture[top : top + 18, left : left + 12] = patch
        footage[time] = np.clip(picture + rng.normal(0, noise, picture.shape), 0, 255)[..., None]
    return footage


def write_set(
    root: Path,
    name: str = "small",
    videos: tuple[str, ...] = ("day_1", "day_2"),
    frames: int = 60,
    labelled: bool = True,
    event: bool = True,
    second: bool = False,
    objects: bool = True,
    footage: dict[str, np.ndarray] | None = None,
    fps: float = FPS,
    report: dict | None = None,
    recorded: dict[str, list[tuple[int, int]]] | None = None,
    live: dict[str, list[tuple[int, int]]] | None = None,
    told: list[tuple] = (),
    began: pd.Timestamp = pd.NaT,
) -> SetPaths:
    """Writes the set below `root`; `normal` is its held-out clip.

    Args:
        second: another event in the first test clip, of frames 50 to 53, that scores less.
        footage: the frames of some of the clips; of the others they are of walkers.
        fps: of every clip.
        recorded, live: by clip, first and stop of each stretch; of the other clips all of it. Each recorded stretch is
            of a file of its own, and begins 100 seconds after it.
        told: SOURCE_FAULTS of files.
        began: when every clip did.
    """
    paths = SetPaths(name)
    given = {"false_alarms_per_hour": OFTEN, **(report or {})}
    tree = merged(PARAMS, {"machine": {"workers": 1}, "report": given, "sets": {name: {}}})
    with open(root / "params.yaml", "w") as file:
        YAML(typ="safe").dump(tree, file)
    clips = [("normal", "held_out"), *((video, "test") for video in videos)]
    found = [scored(video, split, frames, event and video == videos[0]) for video, split in clips]
    if second:
        for table in found[1]:
            own = table.get("track", 0) == 0
            table.loc[table["frame"].between(50, 53) & own, "score"] = 4.0
    all_objects = pd.concat([pair[0] for pair in found], ignore_index=True)
    if not objects:
        all_objects = all_objects[all_objects["split"] == "held_out"]
    known = {"fold": -1, "view": "", "fps": fps, "width": 95, "height": 71, "began": began, "hash": ""}
    table = pd.DataFrame(clips, columns=["video", "split"]).assign(frames=frames, **known)
    recorded = dict.fromkeys(table["video"], [(0, frames)]) | (recorded or {})
    live = recorded | (live or {})
    runs = [(video, first, stop - first) for video in recorded for first, stop in recorded[video]]
    runs = pd.DataFrame(runs, columns=["video", "first", "frames"]).assign(second=100.0)
    runs["file"] = range(len(runs))
    paths_of = runs["video"] + "/" + runs.groupby("video").cumcount().astype(str) + ".mp4"
    files = pd.DataFrame({"file": runs["file"], "path": paths_of, "kind": "file", "sha256": ""})
    spans = [(video, *span) for video in live for span in live[video]]
    spans = pd.DataFrame(spans, columns=["video", "first", "stop"])
    spans = spans.assign(kept_first=spans["first"], kept_stop=spans["stop"])
    given = footage or {}
    pictures = {v: given[v] if v in given else walkers(frames, seed=number) for number, (v, _) in enumerate(clips)}
    store_frames(root / paths.frames, live, **pictures)
    labels = pd.concat(
        [
            pd.DataFrame({"video": v, "frame": np.arange(frames), "anomalous": False})
            for v in (videos if labelled else videos[:0])
        ]
        or [pd.DataFrame({"video": [], "frame": [], "anomalous": []})]
    )
    # Labelled: the event, and in the last clip something that no box is on.
    first = (labels["video"] == videos[0]) & labels["frame"].isin(EVENT)
    last = (labels["video"] == videos[-1]) & labels["frame"].between(45, 52)
    labels = labels.assign(anomalous=(first | last).astype(bool))
    all_frames = inside(pd.concat([pair[1] for pair in found], ignore_index=True), recorded)
    all_objects, labels = inside(all_objects, live), inside(labels, recorded)
    # No track goes over the end of a live stretch.
    all_objects["track"] += 2 * span_edges(all_objects, spans)[0]
    folder = root / paths.footage
    write_table(folder / "videos.parquet", table, VIDEOS)
    write_table(folder / "runs.parquet", runs, RUNS)
    write_table(folder / "files.parquet", files, FILES)
    write_table(root / paths.live / "spans.parquet", spans, SPANS)
    for place, rows in ((folder, told), (root / paths.live, shown_faults(root / paths.frames, table["video"]))):
        write_table(place / "faults.parquet", pd.DataFrame(rows, columns=SOURCE_FAULTS.names), SOURCE_FAULTS)
    write_table(folder / "labels.parquet", labels, LABELS)
    write_table(folder / "regions.parquet", regions(labels, videos), REGIONS)
    write_table(root / paths.frame_scores / "objects.parquet", all_objects, OBJECT_SCORES)
    write_table(root / paths.frame_scores / "frames.parquet", all_frames, FRAME_SCORES)
    peaks = with_faults(
        peaks_of(all_objects, table, spans, seconds=0.0), all_objects, read_faults(folder, root / paths.live)
    )
    write_table(root / paths.frame_scores / "peaks.parquet", peaks, PEAKS)
    write_table(root / paths.frame_scores / "verdicts.parquet", pd.DataFrame(columns=VERDICTS.names), VERDICTS)
    save_json(root / paths.metrics, METRICS if labelled else {"counts": {"videos": 0, "objects": 1}})
    return paths


def shown_faults(store: Path, videos: Iterable[str]) -> list[tuple]:
    """Rows of SOURCE_FAULTS: what the pictures tell."""
    clips = {video: open_frames(store, video) for video in videos}
    found = {video: faults_of(frames.measures, frames.spans).itertuples() for video, frames in clips.items()}
    return [
        (video, "", fault.kind, fault.first_frame, fault.last_frame, 0.0, SAID[fault.kind].format(fault.strength))
        for video, faults in found.items()
        for fault in faults
    ]


def inside(table: pd.DataFrame, stretches: dict[str, list[tuple[int, int]]]) -> pd.DataFrame:
    """The rows whose frames are in the stretches of their videos."""
    there = [
        any(first <= frame < stop for first, stop in stretches[video])
        for video, frame in zip(table["video"], table["frame"], strict=True)
    ]
    return table[np.array(there, bool)].reset_index(drop=True)


METRICS = {
    "micro_auc": 0.9,
    "macro_auc": 0.8,
    "rbdc": None,
    "tbdc": 0.5,
    "interval": {"micro_auc": {"low": 0.85, "high": 0.95}, "macro_auc": {"low": None, "high": None}},
    "cues": {"arrow": {"micro_auc": 0.7, "macro_auc": 0.6}},
    "types": {"thrown_bag": {"tracks": 1, "micro_auc": 0.6, "coverage": 0.0}},
}


def scored(video: str, split: str, frames: int, event: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """OBJECT_SCORES and FRAME_SCORES of a clip with two objects, of which one may make an event."""
    rng = np.random.default_rng(sum(video.encode()))
    parts = []
    for track in range(2):
        table = pd.DataFrame({"video": video, "split": split, "frame": np.arange(frames), "track": track})
        table["object"] = 2 * np.arange(frames) + track
        edges = np.stack([10 + 30 * track + np.zeros(frames), np.full(frames, 12.0)], 1)
        table[BOX] = np.hstack([edges, edges + [14, 30]])
        values = pd.DataFrame(rng.normal(0, 1, (frames, len(CUES))), columns=CUES)
        high = table["frame"].isin(EVENT) & (track == 0) & event
        values.loc[high, "velocity"] += 9.0
        values.loc[high, "middle"] += 5.0
        score = rng.uniform(0.9, 1.1, frames) + 5.0 * high + 0.3 * (split == "held_out")
        parts.append(pd.concat([table, values], axis=1).assign(raw=score, score=score, **dict.fromkeys(TRIVIAL, 0.0)))
    objects = pd.concat(parts, ignore_index=True)
    highest = objects.groupby("frame")["score"].max().to_numpy()
    rows = pd.DataFrame({"video": video, "split": split, "frame": np.arange(frames), "raw": highest, "score": highest})
    return objects, rows.assign(**dict.fromkeys([*CUES, *TRIVIAL], 0.0))


def regions(labels: pd.DataFrame, videos: tuple[str, ...]) -> pd.DataFrame:
    rows = labels[labels["anomalous"]].reset_index(drop=True).assign(track=0, type="")
    rows[BOX] = [10.0, 12.0, 24.0, 42.0]
    unseen = rows["video"] == videos[-1]
    rows.loc[unseen, BOX] = [70.0, 50.0, 90.0, 70.0]
    rows.loc[unseen, "type"] = "thrown_bag"
    return rows
