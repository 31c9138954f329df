"""The recipe of a synthetic data set: which clips, how many walkers, and which events happen when."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

EVENT_TYPES = ("cyclist", "runner", "skateboarder", "vehicle", "fall", "thrown_bag")
ROUTES = ("upper", "middle", "lower", "lawn", "gate")


@dataclass(frozen=True)
class Event:
    """One anomaly.

    type: one of EVENT_TYPES. start: frame at which the object enters the view, the fall begins or the bag leaves the
    hand. route: one of ROUTES. heading: "left" or "right". speed: of the object (of the throw for a bag), metres/s.
    """

    type: str
    start: int
    route: str
    heading: str
    speed: float


@dataclass(frozen=True)
class Clip:
    """One video: `split` is "train" or "test", `walkers` the usual number of people in view at once."""

    name: str
    split: str
    frames: int
    walkers: int
    events: tuple[Event, ...]


@dataclass(frozen=True)
class Recipe:
    """A synthetic data set. width and height are even, in pixels; fps in frames per second."""

    seed: int
    width: int
    height: int
    fps: float
    clips: tuple[Clip, ...]


def read_recipe(path: str | Path) -> Recipe:
    """Read and check a recipe.

    Raises ValueError, in one line naming the file and the key, when a key is unknown, missing, of a wrong type or out
    of its range, when two clips share a name, or when a training clip holds events.
    """
    try:
        data = YAML(typ="safe").load(Path(path))
    except YAMLError as error:
        raise ValueError(f"{path}: not readable as YAML: {' '.join(str(error).split())}") from None
    root = str(path)
    values = _fields(data, root, {"seed": int, "width": int, "height": int, "fps": float, "clips": list})
    _in_range(values["seed"], 0, 2**63 - 1, f"{root}: seed")
    _in_range(values["fps"], 5, 60, f"{root}: fps")
    for side in ("width", "height"):
        _in_range(values[side], 64, 4096, f"{root}: {side}")
        if values[side] % 2:
            raise ValueError(f"{root}: {side}: expected an even number of pixels, got {values[side]}")
    clips = tuple(_clip(item, f"{root}: clips[{i}]") for i, item in enumerate(values["clips"]))
    names = [clip.name for clip in clips]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{root}: clips: expected different names, got {name!r} {names.count(name)} times")
    return Recipe(**{**values, "clips": clips})


def _clip(data: object, where: str) -> Clip:
    values = _fields(data, where, {"name": str, "split": str, "frames": int, "walkers": int, "events": list})
    if not re.fullmatch(r"[A-Za-z0-9_-]+", values["name"]):
        raise ValueError(f"{where}.name: expected letters, digits, '_' and '-' only, got {values['name']!r}")
    _one_of(values["split"], ("train", "test"), f"{where}.split")
    _in_range(values["frames"], 1, 100_000, f"{where}.frames")
    _in_range(values["walkers"], 0, 40, f"{where}.walkers")
    if values["split"] == "train" and values["events"]:
        raise ValueError(f"{where}.events: expected [] in a training clip, got {len(values['events'])} event(s)")
    events = tuple(_event(item, values["frames"], f"{where}.events[{i}]") for i, item in enumerate(values["events"]))
    return Clip(**{**values, "events": events})


def _event(data: object, frames: int, where: str) -> Event:
    values = _fields(data, where, {"type": str, "start": int, "route": str, "heading": str, "speed": float})
    _one_of(values["type"], EVENT_TYPES, f"{where}.type")
    _one_of(values["route"], ROUTES, f"{where}.route")
    _one_of(values["heading"], ("left", "right"), f"{where}.heading")
    _in_range(values["start"], 0, frames - 1, f"{where}.start")
    _in_range(values["speed"], 0.2, 8.0, f"{where}.speed")
    return Event(**values)


def _fields(data: object, where: str, types: Mapping[str, type]) -> dict:
    """The values of a mapping that has exactly the keys of `types`; an integer serves where a float is asked."""
    if not isinstance(data, dict):
        raise ValueError(f"{where}: expected a mapping with the keys {', '.join(types)}, got {type(data).__name__}")
    for key in data:
        if key not in types:
            raise ValueError(f"{where}: unknown key {key!r}; expected {', '.join(types)}")
    for key, kind in types.items():
        if key not in data:
            raise ValueError(f"{where}: key {key!r} is missing; expected {', '.join(types)}")
        accepted = (int, float) if kind is float else (kind,)
        # YAML's true is an int to Python, and is never meant as a number.
        if not isinstance(data[key], accepted) or isinstance(data[key], bool):
            raise ValueError(f"{where}: {key}: expected {kind.__name__}, got {type(data[key]).__name__} {data[key]!r}")
    return {key: kind(data[key]) for key, kind in types.items()}


def _one_of(value: str, choices: tuple[str, ...], where: str) -> None:
    if value not in choices:
        raise ValueError(f"{where}: expected one of {', '.join(choices)}, got {value!r}")


def _in_range(value: float, low: float, high: float, where: str) -> None:
    if not low <= value <= high:
        raise ValueError(f"{where}: expected a number from {low} to {high}, got {value}")
