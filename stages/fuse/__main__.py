"""One score per object and per frame, from the cues; takes seconds."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from stages.common.cues.all import ALL, FRAME_SCORES, OBJECT_SCORES
from stages.common.objects.linking import link_all, with_between
from stages.common.running.cli import run_stage
from stages.common.running.errors import InputError
from stages.common.running.files import folder_whole
from stages.common.running.params import load
from stages.common.running.paths import SetPaths
from stages.common.tables.class_scores import class_scores_of
from stages.common.tables.schemas import (
    BOX,
    CUE_VALUES,
    OBJECTS,
    PEAKS,
    RUNS,
    SEARCHED,
    SPANS,
    TRIVIAL,
    VIDEOS,
    read_faults,
    read_table,
    write_table,
)
from stages.fuse.believable import Clips, believable, span_edges
from stages.fuse.calibration import calibrated, of_network
from stages.fuse.explained import with_faults
from stages.fuse.frames import per_frame
from stages.fuse.fusion import fused, person_scores, weights_of, with_trivial
from stages.fuse.peaks import peaks_of
from stages.fuse.settings import Fuse, Tubes

# Boxes of the normal clips that others are held against, evenly spread over all; parts of the clips, each of which is
# held against the others.
KEPT, PARTS = 20_000, 8


def run(name: str) -> str:
    paths, fuse, tubes = SetPaths(name), load("fuse", Fuse, name), load("tubes", Tubes, name)
    clips = read_clips(paths, tubes)
    cues = read_cues(paths, clips.videos)
    found = int((cues["split"] != "train").sum())
    objects = object_scores(cues, clips, fuse)
    if not (objects["split"] == "held_out").any():
        raise InputError(
            f"{paths.scores}: of {found} objects none in the held-out clips passes fuse.min_height; lower it"
        )
    frames = per_frame(objects, clips, fuse)
    peaks = peaks_of(objects, clips.videos, clips.spans, fuse.frame_seconds)
    peaks = with_faults(peaks, objects, read_faults(paths.footage, paths.live))
    with folder_whole(paths.frame_scores) as folder:
        write_table(folder / "objects.parquet", objects, OBJECT_SCORES)
        write_table(folder / "frames.parquet", frames, FRAME_SCORES)
        write_table(folder / "peaks.parquet", peaks, PEAKS)
    return f"{len(objects)} boxes from {found} objects, {len(frames)} frames scored, in {paths.frame_scores}"


def read_clips(paths: SetPaths, tubes: Tubes) -> Clips:
    videos = read_table(paths.footage / "videos.parquet", VIDEOS)
    searched = read_table(paths.detections / "searched.parquet", SEARCHED)
    spans = read_table(paths.live / "spans.parquet", SPANS)
    runs = read_table(paths.footage / "runs.parquet", RUNS)
    return Clips(videos, searched, spans, runs, tubes.half_length)


def read_cues(paths: SetPaths, videos: pd.DataFrame) -> pd.DataFrame:
    """The objects: video, object, frame, BOX, split, each cue (of_network where networks tell it), and `person`, the
    class score of a person, NaN where it is not known.

    The cues of boxes are found here. The objects of the training clips have no others, and are KEPT at most.
    """
    found = paths.detections / "objects.parquet"
    objects = read_table(found, OBJECTS, ["video", "object", "frame", *BOX]).merge(
        videos[["video", "split", "view"]], on="video"
    )
    normal = np.flatnonzero(objects["split"] != "test")
    objects["known"] = np.zeros(len(objects), bool)
    objects.loc[normal[np.linspace(0, len(normal) - 1, min(KEPT, len(normal))).astype(int)], "known"] = True
    objects = objects[(objects["split"] != "train") | objects["known"]]
    values = pd.concat([read_table(path, CUE_VALUES) for path in (paths.scores, paths.velocity)])
    wide = values.pivot(index=["video", "object"], columns=["cue", "network"], values="value")
    wide.columns = [cue if network < 0 else of_network(cue, network) for cue, network in wide.columns]
    table = objects.merge(wide, on=["video", "object"], how="left")
    for name, cue in ALL.items():
        if hasattr(cue, "of_boxes"):
            table[name] = of_views(table, cue.of_boxes)
    person = np.full(len(table), np.nan, np.float32)
    scored = (table["split"] != "train").to_numpy()
    person[scored] = person_scores(class_scores_of(table[scored], found))
    return table.assign(person=person).drop(columns=["view", "known"])


def of_views(objects: pd.DataFrame, of_boxes: Callable) -> np.ndarray:
    """The values of a cue of boxes, float32 (n,), of objects (video, split, view, BOX, `known`), by the known ones of
    the normal clips of their view; those of normal clips, PARTS of them in turn, by the others."""
    values, boxes, known = (
        np.full(len(objects), np.nan, np.float32),
        objects[BOX].to_numpy(),
        objects["known"].to_numpy(),
    )
    for rows in objects.groupby("view").indices.values():
        videos, normal = objects["video"].to_numpy()[rows], (objects["split"] != "test").to_numpy()[rows]
        names = np.unique(videos[normal])
        part = np.full(len(rows), -1)
        part[normal] = np.searchsorted(names, videos[normal]) * PARTS // max(PARTS, len(names))
        for number in np.unique(part):
            others = rows[known[rows] & (part != number)]
            values[rows[part == number]] = of_boxes(boxes[rows[part == number]], boxes[others])
    return values


def object_scores(cues: pd.DataFrame, clips: Clips, fuse: Fuse) -> pd.DataFrame:
    """The believable objects with their scores, and what is between two of a track (OBJECT_SCORES)."""
    objects = calibrated(believable(cues, clips, fuse), fuse)
    objects = objects[(objects["split"] != "train") & objects[list(weights_of(fuse))].notna().any(axis=1)]
    objects = objects.sort_values(["video", "frame", "object"], ignore_index=True)
    first, _ = span_edges(objects, clips.spans)
    objects = objects.assign(track=link_all(objects, clips.searched, first))
    objects = with_trivial(fused(objects, fuse, clips.fps))
    return with_between(objects, [*BOX, "raw", "score", *ALL, *TRIVIAL])[OBJECT_SCORES.names]


if __name__ == "__main__":
    run_stage("fuse", __doc__, run)
