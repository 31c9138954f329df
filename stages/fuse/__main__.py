"""One score per object and per frame, from the task scores and the velocity; takes seconds."""

import pandas as pd

from stages.common.cli import run_stage
from stages.common.errors import InputError
from stages.common.files import folder_whole
from stages.common.params import load
from stages.common.paths import SetPaths
from stages.common.tables import (
    BOX,
    FRAME_SCORES,
    OBJECT_SCORES,
    SCORES,
    VELOCITY,
    VIDEOS,
    read_table,
    searched_every,
    write_table,
)
from stages.fuse.fusion import Fuse, frame_scores, object_scores


def run(name: str) -> str:
    paths, fuse = SetPaths(name), load("fuse", Fuse, name)
    videos = read_table(paths.footage / "videos.parquet", VIDEOS)
    scores = read_table(paths.scores, SCORES)
    objects = object_scores(with_velocity(scores, read_table(paths.velocity, VELOCITY), paths), videos, fuse)
    if not (objects["split"] == "held_out").any():
        raise InputError(
            f"{paths.scores}: of {len(scores)} objects none in the held-out clips passes fuse.min_height "
            "and fuse.clip_margin; lower them"
        )
    frames = frame_scores(objects, videos, fuse, searched_every(scores["frame"].to_numpy()))
    with folder_whole(paths.frame_scores) as folder:
        write_table(folder / "objects.parquet", objects, OBJECT_SCORES)
        write_table(folder / "frames.parquet", frames, FRAME_SCORES)
    return f"{len(objects)} boxes from {len(scores)} objects, {len(frames)} frames scored, in {paths.frame_scores}"


def with_velocity(scores: pd.DataFrame, velocity: pd.DataFrame, paths: SetPaths) -> pd.DataFrame:
    """Scores and velocities of the same objects; both stages write them in the same order."""
    same = ["video", "frame", *BOX]
    if not scores[same].equals(velocity[same]):
        raise InputError(f"{paths.velocity}: not of the same objects as {paths.scores}; run `dvc repro` to make both")
    return scores.assign(velocity=velocity["velocity"])


if __name__ == "__main__":
    run_stage("fuse", __doc__, run)
