"""One more clip to search costs one clip."""

import shutil
import sys

from projects import OWN_STAGES, RUN_STAGES, Project, walkers

from stages.common.cues.all import FRAME_SCORES
from stages.common.drawing.h264 import write_mp4
from stages.common.tables.schemas import CUE_VALUES, VIDEOS, read_table

BY_CLIP = {"footage", "decode", "detect", "sheets", "velocity", "tubes", "teach", "score"}


def pieces(project):
    """The finished ones of each stage."""
    work, found = project.folder / ".work", {}
    for place in (note.parent for note in work.rglob("sha256")):
        found.setdefault(place.parent.relative_to(work).as_posix(), set()).add(place.name)
    return found


def test_one_more_clip_is_decoded_detected_cut_and_scored_and_nothing_else_is(own, tmp_path):
    project = Project(tmp_path / "project")
    shutil.copytree(own, project.folder)
    before, network = pieces(project), (project.folder / "models/own/network/0.safetensors").read_bytes()
    scores = read_table(project.folder / "data/own/frame_scores/frames.parquet", FRAME_SCORES)

    write_mp4(project.folder / "data/raw/own/test/one_more.mp4", walkers(9, 2), fps=12)
    done = project.attempt(sys.executable, "-c", RUN_STAGES, "own", *OWN_STAGES)
    assert done.returncode == 0, done.stderr
    more = {stage: len(now - before.get(stage, set())) for stage, now in pieces(project).items()}
    more.pop("report/clips", None)  # of events, if there are any, and drawn by the scale of all of them
    assert more == {stage: int(stage in BY_CLIP) for stage in more} and BY_CLIP <= set(more)
    assert "going on after epoch" in done.stderr
    assert (project.folder / "models/own/network/0.safetensors").read_bytes() == network

    # Two networks: each is asked about the clips that it has not learnt from, and both about what is searched.
    cues = read_table(project.folder / "data/own/scores.parquet", CUE_VALUES)
    videos = read_table(project.folder / "data/own/footage/videos.parquet", VIDEOS).set_index("video")
    for video, asked in cues.groupby("video")["network"].unique().items():
        fold = videos.at[video, "fold"]
        assert sorted(asked) == ([0, 1] if videos.at[video, "split"] == "test" else [fold])
    assert set(videos["fold"]) == {-1, 0, 1}

    after = read_table(project.folder / "data/own/frame_scores/frames.parquet", FRAME_SCORES)
    assert set(after["video"]) - set(scores["video"]) == {"one_more"}
    assert after[after["video"] != "one_more"].reset_index(drop=True).equals(scores)
