"""The files of a set in time, after a look at which can be read and which are unlike the rest."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from stages.common.running.errors import InputError
from stages.common.running.params import Machine
from stages.common.running.pieces import Job, map_videos
from stages.common.source.pictures import images_in
from stages.footage.clips import Clip
from stages.footage.clocks import camera_of
from stages.footage.probe import Probe, load_probe, write_probe
from stages.footage.settings import Footage
from stages.footage.timeline import Source, said, source_of

# A picture rate lower by this factor than the set's makes a recording another view.
UNLIKE = 1.5
NAMED = 3  # files that a line names; of more it tells how many


class Sources(NamedTuple):
    good: list[Source]
    bad: dict[Path, str]  # why a file cannot be read, by its path
    notes: list[str]  # what else there is to say of them, in words


def probed(source: Path, name: str, clips: list[Clip], machine: Machine) -> list[Probe]:
    """What each file holds; read anew only where one is new or has changed."""
    jobs = []
    for clip in clips:
        path = source / clip.path
        files = images_in(path) if clip.kind == "images" else [path]
        facts = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files if file.exists()]
        shown = clip.name.replace("\n", "\\n")
        jobs.append(Job(shown, {"path": str(path), "files": facts}, partial(write_probe, path, clip.kind)))
    return [load_probe(piece) for piece in map_videos("footage", name, jobs, machine)]


def find_sources(folder: Path, clips: list[Clip], probes: list[Probe], footage: Footage, own: bool) -> Sources:
    """The sources of a set; own footage is of one size, and several cameras are told apart.

    Raises:
        InputError: files that cannot be read, where `footage.unreadable` is stop or none is left, or no frame is left.
    """
    limits = footage.start_seconds, footage.end_seconds
    bad = {clip.path: probe.wrong for clip, probe in zip(clips, probes, strict=True) if probe.wrong}
    if bad and (footage.unreadable == "stop" or len(bad) == len(clips)):
        files = ", ".join(f"{path} ({wrong})" for path, wrong in bad.items())
        advice = "copy or remove them" + (", or set footage.unreadable to skip" if len(bad) < len(clips) else "")
        raise InputError(f"{folder}: {len(bad)} of {len(clips)} files cannot be read: {files}; {advice}")
    good = [
        source_of(number, clip, probe, footage.fps, footage.images_fps, limits)
        for number, (clip, probe) in enumerate(zip(clips, probes, strict=True))
        if not probe.wrong
    ]
    notes = []
    if empty := [source for source in good if source.stop <= source.first]:
        good = [source for source in good if source.stop > source.first]
        first = empty[0]
        found = f"{len(first.seconds)} frames at {1 / first.step:g} per second, none of them is left"
        if not good or not own:
            raise InputError(f"{first.clip.path}: {found}; change footage.start_seconds or footage.end_seconds")
        notes.append(f"{listed(source.clip.path for source in empty)} end before footage.start_seconds")
    if own:
        good, sizes = of_one_size(good)
        good, views = told_apart(good)
        notes += sizes + views
    return Sources(good, bad, notes)


def of_one_size(sources: list[Source]) -> tuple[list[Source], list[str]]:
    """Those of the size in which most time was recorded, and what there is to say of the others."""
    lengths: dict[tuple[int, int], float] = defaultdict(float)
    for source in sources:
        lengths[source.probe.width, source.probe.height] += source.length
    most = max(lengths, key=lambda size: lengths[size])
    others = [source for source in sources if (source.probe.width, source.probe.height) != most]
    if not others:
        return sources, []
    lost = said(sum(source.length for source in others))
    note = f"{listed(source.clip.path for source in others)} left out, of another size than {most[0]}x{most[1]}: {lost}"
    return [source for source in sources if source not in others], [note]


def told_apart(sources: list[Source]) -> tuple[list[Source], list[str]]:
    """Each with its view: its camera, by the folders that it lies in, and that its rate is another; and what to say."""
    cameras = [
        camera_of(Path(*source.clip.path.parent.parts[source.clip.split != "recording" :])) for source in sources
    ]
    several, usual = len(set(cameras)) > 1, float(np.median([source.step for source in sources]))
    views = []
    for source, camera in zip(sources, cameras, strict=True):
        rate = f"{1 / source.step:.3g} per second" if source.step > UNLIKE * usual else ""
        views.append(" ".join(filter(None, [camera if several else "", rate])))
    found = [replace(s, clip=replace(s.clip, view=view)) for s, view in zip(sources, views, strict=True)]
    counts = {view: views.count(view) for view in sorted(set(views))}
    if len(counts) == 1:
        return found, []
    words = ", ".join(f"{count} {view or 'like most'}" for view, count in counts.items())
    return found, [f"recordings that look unlike each other are in one set, better split into one for each: {words}"]


def listed(paths: Iterable[Path]) -> str:
    """
    >>> listed([Path("a"), Path("b")]), listed(map(Path, "abcd"))
    ('a, b', 'a, b, c and 1 more')
    """
    names = [path.as_posix() for path in paths]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
