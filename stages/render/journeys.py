"""Where an actor is at each frame of a clip: a route, and a speed along it."""

from typing import NamedTuple

import numpy as np

from stages.render.scene import FORESHORTENED, ROUTE_POINTS, units_per_metre

CURVE_POINTS = 200
OUTSIDE = 34.0  # scene units from the picture's edge to where a route begins or ends


class Route(NamedTuple):
    """A curve on the ground: points (K, 2) in scene units and the metres walked to each of them (K,)."""

    points: np.ndarray
    metres: np.ndarray


class Journey(NamedTuple):
    """Ground (N, 2) in scene units, NaN while the actor is not there; heading (N,) in radians from rightwards,
    counterclockwise as seen from above; metres travelled (N,) and metres/s (N,), at the N frames of a clip."""

    ground: np.ndarray
    heading: np.ndarray
    travelled: np.ndarray
    speed: np.ndarray


def make_route(name: str, heading: str, width: float, shift: float, bend: np.ndarray) -> Route:
    """A named route to the "left" or "right" of a scene of `width`, its control points moved down by `bend` (5,) and
    all of it by `shift`; all in scene units."""
    control = np.array(ROUTE_POINTS[name], float) * [width, 1]
    control[:, 1] += shift + bend[: len(control)]
    # The ends lie as far outside of a wide picture as of a narrow one.
    across = control[:, 0]
    control[:, 0] = np.select([across < 0, across > width], [-OUTSIDE, width + OUTSIDE], across)
    # The Bezier curve by de Casteljau's construction.
    share = np.linspace(0, 1, CURVE_POINTS)[:, None]
    layers = list(control[:, None])
    while len(layers) > 1:
        layers = [a * (1 - share) + b * share for a, b in zip(layers, layers[1:], strict=False)]
    points = layers[0]
    if (points[-1, 0] > points[0, 0]) != (heading == "right"):
        points = points[::-1]
    steps = np.diff(points, axis=0)
    lengths = np.hypot(steps[:, 0], steps[:, 1] / FORESHORTENED) / units_per_metre(points[1:, 1])
    return Route(points, np.concatenate([[0.0], np.cumsum(lengths)]))


def travel(route: Route, speed: np.ndarray, frame: int, metres: float, fps: float) -> Journey:
    """Walk a route from its start to its end at speeds (N,) in metres/s, being `metres` along it at `frame`."""
    walked = np.concatenate([[0.0], np.cumsum(speed[:-1])]) / fps
    travelled = walked - walked[frame] + metres
    ground = _at(route, travelled)
    step = _at(route, travelled + 0.3) - _at(route, travelled - 0.3)
    heading = np.arctan2(-step[:, 1] / FORESHORTENED, step[:, 0])
    ground[(travelled < 0) | (travelled > route.metres[-1])] = np.nan
    return Journey(ground, heading, travelled, speed)


def _at(route: Route, travelled: np.ndarray) -> np.ndarray:
    return np.stack([np.interp(travelled, route.metres, route.points[:, axis]) for axis in (0, 1)], axis=1)


def uneven_speed(mean: float, frames: int, fps: float, rng: np.random.Generator) -> np.ndarray:
    """Speeds (N,) of someone who hurries and dawdles a little around `mean` metres/s."""
    periods, phases = rng.uniform(4, 9, 2), rng.uniform(0, 2 * np.pi, 2)
    waves = np.sin(2 * np.pi * (np.arange(frames) / fps)[:, None] / periods + phases).sum(axis=1)
    return mean * (1 + 0.06 * waves)


def pause(speed: np.ndarray, first: float, last: float, ramp: float) -> np.ndarray:
    """Speeds (N,) that fall to zero from frame `first` to `last`, over `ramp` frames before and after."""
    frames = np.arange(len(speed))
    share = np.clip(np.maximum(first - frames, frames - last) / ramp, 0, 1)
    return speed * share**2 * (3 - 2 * share)
