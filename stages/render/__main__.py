"""Renders the footage of a recipe into an ordinary source folder, as a camera and a careful owner would leave it."""

from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

from stages.common.running.cli import run_stage
from stages.common.running.files import folder_whole, link_or_copy
from stages.common.running.params import load_machine
from stages.common.running.paths import SetPaths
from stages.common.running.pieces import Job, map_videos
from stages.common.tables.track_files import write_tracks
from stages.render.recipe import Clip, Recipe, read_recipe
from stages.render.render import render_video


def run(name: str) -> str:
    paths = SetPaths(name)
    recipe = read_recipe(paths.recipe)
    # A clip does not depend on the others.
    clips, bare = recipe.clips, replace(recipe, clips=())
    keys = [{"recipe": asdict(bare), "clip": asdict(clip)} for clip in clips]
    jobs = [Job(clip.name, key, partial(render, bare, clip)) for clip, key in zip(clips, keys, strict=True)]
    with folder_whole(paths.source) as folder:
        for split in ("train", "test", "tracks"):
            (folder / split).mkdir()
        for clip, piece in zip(clips, map_videos("render", name, jobs, load_machine()), strict=True):
            link_or_copy(piece / "video.mp4", folder / clip.split / f"{clip.name}.mp4")
            if clip.split == "test":
                link_or_copy(piece / "tracks.txt", folder / "tracks" / f"{clip.name}.txt")
    return f"{sum(clip.frames for clip in clips)} frames of {len(clips)} clips in {paths.source}"


def render(recipe: Recipe, clip: Clip, folder: Path) -> None:
    """`video.mp4` and `tracks.txt` of a clip."""
    write_tracks(folder / "tracks.txt", render_video(recipe, clip, folder / "video.mp4"))


if __name__ == "__main__":
    run_stage("render", __doc__, run)
