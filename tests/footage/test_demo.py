"""The demo footage: what is rendered follows from the recipe alone, and the regions are those of the pixels."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.render.figures import (
    ANKLES,
    HEAD,
    HIPS,
    KNEES,
    RUN,
    WALK,
    Gait,
    boarding,
    cycling,
    kneeling,
    lying,
    sitting,
    stepping,
)
from stages.render.journeys import make_route, pause, travel
from stages.render.recipe import EVENT_TYPES, ROUTES, Clip, Event, Recipe, read_recipe
from stages.render.render import SMALLEST_REGION, Layer, find_regions, render_clip, render_layers, render_video

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "data" / "raw" / "demo" / "recipe.yaml"
SMALL = """\
seed: 3
width: 180
height: 120
fps: 12
clips:
  - {name: a, split: train, frames: 12, walkers: 6, events: []}
  - name: b
    split: test
    frames: 24
    walkers: 5
    events:
      - {type: vehicle, start: 0, route: middle, heading: left, speed: 4.0}
      - {type: thrown_bag, start: 6, route: lower, heading: right, speed: 3}
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    path = tmp_path / "recipe.yaml"
    path.write_text(SMALL)
    return read_recipe(path)


def one_event(kind: str, frames: int = 30, start: int = 4, walkers: int = 0, **changes) -> tuple[Recipe, Clip]:
    event = replace(Event(kind, start, "middle", "right", 2.5 if kind != "fall" else 1.0), **changes)
    clip = Clip("t", "test", frames, walkers, (event,))
    return Recipe(5, 180, 120, 12.0, (clip,)), clip


def grown(mask: np.ndarray, by: int) -> np.ndarray:
    return cv2.dilate(mask.astype(np.uint8), np.ones((2 * by + 1, 2 * by + 1), np.uint8)) > 0


# --- the recipe


def test_demo_recipe_holds_every_type_twice_and_normal_frames_before():
    recipe = read_recipe(DEMO)
    train = [clip for clip in recipe.clips if clip.split == "train"]
    test = [clip for clip in recipe.clips if clip.split == "test"]
    assert (len(train), len(test)) == (14, 10)
    assert {clip.frames for clip in recipe.clips} == {200}
    events = [event for clip in test for event in clip.events]
    assert all(sum(event.type == kind for event in events) >= 2 for kind in EVENT_TYPES)
    assert all(event.start >= 40 for event in events)
    assert sum(not clip.events for clip in test) == 1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seed: 3\n", "", "key 'seed' is missing"),
        ("seed: 3", "seed: 3\ncolour: red", "unknown key 'colour'"),
        ("seed: 3", "seed: yes", "seed: expected int, got str 'yes'"),
        ("seed: 3", "seed: true", "seed: expected int, got bool True"),
        ("width: 180", "width: 181", "width: expected an even number of pixels, got 181"),
        ("width: 180", "width: 18.5", "width: expected int, got float 18.5"),
        ("fps: 12", "fps: .nan", "fps: expected a number from 5 to 60, got nan"),
        ("frames: 12", "frames: 0", r"clips\[0\].frames: expected a number from 1"),
        ("name: a,", "name: b,", "expected different names, got 'b' 2 times"),
        ("name: a,", "name: ../a,", r"clips\[0\].name: expected letters"),
        ("split: train", "split: val", "split: expected one of train, test, got 'val'"),
        ("split: test", "split: train", r"clips\[1\].events: expected \[\] in a training clip, got 2"),
        ("type: vehicle", "type: ufo", r"clips\[1\].events\[0\].type: expected one of cyclist"),
        ("start: 6", "start: 24", r"clips\[1\].events\[1\].start: expected a number from 0 to 23, got 24"),
        ("route: middle, ", "", r"clips\[1\].events\[0\]: key 'route' is missing"),
        ("heading: left", "heading: up", "heading: expected one of left, right, got 'up'"),
        ("seed: 3", "seed: [", "not readable as YAML"),
        (SMALL, "- 1", "expected a mapping with the keys seed"),
    ],
)
def test_recipe_refuses_in_one_line(tmp_path: Path, old: str, new: str, message: str):
    path = tmp_path / "own.yaml"
    assert old in SMALL
    path.write_text(SMALL.replace(old, new, 1))
    with pytest.raises(ValueError, match=message) as caught:
        read_recipe(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


# --- determinism


def test_same_recipe_gives_same_bytes_in_another_process_and_order(recipe: Recipe, tmp_path: Path):
    for clip in recipe.clips:
        render_video(recipe, clip, tmp_path / f"{clip.name}.mp4")
    code = (
        "import sys; from stages.render.recipe import read_recipe; from stages.render.render import *\n"
        "folder, recipe = sys.argv[1], read_recipe(sys.argv[1] + '/recipe.yaml')\n"
        "for clip in recipe.clips[::-1]: render_video(recipe, clip, f'{folder}/{clip.name}_again.mp4')"
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


# --- regions


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
    assert boxes[0].y2 - boxes[0].y1 > 1.5 * (boxes[0].x2 - boxes[0].x1)
    assert boxes[-1].x2 - boxes[-1].x1 > 1.5 * (boxes[-1].y2 - boxes[-1].y1)


def test_few_pixels_are_no_region():
    owners = np.full((20, 20), -1, np.int16)
    owners[4, 3 : 3 + SMALLEST_REGION - 1] = 2
    layer = Layer(np.zeros((20, 20, 3), np.uint8), owners, {2: "runner"})
    assert find_regions(layer) == []
    owners[9, 3] = 2
    assert find_regions(layer) == [(2, 3.0, 4.0, 14.0, 10.0, "runner")]


# --- bodies and ways


@given(st.floats(-50, 50), st.floats(0.8, 2.2), st.floats(0, 1), st.floats(1.4, 2.0), st.sampled_from([WALK, RUN]))
def test_bodies_stay_whole_in_any_phase(phase: float, cycle: float, vigour: float, height: float, gait: Gait):
    posture = stepping(gait, phase, cycle, vigour, height)
    assert np.isfinite(posture).all() and posture[:, 2].min() > -0.05
    assert posture[HEAD, 2] == posture[:, 2].max() and 0.8 < posture[HEAD, 2] / height < 1.0
    thighs = np.linalg.norm(posture[HIPS] - posture[KNEES], axis=1) / height
    assert ((thighs > 0.2) & (thighs < 0.32)).all()


@given(st.floats(0, 0.5), st.floats(0.9, 1.4))
def test_a_foot_on_the_ground_stays_where_it_is(phase: float, cycle: float):
    step = 0.01
    before, after = (stepping(WALK, p, cycle, 1.0, 1.7)[ANKLES][0, 0] for p in (phase, phase + step))
    assert np.isclose(after + step * cycle, before, atol=1e-9)


@given(st.floats(0, 1), st.floats(1.45, 1.95))
def test_riders_and_the_fallen_are_finite(share: float, height: float):
    for posture in (cycling(share, height), boarding(share, height), sitting(height), lying(height), kneeling(height)):
        assert np.isfinite(posture).all() and posture[:, 2].min() > -0.05
    assert lying(height)[:, 2].max() < 0.3 * stepping(WALK, 0, 1.2, 0, height)[:, 2].max()


@settings(max_examples=30)
@given(st.sampled_from(ROUTES), st.sampled_from(["left", "right"]), st.floats(100, 600), st.floats(-20, 20))
def test_routes_lead_where_they_are_said_to(name: str, heading: str, width: float, shift: float):
    route = make_route(name, heading, width, shift, np.zeros(5))
    assert (np.diff(route.metres) > 0).all()
    assert (route.points[-1, 0] > route.points[0, 0]) == (heading == "right")


def test_a_journey_passes_its_mark_and_a_pause_stops_it():
    route = make_route("lower", "right", 360.0, 0.0, np.zeros(5))
    speed = pause(np.full(60, 1.2), 20, 30, 4)
    journey = travel(route, speed, 10, 3.0, 12.0)
    assert journey.travelled[10] == 3.0 and np.isclose(journey.travelled[11], 3.1)
    assert np.ptp(journey.ground[20:31], axis=0).max() == 0
    assert (np.diff(journey.ground[:20, 0]) > 0).all()
    assert np.isnan(travel(route, speed, 10, 0.0, 12.0).ground[:10]).all()


# --- the video file


def read(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)])


def test_video_holds_the_frames_and_leaves_nothing_beside(recipe: Recipe, tmp_path: Path):
    clip, path = recipe.clips[1], tmp_path / "out" / "b.mp4"
    path.parent.mkdir()
    regions = render_video(recipe, clip, path)
    frames, found = zip(*render_clip(recipe, clip), strict=True)
    assert regions == [(number, region) for number, here in enumerate(found) for region in here]
    assert {region.type for _, region in regions} == {"vehicle", "thrown_bag"}
    decoded = read(path)
    assert decoded.shape == (24, 120, 180, 3)
    assert np.abs(decoded.astype(int) - np.stack(frames)).mean() < 6
    with av.open(str(path)) as container:
        assert container.streams.video[0].average_rate == 12
    assert [file.name for file in path.parent.iterdir()] == ["b.mp4"]
