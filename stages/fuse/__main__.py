"""One score per object and per frame, from the task scores, the box's shape and the velocity; takes seconds."""

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
from stages.fuse.nearest import motion_of, nearest_distances, shape_of


def run(name: str) -> str:
    paths, fuse = SetPaths(name), load("fuse", Fuse, name)
    videos = read_table(paths.footage / "videos.parquet", VIDEOS)
    cues = read_cues(paths, videos)
    objects = object_scores(cues, videos, fuse)
    if not (objects["split"] == "held_out").any():
        raise InputError(
            f"{paths.scores}: of {len(cues)} objects none in the held-out clips passes fuse.min_height "
            "and fuse.clip_margin; lower them"
        )
    frames = frame_scores(objects, videos, fuse, searched_every(cues["frame"].to_numpy()))
    with folder_whole(paths.frame_scores) as folder:
        write_table(folder / "objects.parquet", objects, OBJECT_SCORES)
        write_table(folder / "frames.parquet", frames, FRAME_SCORES)
    return f"{len(objects)} boxes from {len(cues)} objects, {len(frames)} frames scored, in {paths.frame_scores}"


def read_cues(paths: SetPaths, videos: pd.DataFrame) -> pd.DataFrame:
    """SCORES of the test and held-out objects, and how unlike the training clips' each one's shape and velocity are."""
    return with_nearest(read_table(paths.scores, SCORES), read_table(paths.velocity, VELOCITY), paths, videos)


def with_nearest(scores: pd.DataFrame, velocity: pd.DataFrame, paths: SetPaths, videos: pd.DataFrame) -> pd.DataFrame:
    """Scores, and from the velocities of the same objects and of the training clips' the cues shape and velocity."""
    training = velocity["video"].isin(videos["video"][videos["split"] == "train"])
    normal, found = velocity[training], velocity[~training].reset_index(drop=True)
    same = ["video", "frame", *BOX]
    if not scores[same].equals(found[same]):
        raise InputError(f"{paths.velocity}: not of the same objects as {paths.scores}; run `dvc repro` to make both")
    return scores.assign(
        shape=nearest_distances(shape_of(found), shape_of(normal)),
        velocity=nearest_distances(motion_of(found), motion_of(normal)),
    )


if __name__ == "__main__":
    run_stage("fuse", __doc__, run)
