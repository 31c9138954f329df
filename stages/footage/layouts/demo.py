"""The demo: a recipe instead of footage, from which the footage is rendered.

recipe.yaml
"""

import functools
from pathlib import Path

import pandas as pd

from stages.common.running.errors import InputError
from stages.common.running.files import sha256
from stages.common.running.pieces import Job
from stages.common.tables.schemas import BOX
from stages.footage.clips import Clip, Layout, Truth
from stages.render import recipe as recipes
from stages.render.render import render_video


def matches(source: Path) -> bool:
    return (source / "recipe.yaml").is_file()


def clips(source: Path) -> list[Clip]:
    recipe = read_recipe(source / "recipe.yaml")
    return [Clip(clip.name, clip.split, "rendered", Path("videos") / f"{clip.name}.mp4") for clip in recipe.clips]


def read_recipe(file: Path) -> recipes.Recipe:
    try:
        return recipes.read_recipe(file)
    except ValueError as error:
        raise InputError(str(error)) from None


def truth(source: Path, clip: Clip, facts: dict) -> Truth:
    """Nothing here: the renderer knows the truth and hands it on with the video."""
    return Truth(None, None)


def render_jobs(source: Path) -> list[Job]:
    """A job per clip: `video.mp4` and `regions.parquet`."""
    file = source / "recipe.yaml"
    recipe = read_recipe(file)
    return [
        Job(clip.name, {"recipe": sha256(file), "clip": clip.name}, functools.partial(render_piece, recipe, clip))
        for clip in recipe.clips
    ]


def render_piece(recipe: recipes.Recipe, clip: recipes.Clip, folder: Path) -> None:
    regions = render_video(recipe, clip, folder / "video.mp4")
    rows = [(region.track, frame, region.x1, region.y1, region.x2, region.y2, region.type) for frame, region in regions]
    pd.DataFrame(rows, columns=["track", "frame", *BOX, "type"]).to_parquet(folder / "regions.parquet")


LAYOUT = Layout(matches, clips, truth)
