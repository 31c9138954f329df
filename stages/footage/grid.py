"""The grid of a set: frames at equal steps of time, each a picture of the source."""

import hashlib
from typing import NamedTuple

import numpy as np

from stages.footage.timeline import Source, hole_from
from stages.footage.windows import Part


class Run(NamedTuple):
    """Frames that follow one another: the first one's number, and, of each, the place of its picture in the clip."""

    first: int
    places: np.ndarray

    @property
    def stop(self) -> int:
        return self.first + len(self.places)


def grid_of(sources: list[Source], wanted: float) -> tuple[float, int]:
    """Frames a second of a set, and every how many-th picture is one.

    Args:
        wanted: decode.rate.
    """
    rate = 1 / float(np.median([source.step for source in sources]))
    every = max(1, round(rate / wanted))
    return rate / every, every


def runs_of(part: Part, fps: float, every: int) -> list[Run]:
    """The recorded frames of a clip.

    Steady pictures at the set's rate give every so many-th; others, at each frame's time, the last one shown.
    """
    seconds, runs = part.seconds, []
    step = float(np.median(np.diff(seconds))) if len(seconds) > 1 else 1 / (fps * every)
    edges = [0, *(np.flatnonzero(np.diff(seconds) > hole_from(step)) + 1).tolist(), len(seconds)]
    for first, stop in zip(edges, edges[1:], strict=False):
        own = seconds[first:stop]
        if is_steady(own, 1 / (fps * every)):
            places = np.arange(first, stop, every)
        else:
            # As long as the last one is shown, and the frame at its time.
            count = max(int((own[-1] - own[0] + step / 2) * fps) + 1, round((own[-1] - own[0] + step) * fps))
            times = own[0] + np.arange(count) / fps + step / 2
            places = first + np.searchsorted(own, times, side="right") - 1
        runs.append(Run(max(runs[-1].stop if runs else 0, round(own[0] * fps)), places))
    return runs


def is_steady(seconds: np.ndarray, step: float) -> bool:
    """Whether pictures come at equal steps, of this length but for a clock's inaccuracy."""
    if len(seconds) < 2:
        return True
    own = (seconds[-1] - seconds[0]) / (len(seconds) - 1)
    even = np.abs(seconds - seconds[0] - own * np.arange(len(seconds))).max() < own / 2
    # A short one tells its step less exactly.
    return bool(even and abs(own - step) < max(0.002 * step, 0.002 / len(seconds)))


def clip_hash(part: Part, sources: dict[int, Source], runs: list[Run]) -> str:
    """Of the files that a clip comes from, and of which picture each frame is."""
    digest = hashlib.sha256()
    places = np.concatenate([run.places for run in runs])
    for number in dict.fromkeys(part.numbers[places].tolist()):
        probe = sources[number].probe
        own = places[part.numbers[places] == number]
        digest.update(f"{probe.kind} {probe.sha256}".encode() + probe.stamps[part.pictures[own]].tobytes())
    digest.update(str([(run.first, len(run.places)) for run in runs]).encode())
    return digest.hexdigest()
