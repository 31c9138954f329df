"""A rehearsal of a data set on rendered footage: the demo's plaza with other people, other light and other events.

What is drawn here is its recipe. The anomalies are rendered as its normal walkers are, and bear no marks of having been
cut out and put in. Another number draws other footage. benchmarks/rehearse.py makes it.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from stages.common.running.errors import InputError
from stages.common.running.files import written_whole
from stages.render.recipe import EVENT_TYPES, ROUTES, Clip, Event, Recipe

TRAINING_CLIPS, TEST_CLIPS, FRAMES = 12, 8, 200
# Frames before which nothing begins, and after which nothing does.
FIRST_START, LAST_START = 30, 150
# Metres per second, from and to: of what moves, of the walker before a fall, of a bag over ground.
SPEEDS = {
    "cyclist": (1.6, 3.0),
    "runner": (1.7, 2.6),
    "skateboarder": (1.4, 2.8),
    "vehicle": (1.8, 3.0),
    "fall": (0.7, 1.3),
    "thrown_bag": (2.4, 3.4),
    "trespasser": (0.7, 1.4),
    "wrong_way": (0.7, 1.4),
}
# Where and to which side they walk who do nothing else that is strange.
WAYS = {"trespasser": ("grass", None), "wrong_way": ("lawn", "right")}


@dataclass(frozen=True)
class Camera:
    """Of the footage that is rehearsed: picture in pixels, frames per second, walkers in view at once, from and to.

    A person is a sixth of the picture's height.
    """

    width: int
    height: int
    fps: float
    walkers: tuple[int, int]


# Ped2's people are 30 pixels high.
CAMERAS = {"demo": Camera(360, 240, 12.0, (4, 8)), "ped2": Camera(320, 180, 10.0, (8, 14))}


def draw_recipe(camera: Camera, seed: int) -> Recipe:
    """Normal clips, and test clips with an event or two each, in which every type of event comes up once or twice."""
    random = np.random.default_rng(seed)
    counts = [1 + clip % 2 for clip in range(TEST_CLIPS)]
    types = np.resize(np.array(EVENT_TYPES), sum(counts))
    kinds = iter(random.permutation(types).tolist())
    clips = [draw_clip(f"train_{number:02}", "train", [], camera, random) for number in range(1, TRAINING_CLIPS + 1)]
    for number, count in enumerate(counts, 1):
        clips.append(draw_clip(f"test_{number:02}", "test", [next(kinds) for _ in range(count)], camera, random))
    return Recipe(int(random.integers(2**31)), camera.width, camera.height, camera.fps, tuple(clips))


def draw_clip(name: str, split: str, kinds: list[str], camera: Camera, random: np.random.Generator) -> Clip:
    starts = np.sort(random.integers(FIRST_START, LAST_START, len(kinds))).tolist()
    events = [draw_event(kind, start, random) for kind, start in zip(kinds, starts, strict=True)]
    return Clip(name, split, FRAMES, int(random.integers(*camera.walkers, endpoint=True)), tuple(events))


def draw_event(kind: str, start: int, random: np.random.Generator) -> Event:
    route, heading = str(random.choice(ROUTES)), str(random.choice(["left", "right"]))
    own_route, own_heading = WAYS.get(kind, (None, None))
    return Event(
        kind, start, own_route or route, own_heading or heading, round(float(random.uniform(*SPEEDS[kind])), 2)
    )


def write_recipe(name: str, target: Path, seed: int) -> None:
    if name not in CAMERAS:
        raise InputError(f"{name}: no camera is rendered like that; expected one of {sorted(CAMERAS)}")
    with written_whole(target) as aside:
        # JSON is YAML, and has tuples as lists.
        aside.write_text(json.dumps(asdict(draw_recipe(CAMERAS[name], seed)), indent=1))
