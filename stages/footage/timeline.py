"""Files of footage in time: the pictures of each, and which files follow one another on a camera's clock."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np

from stages.footage.clips import Clip
from stages.footage.clocks import clock_of
from stages.footage.probe import Probe

PAUSE = 1.0  # seconds of a clock's jump, as far as anybody knows; and between files of which only the order is known
WHOLE_SECONDS = 1.5  # a hole between files, or an overlap, that comes of names which tell whole seconds
SEGMENTS = 100  # files without clocks in a folder, beyond which they are cut from one recording


@dataclass(frozen=True, eq=False)
class Source:
    """A file or folder of pictures in time.

    Attributes:
        number: FILES.file.
        seconds: float64 (n,), when each of its pictures is shown, from the first on, jumps of its clock closed.
        step: seconds from picture to picture.
        first, stop: the pictures that count are from `first` to before `stop`.
        clock: when its first picture was taken.
    """

    number: int
    clip: Clip
    probe: Probe
    seconds: np.ndarray
    step: float
    first: int
    stop: int
    clock: datetime | None

    @property
    def length(self) -> float:
        """Seconds of the pictures that count."""
        return (self.stop - self.first) * self.step


class Fault(NamedTuple):
    """A fault of a source: SOURCE_FAULTS, but with the picture of the source that comes after it, or is the last."""

    number: int
    picture: int
    kind: str
    seconds: float
    said: str


@dataclass(frozen=True, eq=False)
class Track:
    """A stretch of a camera's time: pictures of one or several sources in their order.

    Attributes:
        seconds: float64 (n,), ascending.
        numbers: int32 (n,), of the sources.
        pictures: int32 (n,), in their sources.
        clock: at second 0.
    """

    sources: list[Source]
    seconds: np.ndarray
    numbers: np.ndarray
    pictures: np.ndarray
    clock: datetime | None

    def recorded(self, chosen: np.ndarray) -> float:
        """Seconds of the pictures that are chosen, bool (n,)."""
        counts = np.bincount(self.numbers[chosen], minlength=max(source.number for source in self.sources) + 1)
        return float(sum(source.step * counts[source.number] for source in self.sources))


def source_of(number: int, clip: Clip, probe: Probe, fps: float | None, images_fps: float, limits) -> Source:
    """A source by what is known of its file.

    Args:
        fps: of videos, where these tell it wrongly.
        images_fps: of pictures, and of videos that tell nothing.
        limits: from which to which second of it counts (None: its end).
    """
    if len(probe.seconds):
        seconds, step = closed(probe)
        if fps:
            seconds, step = seconds / (step * fps), 1 / fps
    else:
        rate = images_fps if probe.kind == "images" else (fps or probe.rate or images_fps)
        seconds, step = np.arange(len(probe.stamps)) / rate, 1 / rate
    places = np.searchsorted(seconds.round(6), [limits[0], np.inf if limits[1] is None else limits[1]]).tolist()
    first, stop = int(places[0]), int(places[1])
    return Source(number, clip, probe, seconds, step, first, stop, clock_of(clip.path, probe.created))


def closed(probe: Probe) -> tuple[np.ndarray, float]:
    """Seconds from the first picture on, with a pause where the file's clock jumps; and the usual step."""
    seconds = probe.seconds - probe.seconds[0]
    steps = np.diff(seconds)
    steps = np.delete(steps, [place - 1 for place in probe.breaks])
    steps = steps[steps > 0]
    step = 1 / probe.rate if probe.rate else 0.04
    if len(steps):
        usual = np.median(steps)
        # Stamps are rounded, to milliseconds in many a file; the mean is nearer than the median.
        near = steps[(steps > 0.5 * usual) & (steps < 1.5 * usual)]
        step = step if abs(near.mean() - step) < 0.01 * step else float(near.mean())
    for place in probe.breaks:
        seconds[place:] += seconds[place - 1] + step + PAUSE - seconds[place]
    return seconds, step


def hole_from(step: float) -> float:
    """Seconds between two pictures beyond which what is between was not recorded."""
    return max(1.0, 2.5 * step)


def faults_of(source: Source) -> Iterator[Fault]:
    """Gaps, jumps of the clock and a tail that was cut off, as far as they concern the pictures that count."""
    probe, seconds, step = source.probe, source.seconds, source.step

    def inside(place: int) -> bool:
        return source.first < place < source.stop

    for place in filter(inside, probe.breaks):
        jump = float(probe.seconds[place] - probe.seconds[place - 1] - step)
        way = "forward" if jump > 0 else "back"
        yield Fault(source.number, place, "clock", PAUSE, f"its clock jumps {way} by {said(abs(jump))}")
    for place in np.flatnonzero(np.diff(seconds) > hole_from(step)) + 1:
        if inside(place) and place not in probe.breaks:
            lost = float(seconds[place] - seconds[place - 1] - step)
            yield Fault(source.number, int(place), "gap", lost, f"{said(lost)} were not recorded")
    if probe.lacks > max(1.0, 0.02 * float(seconds[-1])) and source.stop == len(seconds):
        words = f"it was cut off: {said(probe.lacks)} that its header promises are not there"
        yield Fault(source.number, len(seconds) - 1, "cut_off", probe.lacks, words)


def said(seconds: float) -> str:
    """
    >>> said(7.25), said(7200.0), said(31536000.0)
    ('7.2 s', '2.0 h', '365.0 days')
    """
    for unit, size in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"


def tracks_of(sources: list[Source], alone: set[int]) -> tuple[list[Track], list[Fault]]:
    """The tracks of all sources, of which those of these numbers stand alone; and the gaps between files."""
    numbered = segments([source for source in sources if source.clock is None and source.number not in alone])
    groups: dict[tuple, list[Source]] = defaultdict(list)
    for source in sources:
        own = () if source.clock and source.number not in alone else (str(source.clip.path),)
        own = (str(source.clip.path.parent), "segments") if source.number in numbered else own
        groups[source.clip.split, source.clip.view, own].append(source)
    tracks: list[Track] = []
    faults: list[Fault] = []
    for (*_, own), group in sorted(groups.items()):
        order = (lambda s: s.clock) if own == () else (lambda s: numbers_of(s.clip.path.name))
        made, gaps = joined(sorted(group, key=order))
        tracks += made
        # Who records only what moves leaves holes by design.
        faults += gaps if len(gaps) <= len(group) / 2 else []
    return tracks, faults


def segments(sources: list[Source]) -> set[int]:
    """Numbers of the sources that are one of very many in a folder."""
    many = Counter(source.clip.path.parent for source in sources if source.clip.kind == "file")
    return {source.number for source in sources if many[source.clip.path.parent] > SEGMENTS}


def numbers_of(name: str) -> tuple[list[int], str]:
    return [int(number) for number in re.findall("[0-9]+", name)], name


def joined(sources: list[Source]) -> tuple[list[Track], list[Fault]]:
    """Sources in their order as tracks, a new one where one lies within the last; and the gaps between.

    What two sources overlap by is taken from the first of them.
    """
    tracks, faults, run, end = [], [], [], 0.0
    for source in sources:
        first = source.clock + timedelta(seconds=float(source.seconds[source.first])) if source.clock else None
        start = end + PAUSE if run else 0.0
        if run and first and run[0][2]:
            start = (first - run[0][2]).total_seconds()
            if WHOLE_SECONDS < end - start < source.length / 2:  # Some recorders let files overlap.
                early = source.seconds[source.first] + end - start
                source, start = replace(source, first=int(np.searchsorted(source.seconds, early))), end
            if start < end - WHOLE_SECONDS:
                tracks.append(track(run))
                run, start = [], 0.0
            elif start < end + WHOLE_SECONDS:
                start = end
            else:
                faults.append(Fault(source.number, source.first, "gap", start - end, f"{said(start - end)} before it"))
        run.append((source, start, first))
        end = start + source.seconds[source.stop - 1] - source.seconds[source.first] + source.step
    return [*tracks, track(run)], faults


def track(run: list[tuple[Source, float, datetime | None]]) -> Track:
    seconds = [source.seconds[source.first : source.stop] - source.seconds[source.first] + at for source, at, _ in run]
    numbers = [np.full(source.stop - source.first, source.number, np.int32) for source, _, _ in run]
    pictures = [np.arange(source.first, source.stop, dtype=np.int32) for source, _, _ in run]
    joined = map(np.concatenate, (seconds, numbers, pictures))
    return Track([source for source, _, _ in run], *joined, clock=run[0][2])


def runs_alike(values: np.ndarray) -> Iterator[tuple[int, int]]:
    """First place and place beyond of each run of equal values."""
    edges = [0, *(np.flatnonzero(values[1:] != values[:-1]) + 1).tolist(), len(values)]
    yield from ((first, stop) for first, stop in zip(edges, edges[1:], strict=False) if stop > first)
