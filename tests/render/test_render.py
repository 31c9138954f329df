"""What is rendered follows from the recipe alone, and the regions are those of the pixels."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from helpers import ROOT

from stages.render.actors import make_cast
from stages.render.recipe import EVENT_TYPES, Clip, Event, Recipe
from stages.render.render import SMALLEST_REGION, Layer, find_regions, render_layers, render_video


def one_event(kind: str, frames: int = 30, start: int = 4, walkers: int = 0, **changes) -> tuple[Recipe, Clip]:
    event = replace(Event(kind, start, "middle", "right", 2.5 if kind != "fall" else 1.0), **changes)
    clip = Clip("t", "test", frames, walkers, (event,))
    return Recipe(5, 180, 120, 12.0, (clip,)), clip


def render_clip(recipe: Recipe, clip: Clip) -> Iterator[tuple[np.ndarray, list]]:
    return ((layer.image, find_regions(layer)) for layer in render_layers(recipe, clip))


def grown(mask: np.ndarray, by: int) -> np.ndarray:
    return cv2.dilate(mask.astype(np.uint8), np.ones((2 * by + 1, 2 * by + 1), np.uint8)) > 0


def test_same_recipe_gives_same_bytes_in_another_process_and_order(recipe: Recipe, tmp_path: Path):
    for clip in recipe.clips:
        render_video(recipe, clip, tmp_path / f"{clip.name}.mp4")
    code = (
        "import sys; from stages.render.recipe import read_recipe; from stages.render.render import *\n"
        "folder, recipe = Path(sys.argv[1]), read_recipe(Path(sys.argv[1]) / 'small.yaml')\n"
        "for clip in recipe.clips[::-1]: render_video(recipe, clip, folder / f'{clip.name}_again.mp4')"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, cwd=ROOT)
    for clip in recipe.clips:
        assert (tmp_path / f"{clip.name}.mp4").read_bytes() == (tmp_path / f"{clip.name}_again.mp4").read_bytes()


def test_a_clip_follows_from_seed_and_name_alone(recipe: Recipe):
    clip = recipe.clips[0]
    first = [image for image, _ in render_clip(recipe, clip)]
    alone = [image for image, _ in render_clip(replace(recipe, clips=(clip,)), clip)]
    assert all(np.array_equal(a, b) for a, b in zip(first, alone, strict=True))
    for other in (render_clip(recipe, replace(clip, name="c")), render_clip(replace(recipe, seed=4), clip)):
        assert not np.array_equal(first[0], next(other)[0])


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_regions_are_the_boxes_of_the_visible_pixels(kind: str):
    recipe, clip = one_event(kind, walkers=8)
    seen = 0
    for layer in render_layers(recipe, clip):
        found = find_regions(layer)
        assert layer.image.shape == (120, 180, 3) and layer.image.dtype == np.uint8
        mask = layer.owners == 0
        if not found:
            assert 0 not in layer.anomalous or mask.sum() < SMALLEST_REGION
            continue
        (track, x1, y1, x2, y2, found_kind) = found[0]
        assert (track, found_kind) == (0, kind) and 0 <= x1 < x2 <= 180 and 0 <= y1 < y2 <= 120
        inside = mask[int(y1) : int(y2), int(x1) : int(x2)]
        assert inside.sum() == mask.sum() >= SMALLEST_REGION
        assert inside[0].any() and inside[-1].any() and inside[:, 0].any() and inside[:, -1].any()
        seen += 1
    assert seen >= 10


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_the_object_is_drawn_where_its_region_is(kind: str):
    recipe, clip = one_event(kind)
    # The bare scene under the same light and noise: what differs by more than a shadow is the object.
    bare = [image.astype(int) for image, _ in render_clip(recipe, replace(clip, events=()))]
    for layer, without in zip(render_layers(recipe, clip), bare, strict=True):
        changed = np.abs(layer.image.astype(int) - without).max(axis=2) > 40
        outside = changed & (layer.owners < 0)
        # An edge pixel may be the scene's by the map and still be half covered.
        owned = layer.owners >= 0
        assert not (outside & ~grown(owned, 1)).any()
        assert changed[owned].mean() > 0.4 if owned.sum() > 40 else True


def test_shadows_are_faint():
    recipe, clip = one_event("vehicle", start=0, frames=24, speed=4.0)
    bare = [image.astype(int) for image, _ in render_clip(recipe, replace(clip, events=()))]
    darkest = max(
        (without - layer.image)[~grown(layer.owners >= 0, 2)].max()
        for layer, without in zip(render_layers(recipe, clip), bare, strict=True)
    )
    assert 8 < darkest < 32


def test_normal_clips_have_no_regions(recipe: Recipe):
    assert all(not found for _, found in render_clip(recipe, recipe.clips[0]))


def test_fall_and_bag_are_anomalous_from_their_start_and_not_forever():
    for kind in ("fall", "thrown_bag"):
        recipe, clip = one_event(kind, frames=130, start=20)
        frames = [number for number, (_, found) in enumerate(render_clip(recipe, clip)) if found]
        assert 20 <= frames[0] <= 22 and 2 * 12 <= len(frames) <= 6.5 * 12 and frames[-1] < 129


def test_a_fallen_walker_lies():
    recipe, clip = one_event("fall", start=5)
    boxes = [found[0] for _, found in render_clip(recipe, clip) if found]
    (_, x1, y1, x2, y2, _), (_, left, top, right, bottom, _) = boxes[0], boxes[-1]
    assert y2 - y1 > 1.5 * (x2 - x1)
    assert right - left > 1.5 * (bottom - top)


def test_few_pixels_are_no_region():
    owners = np.full((20, 20), -1, np.int16)
    owners[4, 3 : 3 + SMALLEST_REGION - 1] = 2
    layer = Layer(np.zeros((20, 20, 3), np.uint8), owners, {2: "runner"})
    assert find_regions(layer) == []
    owners[9, 3] = 2
    assert find_regions(layer) == [(2, 3.0, 4.0, 14.0, 10.0, "runner")]


def read(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)])


def test_video_holds_the_frames_and_leaves_nothing_beside(recipe: Recipe, tmp_path: Path):
    clip, path = recipe.clips[1], tmp_path / "out" / "b.mp4"
    path.parent.mkdir()
    regions = render_video(recipe, clip, path)
    frames, found = zip(*render_clip(recipe, clip), strict=True)
    rows = [(number, *region) for number, here in enumerate(found) for region in here]
    assert list(regions.itertuples(index=False, name=None)) == rows
    assert set(regions["type"]) == {"vehicle", "thrown_bag"}
    decoded = read(path)
    assert decoded.shape == (24, 120, 180, 3)
    assert np.abs(decoded.astype(int) - np.stack(frames)).mean() < 6
    with av.open(str(path)) as container:
        assert container.streams.video[0].average_rate == 12
    assert [file.name for file in path.parent.iterdir()] == ["b.mp4"]


def test_who_trespasses_walks_where_no_walker_does_and_who_goes_the_wrong_way_against_all():
    strange = tuple(
        Event(kind, 0, *way, 1.2) for kind, way in (("trespasser", ("grass", "left")), ("wrong_way", ("lawn", "right")))
    )
    clips = [Clip(f"c{number}", "test", 150, 8, strange) for number in range(12)]
    casts = [make_cast(Recipe(3, 360, 240, 12.0, tuple(clips)), clip) for clip in clips]
    for trespasser, wrong_way, *walkers in casts:
        assert (trespasser.type, wrong_way.type) == ("trespasser", "wrong_way")
        right = [
            actor.ground[(actor.ground[:, 0] > 160) & (actor.ground[:, 0] < 340)] for actor in (trespasser, *walkers)
        ]
        assert len(right[0]) > 50 and right[0][:, 1].max() < min(own[:, 1].min(initial=240) for own in right[1:]) - 3
        # On the path over the lawn all go away from the camera.
        far = [np.diff(actor.ground[actor.ground[:, 1] < 100][:, 1]) for actor in walkers]
        assert all((own < 0).all() for own in far) and (np.diff(wrong_way.ground[:, 1])[-5:] > 0).all()
    assert any(len(own) for own in far)
