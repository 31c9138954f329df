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
    class_scores_of,
    read_table,
    write_table,
)
from stages.fuse.believable import Clips, believable, span_edges
from stages.fuse.calibration import calibrated
from stages.fuse.frames import per_frame
from stages.fuse.fusion import fused, person_scores, weights_of, with_trivial
from stages.fuse.peaks import peaks_of
from stages.fuse.settings import Fuse, Tubes


def run(name: str) -> str:
    paths, fuse, tubes = SetPaths(name), load("fuse", Fuse, name), load("tubes", Tubes, name)
    clips = read_clips(paths, tubes)
    cues = read_cues(paths, clips.videos)
    objects = object_scores(cues, clips, fuse)
    if not (objects["split"] == "held_out").any():
        raise InputError(
            f"{paths.scores}: of {len(cues)} objects none in the held-out clips passes fuse.min_height; lower it"
        )
    frames = per_frame(objects, clips, fuse)
    peaks = peaks_of(objects, clips.videos, clips.spans, fuse.frame_seconds)
    with folder_whole(paths.frame_scores) as folder:
        write_table(folder / "objects.parquet", objects, OBJECT_SCORES)
        write_table(folder / "frames.parquet", frames, FRAME_SCORES)
        write_table(folder / "peaks.parquet", peaks, PEAKS)
    return f"{len(objects)} boxes from {len(cues)} objects, {len(frames)} frames scored, in {paths.frame_scores}"


def read_clips(paths: SetPaths, tubes: Tubes) -> Clips:
    videos = read_table(paths.footage / "videos.parquet", VIDEOS)
    searched = read_table(paths.detections / "searched.parquet", SEARCHED)
    spans = read_table(paths.live / "spans.parquet", SPANS)
    runs = read_table(paths.footage / "runs.parquet", RUNS)
    return Clips(videos, searched, spans, runs, tubes.half_length)


def read_cues(paths: SetPaths, videos: pd.DataFrame) -> pd.DataFrame:
    """The objects of the test and held-out clips: video, object, frame, BOX, split, each cue, and `person`.

    The cues of boxes are found here. `person` is the class score of a person, NaN where it is not known.
    """
    found = paths.detections / "objects.parquet"
    objects = read_table(found, OBJECTS, ["video", "object", "frame", *BOX]).merge(
        videos[["video", "split", "view"]], on="video"
    )
    learnt = objects[objects["split"] == "train"]
    objects = objects[objects["split"] != "train"]
    values = pd.concat([read_table(path, CUE_VALUES) for path in (paths.scores, paths.velocity)])
    wide = values.pivot(index=["video", "object"], columns="cue", values="value").reindex(columns=list(ALL))
    table = objects.merge(wide, on=["video", "object"], how="left")
    for name, cue in ALL.items():
        if hasattr(cue, "of_boxes"):
            table[name] = by_view(table, learnt, cue.of_boxes)
    return table.assign(person=person_scores(class_scores_of(table, found))).drop(columns="view")


def by_view(objects: pd.DataFrame, learnt: pd.DataFrame, of_boxes: Callable) -> np.ndarray:
    """The values of a cue of boxes, float32 (n,), of objects by what has been learnt of their view (view, BOX)."""
    values, known = np.full(len(objects), np.nan, np.float32), dict(tuple(learnt.groupby("view")))
    for view, rows in objects.groupby("view").indices.items():
        normal = known.get(view, learnt[:0])
        values[rows] = of_boxes(objects[BOX].to_numpy()[rows], normal[BOX].to_numpy())
    return values


def object_scores(cues: pd.DataFrame, clips: Clips, fuse: Fuse) -> pd.DataFrame:
    """The believable objects with their scores, and what is between two of a track (OBJECT_SCORES)."""
    objects = believable(cues, clips, fuse)
    objects = objects[objects[list(weights_of(fuse))].notna().any(axis=1)]
    objects = objects.sort_values(["video", "frame", "object"], ignore_index=True)
    first, _ = span_edges(objects, clips.spans)
    objects = objects.assign(track=link_all(objects, clips.searched, first))
    objects = with_trivial(fused(calibrated(objects, fuse), fuse, clips.fps))
    return with_between(objects, [*BOX, "raw", "score", *ALL, *TRIVIAL])[OBJECT_SCORES.names]


if __name__ == "__main__":
    run_stage("fuse", __doc__, run)
