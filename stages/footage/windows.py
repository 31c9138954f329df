"""Tracks cut into clips, and the names of these."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from stages.footage.timeline import Source, Track, hole_from

# By so much a clip may be longer than it should, rather than leave a rest for the next.
SLACK = 1.05


@dataclass(frozen=True, eq=False)
class Part:
    """A clip: the pictures of a track from place `first` to before `stop`."""

    track: Track
    first: int
    stop: int
    split: str
    name: str = ""

    @property
    def view(self) -> str:
        return self.track.sources[0].clip.view

    @property
    def seconds(self) -> np.ndarray:
        """Of each picture, from the first on."""
        return self.track.seconds[self.first : self.stop] - self.track.seconds[self.first]

    @property
    def numbers(self) -> np.ndarray:
        return self.track.numbers[self.first : self.stop]

    @property
    def pictures(self) -> np.ndarray:
        return self.track.pictures[self.first : self.stop]

    @property
    def began(self) -> datetime | None:
        clock = self.track.clock
        return clock and clock + timedelta(seconds=float(self.track.seconds[self.first]))


def cut(track: Track, splits: np.ndarray, windows: dict[str, float]) -> Iterator[Part]:
    """The clips of a track: whole stretches of files, as many as fit, and parts of longer ones.

    Args:
        splits: str (n,), the split of each picture.
        windows: seconds of a clip, by split.
    """
    seconds, steps = track.seconds, {source.number: source.step for source in track.sources}
    hole = hole_from(max(steps.values()))
    changes = (np.diff(seconds) > hole) | (np.diff(track.numbers) != 0) | (splits[1:] != splits[:-1])
    edges = [0, *(np.flatnonzero(changes) + 1).tolist(), len(seconds)]
    begun = 0  # of the clip that is being put together
    for first, stop in zip(edges, edges[1:], strict=False):
        window = windows[splits[first]]
        end = seconds[stop - 1] + steps[track.numbers[first]]
        if first > begun and (splits[first] != splits[begun] or end - seconds[begun] > SLACK * window):
            yield Part(track, begun, first, splits[begun])
            begun = first
        length = end - seconds[first]
        if length > SLACK * window:
            count = math.ceil(length / window - SLACK + 1)
            inner = np.searchsorted(seconds[first:stop], seconds[first] + length * np.arange(1, count) / count - 1e-6)
            for edge in np.unique(first + inner):
                if begun < edge < stop:
                    yield Part(track, begun, int(edge), splits[first])
                    begun = int(edge)
    yield Part(track, begun, len(seconds), splits[begun])


def named(parts: list[Part], sources: dict[int, Source]) -> list[Part]:
    """The clips with names: of their file, of its part, or of the time of day where they hold several files."""
    many = Counter(int(part.numbers[0]) for part in parts if part.numbers[0] == part.numbers[-1])
    count: dict[int, int] = defaultdict(int)
    found = []
    for part in parts:
        number = int(part.numbers[0])
        name = sources[number].clip.name
        if part.numbers[-1] != number:
            name = f"{part.began:%Y-%m-%d_%H-%M-%S}" if part.began else f"{name}_on"
        elif many[number] > 1 or part.stop - part.first < (part.track.numbers == number).sum():
            count[number] += 1
            name = f"{name}_{count[number]}"
        found.append(replace(part, name=name))
    for more in (lambda part: f"{part.view}_".replace("/", "_").lstrip("_"), lambda part: f"{part.split}_"):
        twice = Counter(part.name for part in found)
        found = [replace(part, name=more(part) + part.name) if twice[part.name] > 1 else part for part in found]
    names: set[str] = set()
    for place, part in enumerate(found):
        name = part.name
        while name in names:  # A file is named like the part of another.
            name += "_"
        names.add(name)
        found[place] = replace(part, name=name)
    return found
