"""The cast of a clip: walkers, and the anomalous objects with the frames in which they are anomalous."""

import zlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from stages.render import figures, vehicles
from stages.render.figures import RUN, WALK, Look, Shape
from stages.render.journeys import Journey, Route, make_route, pause, travel, uneven_speed
from stages.render.recipe import Clip, Event, Recipe
from stages.render.scene import FORESHORTENED, SCENE_HEIGHT, units_per_metre

TOPS = (
    (52, 44, 40), (40, 40, 44), (92, 62, 40), (60, 52, 130), (48, 70, 60), (224, 222, 220), (150, 104, 72),
    (70, 60, 58), (56, 110, 168), (110, 60, 84), (66, 90, 120), (96, 92, 90),
)  # fmt: skip
TROUSERS = ((100, 72, 50), (44, 40, 40), (74, 58, 48), (84, 100, 116), (60, 60, 62), (120, 92, 70))
SKINS = ((140, 166, 206), (120, 146, 190), (84, 108, 150), (58, 76, 108))
HAIRS = ((30, 34, 42), (38, 50, 70), (26, 26, 28), (70, 104, 140), (88, 88, 90))
WALKED = {"upper": 0.24, "middle": 0.28, "lower": 0.28, "lawn": 0.1, "gate": 0.1}  # share of the walkers
ONE_WAY = {"lawn": "left"}  # to which side all of them go on a route
PAIRED = 0.28  # share of the walkers who have a companion
CROSSING = 17.0  # seconds in view, about
BAGS = ((46, 40, 38), (50, 46, 120), (110, 66, 40), (40, 60, 52), (52, 84, 116))


class Actor(NamedTuple):
    """One moving object of a clip of N frames.

    type: "walker", or the type of its event. ground: (N, 2), where it stands or above what it flies, and heading: (N,),
    as of a Journey. pose: from a frame number to the shapes in the body's frame. anomalous: from its first such frame
    to the one after the last. light: factor on its colours. nearer: added to its ground row when it is drawn in order.
    """

    type: str
    ground: np.ndarray
    heading: np.ndarray
    pose: Callable[[int], list[Shape]]
    anomalous: tuple[int, int] = (0, 0)
    light: float = 1.0
    nearer: float = 0.0


class Stage(NamedTuple):
    """Width of the scene in scene units, frames of the clip, frames per second."""

    width: float
    frames: int
    fps: float


def make_cast(recipe: Recipe, clip: Clip) -> list[Actor]:
    """Everyone in a clip; the object of event i is actor i, walkers follow."""
    rng = np.random.default_rng([recipe.seed, zlib.crc32(clip.name.encode())])
    stage = Stage(recipe.width / recipe.height * SCENE_HEIGHT, clip.frames, recipe.fps)
    makers = {
        "fall": _fall,
        "thrown_bag": _thrown_bag,
        "trespasser": _walking_elsewhere,
        "wrong_way": _walking_elsewhere,
    }
    parties = [makers.get(event.type, _passing)(event, stage, rng) for event in clip.events]
    objects, others = [party[0] for party in parties], [actor for party in parties for actor in party[1:]]
    return objects + others + _crowd(clip.walkers, stage, rng)


def random_look(rng: np.random.Generator) -> Look:
    def pick(colours: tuple) -> tuple:
        colour = np.array(colours[rng.integers(len(colours))]) * rng.uniform(0.8, 1.15) + rng.normal(0, 3, 3)
        return tuple(np.clip(colour, 12, 235).tolist())

    coat = rng.random() < 0.22
    height, bulk = float(np.clip(rng.normal(1.70, 0.09), 1.48, 1.92)), float(rng.uniform(0.88, 1.22))
    skin, hair, top, legs, shoes = (pick(of) for of in (SKINS, HAIRS, TOPS, TROUSERS, TROUSERS[1:2] + TOPS[5:6]))
    backpack, handbag = (pick(BAGS) if rng.random() < share else None for share in (0.33, 0.2))
    short_sleeves, shorts = (bool(not coat and rng.random() < share) for share in (0.45, 0.2))
    return Look(height, bulk, skin, hair, top, legs, shoes, backpack, handbag, coat, short_sleeves, shorts)


def _crowd(walkers: int, stage: Stage, rng: np.random.Generator) -> list[Actor]:
    """Walkers such that about `walkers` are in view at any time, some in pairs, some of whom stop for a while."""
    # Those who are there from the beginning set out before it, up to one crossing earlier.
    crossing = CROSSING * stage.fps
    parties = round(walkers / (1 + PAIRED) * (stage.frames + crossing) / crossing)
    starts = -crossing + (np.arange(parties) + rng.uniform(0, 1, parties)) / max(parties, 1) * (stage.frames + crossing)
    crowd: list[Actor] = []
    for start in starts:
        mean = float(np.clip(rng.normal(0.95, 0.24), 0.6, 1.6))
        speed = uneven_speed(mean, stage.frames, stage.fps, rng)
        if rng.random() < 0.16:
            first = rng.uniform(0, stage.frames)
            speed = pause(speed, first, first + rng.uniform(1.5, 5) * stage.fps, 0.7 * stage.fps)
        route_name, side = str(rng.choice(list(WALKED), p=list(WALKED.values()))), str(rng.choice(["left", "right"]))
        way = route_name, ONE_WAY.get(route_name, side), stage.width
        shift, bend = rng.normal(0, 5), rng.normal(0, 5, 5)
        frame, metres = (int(start), 0.0) if start > 0 else (0, -start / stage.fps * mean)
        crowd.append(_walker(travel(make_route(*way, shift, bend), speed, frame, metres, stage.fps), rng))
        if rng.random() < PAIRED:
            # A companion keeps the pace on the same curve, a step to the side.
            route, metres = make_route(*way, shift + 10, bend), metres + rng.uniform(-0.3, 0.3)
            crowd.append(_walker(travel(route, speed, frame, metres, stage.fps), rng))
    return crowd


def _walker(journey: Journey, rng: np.random.Generator) -> Actor:
    look = random_look(rng)
    walk, light = _walking(journey, look.height, rng), float(rng.uniform(0.9, 1.1))
    return Actor("walker", *journey[:2], lambda frame: figures.dress(walk(frame), look), light=light)


def _walking(journey: Journey, height: float, rng: np.random.Generator) -> Callable[[int], np.ndarray]:
    """Posture at a frame; the legs are tied to the metres walked."""
    cycle, offset = 0.50 * height + 0.34, float(rng.random())

    def posture(frame: int) -> np.ndarray:
        vigour = np.clip(journey.speed[frame] / 0.55, 0, 1)
        return figures.stepping(WALK, journey.travelled[frame] / cycle + offset, cycle, vigour, height)

    return posture


def _route(event: Event, stage: Stage, rng: np.random.Generator) -> Route:
    return make_route(event.route, event.heading, stage.width, rng.normal(0, 4), rng.normal(0, 4, 5))


def _walking_elsewhere(event: Event, stage: Stage, rng: np.random.Generator) -> list[Actor]:
    """Someone who walks like anybody else, where nobody does or as nobody does there."""
    route = _route(event, stage, rng)
    journey = travel(route, uneven_speed(event.speed, stage.frames, stage.fps, rng), event.start, 0.0, stage.fps)
    return [_walker(journey, rng)._replace(type=event.type, anomalous=(0, stage.frames))]


def _passing(event: Event, stage: Stage, rng: np.random.Generator) -> list[Actor]:
    """A rider or runner who enters the view at the event's start, leaves it at the other end, and is never normal."""
    route = _route(event, stage, rng)
    journey = travel(route, uneven_speed(event.speed, stage.frames, stage.fps, rng), event.start, 0.0, stage.fps)
    look = random_look(rng)._replace(handbag=None, coat=False)
    height, travelled = look.height, journey.travelled
    if event.type == "runner":
        look, cycle = look._replace(backpack=None, short_sleeves=True), 0.75 + 0.55 * event.speed
    elif event.type == "vehicle":
        look = look._replace(backpack=None)
        body, trim = ((196, 203, 206), (112, 124, 120)) if rng.random() < 0.5 else ((96, 150, 190), (92, 92, 90))
    else:
        paint = BAGS[rng.integers(len(BAGS))]

    def pose(frame: int) -> list[Shape]:
        if event.type == "runner":
            return figures.dress(figures.stepping(RUN, travelled[frame] / cycle, cycle, 1.0, height), look)
        if event.type == "vehicle":
            return vehicles.cart(body, trim) + figures.dress(figures.sitting(height), look)
        if event.type == "cyclist":
            rider = figures.dress(figures.cycling(travelled[frame] / 3.4, height), look)
            return vehicles.bicycle(travelled[frame], paint) + rider
        # A push takes 0.75 seconds, and there are 2.6 from one to the next.
        push = min(frame / stage.fps % 2.6 / 0.75, 1.0)
        return vehicles.skateboard(paint) + figures.dress(figures.boarding(push, height), look)

    return [Actor(event.type, *journey[:2], pose, (0, stage.frames))]


def _fall(event: Event, stage: Stage, rng: np.random.Generator) -> list[Actor]:
    """A walker who falls, lies for some seconds, gets up and goes on."""
    fps, look, lies = stage.fps, random_look(rng)._replace(handbag=None), float(rng.uniform(1.8, 3.0))
    route = _route(event, stage, rng)
    steady = uneven_speed(event.speed, stage.frames, fps, rng)
    # He still moves for the half second that the fall takes, and walks on when he stands again.
    speed = pause(steady, event.start + 0.6 * fps, event.start + (lies + 2.6) * fps, 0.6 * fps)
    journey = travel(route, speed, event.start, rng.uniform(0.38, 0.6) * route.metres[-1], fps)
    walk = _walking(journey, look.height, rng)
    times = np.array([0.0, 0.35, 0.8, 0.8 + lies, 1.6 + lies, 2.6 + lies])
    fallen, lying, rising = (pose(look.height) for pose in (figures.stumbling, figures.lying, figures.kneeling))
    keys = [None, fallen, lying, lying, rising, None]

    def pose(frame: int) -> list[Shape]:
        seconds = (frame - event.start) / fps
        if not 0 <= seconds < times[-1]:
            return figures.dress(walk(frame), look)
        key = int(np.searchsorted(times, seconds, side="right")) - 1
        share = (seconds - times[key]) / (times[key + 1] - times[key])
        # Falling gathers speed; getting up is even.
        share = share**1.6 if key < 2 else share * share * (3 - 2 * share)
        before, after = (walk(frame) if keys[k] is None else keys[k] for k in (key, key + 1))
        return figures.dress(before * (1 - share) + after * share, look)

    return [Actor("fall", *journey[:2], pose, (event.start, event.start + round(times[-1] * fps)))]


def _thrown_bag(event: Event, stage: Stage, rng: np.random.Generator) -> list[Actor]:
    """A walker who slows down and throws his bag ahead: the bag, then the walker."""
    fps, look = stage.fps, random_look(rng)
    colour = BAGS[rng.integers(len(BAGS))]
    route = _route(event, stage, rng)
    steady = uneven_speed(0.9, stage.frames, fps, rng)
    speed = pause(steady, event.start - 0.2 * fps, event.start + 0.6 * fps, 0.6 * fps)
    journey = travel(route, speed, event.start, rng.uniform(0.36, 0.48) * route.metres[-1], fps)
    walk = _walking(journey, look.height, rng)
    swing_times, swing_angles = (-0.9, -0.35, 0.0, 0.3, 1.0), (0.0, -0.9, 1.5, 1.9, 0.0)

    def thrower(frame: int) -> list[Shape]:
        seconds, posture = (frame - event.start) / fps, walk(frame)
        if swing_times[0] < seconds < swing_times[-1]:
            swing = float(np.interp(seconds, swing_times, swing_angles))
            posture = figures.raise_right_arm(posture, swing, look.height)
        return figures.dress(posture, look._replace(handbag=colour if frame < event.start else None))

    ahead, heights, still = _flight(event, stage, rng)
    angle = journey.heading[event.start] + rng.normal(0, 0.25)
    foot, direction = journey.ground[event.start], np.array([np.cos(angle), -np.sin(angle) * FORESHORTENED])
    ground = foot + ahead[:, None] * direction * units_per_metre(foot[1])
    # It tumbles as it goes, and comes to rest flat.
    rolls = 4 * np.pi * ahead / np.nanmax(ahead)

    def bag(frame: int) -> list[Shape]:
        return figures.bag(np.array([0.0, 0.0, heights[frame]]), rolls[frame], colour)

    anomalous = event.start, still + round(1.5 * fps)
    thrown = Actor("thrown_bag", ground, np.full(stage.frames, angle), bag, anomalous, nearer=1.0)
    return [thrown, Actor("walker", *journey[:2], thrower)]


def _flight(event: Event, stage: Stage, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int]:
    """A throw with event.speed: metres ahead (N,), NaN before it; height of the middle (N,); the frame of rest."""
    ahead, heights, still = np.full(stage.frames, np.nan), np.zeros(stage.frames), stage.frames
    substeps, rest = 8, 0.15
    dt = 1 / stage.fps / substeps
    x, z, vx, vz = 0.45, 1.35, event.speed, float(rng.uniform(3.0, 4.2))
    for frame in range(event.start, stage.frames):
        ahead[frame], heights[frame] = x, z
        still = min(still, frame) if vx == 0 else still
        for _ in range(substeps):
            x, z, vz = x + vx * dt, z + vz * dt, vz - 9.81 * dt
            if z < rest:
                # It bounces a little, and every touch of the ground takes speed.
                z, vz, vx = rest, max(-0.25 * vz - 0.2, 0.0), max(vx * 0.75 - 0.05, 0.0)
    return ahead, heights, still
