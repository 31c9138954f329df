"""One score per object and per frame, from the task scores, the box's shape and the velocity; takes seconds."""

import pandas as pd

from stages.common.running.cli import run_stage
from stages.common.running.errors import InputError
from stages.common.running.files import folder_whole
from stages.common.running.params import load
from stages.common.running.paths import SetPaths
from stages.common.tables.schemas import (
    BOX,
    DETECTIONS,
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
from stages.fuse.shape import shape_distances


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
    """SCORES of the test and held-out objects, and each one's velocity and shape."""
    scores = with_velocity(read_table(paths.scores, SCORES), read_table(paths.velocity, VELOCITY), paths)
    return with_shape(scores, paths, videos)


def with_velocity(scores: pd.DataFrame, velocity: pd.DataFrame, paths: SetPaths) -> pd.DataFrame:
    """Scores and velocities of the same objects; both stages write them in the same order."""
    same = ["video", "frame", *BOX]
    if not scores[same].equals(velocity[same]):
        raise InputError(f"{paths.velocity}: not of the same objects as {paths.scores}; run `dvc repro` to make both")
    return scores.assign(velocity=velocity["velocity"])


def with_shape(scores: pd.DataFrame, paths: SetPaths, videos: pd.DataFrame) -> pd.DataFrame:
    """Scores and, of each object, how far its box is from those of the training clips."""
    detections = read_table(paths.detections, DETECTIONS)
    training = detections["video"].isin(videos["video"][videos["split"] == "train"])
    normal = detections.loc[training, BOX].to_numpy()
    return scores.assign(shape=shape_distances(scores[BOX].to_numpy(), normal))


if __name__ == "__main__":
    run_stage("fuse", __doc__, run)
