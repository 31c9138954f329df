"""One score per object and per frame, from the four task scores; takes seconds."""

from stages.common.cli import run_stage
from stages.common.errors import InputError
from stages.common.files import folder_whole
from stages.common.params import load
from stages.common.paths import SetPaths
from stages.common.tables import FRAME_SCORES, OBJECT_SCORES, SCORES, VIDEOS, read_table, write_table
from stages.fuse.fusion import Fuse, frame_scores, object_scores


def run(name: str) -> str:
    paths, fuse = SetPaths(name), load("fuse", Fuse, name)
    videos = read_table(paths.footage / "videos.parquet", VIDEOS)
    scores = read_table(paths.scores, SCORES)
    objects = object_scores(scores, videos, fuse)
    if not (objects["split"] == "held_out").any():
        raise InputError(
            f"{paths.scores}: of {len(scores)} objects none in the held-out clips passes fuse.min_height, "
            "fuse.edge_margin and fuse.clip_margin; lower them"
        )
    frames = frame_scores(objects, videos, fuse)
    with folder_whole(paths.frame_scores) as folder:
        write_table(folder / "objects.parquet", objects, OBJECT_SCORES)
        write_table(folder / "frames.parquet", frames, FRAME_SCORES)
    return f"{len(objects)} of {len(scores)} objects kept, {len(frames)} frames scored, in {paths.frame_scores}"


if __name__ == "__main__":
    run_stage("fuse", __doc__, run)
