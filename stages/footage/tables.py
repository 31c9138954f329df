"""What footage knows of a set's clips, as tables."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from stages.footage.grid import Run, clip_hash
from stages.footage.timeline import Fault, Source, runs_alike
from stages.footage.windows import Part


def kept_size(source: Source, most: int | None) -> tuple[int, int]:
    """Width and height of the frames, of at most so many lines (decode.height)."""
    width, height = source.probe.width, source.probe.height
    scale = min(1.0, most / height) if most else 1.0
    return max(1, round(width * scale)), max(1, round(height * scale))


def pictures_of(part: Part, runs: list[Run], sources: dict[int, Source]) -> pd.DataFrame:
    """PICTURES of a clip, and which picture of its file each is."""
    places = np.concatenate([run.places for run in runs])
    numbers, pictures = part.numbers[places], part.pictures[places]
    stamps = np.zeros(len(places), np.int64)
    for first, stop in runs_alike(numbers):
        stamps[first:stop] = sources[numbers[first]].probe.stamps[pictures[first:stop]]
    frames = np.concatenate([np.arange(run.first, run.stop) for run in runs])
    columns = {"frame": frames, "file": numbers, "stamp": stamps, "picture": pictures}
    return pd.DataFrame({"video": part.name, **columns})


def video_row(
    part: Part, runs: list[Run], fold: int, sources: dict[int, Source], fps: float, most: int | None
) -> tuple:
    """A row of VIDEOS."""
    width, height = kept_size(sources[part.numbers[0]], most)
    hashed = clip_hash(part, sources, runs)
    return part.name, part.split, fold, part.view, runs[-1].stop, fps, width, height, part.began, hashed


def file_row(source: Source) -> tuple:
    """A row of FILES."""
    return source.number, source.clip.path.as_posix(), source.probe.kind, source.probe.sha256


def run_rows(part: Part, runs: list[Run], sources: dict[int, Source]) -> Iterator[tuple]:
    """Rows of RUNS."""
    for run in runs:
        numbers = part.numbers[run.places]
        for first, stop in runs_alike(numbers):
            source, picture = sources[numbers[first]], part.pictures[run.places[first]]
            probe = source.probe
            own = len(probe.seconds) > 0 and not probe.breaks
            second = probe.seconds[picture] - probe.start if own else source.seconds[picture]
            yield part.name, run.first + first, stop - first, source.number, round(float(second), 6)


def fault_rows(
    faults: list[Fault], clipped: list[tuple[Part, list[Run]]], sources: dict[int, Source], bad: dict[Path, str]
) -> Iterator[tuple]:
    """Rows of SOURCE_FAULTS; what lies between two clips is in neither."""
    for path, wrong in bad.items():
        yield "", path.as_posix(), "unreadable", -1, -1, 0.0, wrong
    holding = defaultdict(list)
    for part, own in clipped:
        for number in np.unique(part.numbers):
            holding[number].append((part, own))
    for fault in faults:
        where = "", -1, -1
        for part, own in holding[fault.number]:
            place = np.flatnonzero((part.numbers == fault.number) & (part.pictures == fault.picture))
            if len(place):
                where = part.name, *frames_at(int(place[0]), own, fault.kind)
        video, first, last = where if where[1] >= 0 else ("", -1, -1)
        path = sources[fault.number].clip.path.as_posix()
        yield video, path, fault.kind, first, last, round(fault.seconds, 3), fault.said


def frames_at(place: int, runs: list[Run], kind: str) -> tuple[int, int]:
    """The first and last frame that are missing before a picture, or the frame of it; -1 before the clip's first."""
    index = max(index for index, run in enumerate(runs) if run.places[0] <= place)
    run = runs[index]
    if kind != "cut_off" and place == run.places[0]:
        return (runs[index - 1].stop, max(runs[index - 1].stop, run.first - 1)) if index else (-1, -1)
    frame = run.first + max(0, int(np.searchsorted(run.places, place, side="right")) - 1)
    return frame, frame
