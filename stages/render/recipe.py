"""The recipe of a synthetic data set: which clips, how many walkers, and which events happen when."""

from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import ConfigDict, Field, StringConstraints
from pydantic.dataclasses import dataclass
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from stages.common.running.errors import InputError
from stages.common.running.params import checked

EventType = Literal["cyclist", "runner", "skateboarder", "vehicle", "fall", "thrown_bag", "trespasser", "wrong_way"]
Route = Literal["upper", "middle", "lower", "lawn", "gate", "grass"]
EVENT_TYPES, ROUTES = get_args(EventType), get_args(Route)
Side = Annotated[int, Field(ge=64, le=4096, multiple_of=2)]
STRICT = ConfigDict(extra="forbid", strict=True)


@dataclass(frozen=True, config=STRICT)
class Event:
    """One anomaly. start: frame at which the object enters the view, the fall begins or the bag leaves the hand.
    speed: of the object (of the throw for a bag), metres per second."""

    type: EventType
    start: Annotated[int, Field(ge=0)]
    route: Route
    heading: Literal["left", "right"]
    speed: Annotated[float, Field(ge=0.2, le=8)]


@dataclass(frozen=True, config=STRICT)
class Clip:
    """One video; `walkers` is the usual number of people in view at once."""

    name: Annotated[str, StringConstraints(pattern="^[A-Za-z0-9_-]+$")]
    split: Literal["train", "test"]
    frames: Annotated[int, Field(ge=1, le=100_000)]
    walkers: Annotated[int, Field(ge=0, le=40)]
    events: tuple[Event, ...]


@dataclass(frozen=True, config=STRICT)
class Recipe:
    """A synthetic data set. width and height are in pixels; fps in frames per second."""

    seed: Annotated[int, Field(ge=0, lt=2**63)]
    width: Side
    height: Side
    fps: Annotated[float, Field(ge=5, le=60)]
    clips: tuple[Clip, ...]


def read_recipe(path: Path) -> Recipe:
    """A recipe, checked.

    Raises:
        InputError: no file, a key unknown, missing, of a wrong type or out of its range, two clips of one name, an
            event in a training clip or after its clip's end.
    """
    try:
        values = YAML(typ="safe").load(path)
    except FileNotFoundError:
        raise InputError(f"{path}: not found; copy data/recipes/demo.yaml there and edit it") from None
    except YAMLError as error:
        raise InputError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(values, dict):
        raise InputError(f"{path}: expected a mapping with the keys seed, width, height, fps and clips")
    recipe = checked(values, Recipe, str(path))
    names = [clip.name for clip in recipe.clips]
    for clip in recipe.clips:
        if names.count(clip.name) > 1:
            raise InputError(f"{path}: two clips are named {clip.name!r}; rename one")
        if clip.split == "train" and clip.events:
            raise InputError(f"{path}: {clip.name}: expected events: [] in a training clip, found {len(clip.events)}")
        for event in clip.events:
            if event.start >= clip.frames:
                raise InputError(f"{path}: {clip.name}: an event starts at frame {event.start} of {clip.frames}")
    return recipe
