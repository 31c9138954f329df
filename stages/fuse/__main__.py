"""One score per object and per frame, from the cues; takes seconds."""

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
    FILES,
    PEAKS,
    RUNS,
    SEARCHED,
    SPANS,
    TRIVIAL,
    VERDICTS,
    VIDEOS,
    read_faults,
    read_table,
    write_table,
)
from stages.common.tables.verdicts import read_verdicts
from stages.fuse.believable import Clips, believable, span_edges
from stages.fuse.calibration import calibrated
from stages.fuse.cues import read_cues
from stages.fuse.explained import with_faults
from stages.fuse.frames import per_frame
from stages.fuse.fusion import fused, weights_of, with_trivial
from stages.fuse.peaks import peaks_of, with_classes
from stages.fuse.settings import Fuse, Tubes
from stages.fuse.teaching import excused
from stages.fuse.verdicts import placed, with_verdicts


def run(name: str) -> str:
    paths, fuse, tubes = SetPaths(name), load("fuse", Fuse, name), load("tubes", Tubes, name)
    clips = read_clips(paths, tubes)
    verdicts = placed(
        read_verdicts(paths.verdicts, name),
        clips.videos,
        read_table(paths.footage / "files.parquet", FILES),
        clips.runs,
    )
    cues = read_cues(paths, clips.videos, verdicts)
    found = int((cues["split"] != "train").sum())
    objects = object_scores(cues, clips, fuse)
    if not (objects["split"] == "held_out").any():
        raise InputError(
            f"{paths.scores}: of {found} objects none in the held-out clips passes fuse.min_height; lower it"
        )
    frames = per_frame(objects, clips, fuse)
    peaks = peaks_of(objects, clips.videos, clips.spans, fuse.frame_seconds)
    peaks = with_faults(peaks, objects, read_faults(paths.footage, paths.live))
    peaks = with_classes(peaks, objects, cues[["video", "object", "object_class"]])
    peaks = with_verdicts(peaks, objects, verdicts, clips.videos)
    verdicts["taught"] = cues["taught"].value_counts().reindex(verdicts.index, fill_value=0)
    with folder_whole(paths.frame_scores) as folder:
        write_table(folder / "objects.parquet", objects, OBJECT_SCORES)
        write_table(folder / "frames.parquet", frames, FRAME_SCORES)
        write_table(folder / "peaks.parquet", peaks, PEAKS)
        write_table(folder / "verdicts.parquet", verdicts, VERDICTS)
    scored = f"{len(objects)} boxes from {found} objects, {len(frames)} frames scored"
    return f"{scored}{taught_said(verdicts)}, in {paths.frame_scores}"


def taught_said(verdicts: pd.DataFrame) -> str:
    """What became of VERDICTS, "" where there are none."""
    if verdicts.empty:
        return ""
    lost = int((verdicts["video"] == "").sum())
    said = f", {len(verdicts)} verdicts, by which {verdicts['taught'].sum()} objects are known as normal"
    return said + (f"; {lost} are of recordings that the set has not" if lost else "")


def read_clips(paths: SetPaths, tubes: Tubes) -> Clips:
    videos = read_table(paths.footage / "videos.parquet", VIDEOS)
    searched = read_table(paths.detections / "searched.parquet", SEARCHED)
    spans = read_table(paths.live / "spans.parquet", SPANS)
    runs = read_table(paths.footage / "runs.parquet", RUNS)
    return Clips(videos, searched, spans, runs, tubes.half_length)


def object_scores(cues: pd.DataFrame, clips: Clips, fuse: Fuse) -> pd.DataFrame:
    """The believable objects with their scores, and what is between two of a track (OBJECT_SCORES)."""
    objects = excused(calibrated(believable(cues, clips, fuse), fuse))
    objects = objects[(objects["split"] != "train") & objects[list(weights_of(fuse))].notna().any(axis=1)]
    objects = objects.sort_values(["video", "frame", "object"], ignore_index=True)
    first, _ = span_edges(objects, clips.spans)
    objects = objects.assign(track=link_all(objects, clips.searched, first))
    objects = with_trivial(fused(objects, fuse, clips.fps))
    return with_between(objects, [*BOX, "raw", "score", *ALL, *TRIVIAL])[OBJECT_SCORES.names]


if __name__ == "__main__":
    run_stage("fuse", __doc__, run)
