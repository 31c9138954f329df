"""One clip: a single pass over its pictures, in which is found what is live, and kept."""

import math
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from stages.common.frames.measures import Measure
from stages.common.frames.store import Writer, write_clip
from stages.common.source.pictures import images_in
from stages.common.tables.schemas import FILES, PICTURES, SOURCE_FAULTS, read_table, write_table
from stages.decode.backgrounds import Backgrounds
from stages.decode.faults import faults_of, joined
from stages.decode.gate import Gate
from stages.decode.keeper import Keeper
from stages.decode.pictures import Picture, Row, converted, luma, pictures_of, waiting
from stages.decode.settings import Decode

JPEG = (".jpg", ".jpeg")
TOGETHER = 1.0  # seconds between two faults of a kind that are one
SAID = {
    "light": "the light of the picture, or of a part of it, switches",
    "moved": "the camera is moved, turned or covered",
    "damaged": "the file is damaged: frames repeat the one before",
    "lost": "frames are missing before this one: what moves has gone {:.1f} times as far as usual",
    "doubled": "a frame comes twice",
    "frozen": "the picture stands still",
    "flash": "the whole picture flashes, by {:.0f} grey levels",
    "shake": "the camera shakes",
}


# What the frames tell of what is told already.
AGAIN = {"doubled": "damaged", "frozen": "damaged", "shake": "moved", "flash": "light"}


class Grid(NamedTuple):
    """What VIDEOS says of a clip."""

    frames: int
    fps: float
    width: int
    height: int


def decode_clip(
    footage: Path, source: Path, videos: tuple[list[str], str, list[str]], grid: Grid, decode: Decode, folder: Path
) -> None:
    """Writes what is kept of a clip, and its SOURCE_FAULTS, which name neither clip nor file, into `folder`.

    Args:
        footage, source: the tables about the set, and its footage.
        videos: the clips before it in its file, itself, and those after.
    """
    stretch = max(1, round(decode.background * grid.fps))
    before, own, after = (rows_of(footage, source, each) for each in (videos[0], [videos[1]], videos[2]))
    rows = [*before[-stretch:], *own, *after[:stretch]]
    places = range(len(before[-stretch:]), len(before[-stretch:]) + len(own))
    shape = (grid.frames, grid.height, grid.width) if decode.grey else (grid.frames, grid.height, grid.width, 3)
    with write_clip(folder, grid.fps, shape, decode.quality) as writer:
        clip = Pass(grid, decode, rows, places, Backgrounds(len(rows), places.start, places.stop, stretch), writer)
        clip.read()
    write_table(folder / "faults.parquet", pd.DataFrame(clip.faults(), columns=SOURCE_FAULTS.names), SOURCE_FAULTS)


def rows_of(footage: Path, source: Path, videos: list[str]) -> list[Row]:
    """The frames of clips, one clip after the other."""
    files = read_table(footage / "files.parquet", FILES).set_index("file")
    rows = []
    for video in videos:
        table = pq.read_table(footage / "pictures.parquet", schema=PICTURES, filters=[("video", "=", video)])
        for number, file, stamp in zip(*(table[name].to_pylist() for name in PICTURES.names[1:]), strict=True):
            rows.append(Row(number, source / files.at[file, "path"], files.at[file, "kind"], stamp))
    return rows


class Pass:
    """What is found out about a clip while its pictures go by.

    Places count all that is shown, `own` are those of the clip; numbers are the clip's.
    """

    def __init__(
        self, grid: Grid, decode: Decode, rows: list[Row], own: range, backgrounds: Backgrounds, writer: Writer
    ):
        self.grid, self.decode, self.rows, self.own = grid, decode, rows, own
        self.backgrounds, self.writer = backgrounds, writer
        self.size, self.margin = (grid.width, grid.height), round(decode.margin * grid.fps)
        self.gate, self.measure = Gate(grid.fps, decode.areas), Measure()
        self.images_in = cache(images_in)
        self.last = -2  # place that was kept last
        self.spans: list[tuple[int, int]] = []
        self.live: list[tuple[int, int]] = []
        self.damaged: list[int] = []

    def read(self) -> None:
        """Every picture once, in order."""
        keeper, first = self.keeper(), self.own.start
        for place, (row, picture, damaged) in enumerate(pictures_of(self.rows, self.size)):
            if place in self.own and place > first and row.number != self.rows[place - 1].number + 1:
                self.close(keeper, first, place)
                keeper, first = self.keeper(), place
            self.backgrounds.show(place, partial(converted, picture, self.size, self.decode.grey))
            if place >= self.own.stop:
                continue
            for live in self.look(place, picture):
                keeper.add_live(live)
            if place in self.own:
                self.damaged += [row.number] * damaged
                keeper.add(place, waiting(picture, self.size))
                self.keep(keeper.decided(self.gate.known if self.decode.gate else place + 1))
                # Which of the frames that wait are kept decides whether their background is needed.
                self.write_backgrounds(place - len(keeper.waiting))
        self.close(keeper, first, self.own.stop)
        self.write_backgrounds(len(self.rows))
        self.writer.finish(self.spans, self.measure.steps(), self.live)

    def keeper(self) -> Keeper:
        # What moves at a look may have moved since the one before.
        return Keeper(self.margin, self.gate.every if self.decode.gate else 0)

    def look(self, place: int, picture: Picture) -> list[int]:
        """Places that are now known to be live."""
        if not self.decode.gate:
            return [place]
        return self.gate.look(place, luma(picture)) if place % self.gate.every == 0 else []

    def close(self, keeper: Keeper, first: int, stop: int) -> None:
        """Ends a recorded stretch, a range of places."""
        for place in self.gate.end_doubt():
            keeper.add_live(place)
        self.keep(keeper.decided(None))
        for kept, live in zip(keeper.spans, keeper.live, strict=True):
            (start, end), (begin, over) = (np.clip(each, first, stop).tolist() for each in (kept, live))
            if start < end:
                shift = self.number(first) - first
                self.spans.append((start + shift, end + shift))
                self.live.append((begin + shift, over + shift))
        self.last = -2

    def keep(self, frames: Iterator[tuple[int, Picture]]) -> None:
        for place, picture in frames:
            frame = converted(picture, self.size, self.decode.grey)
            self.measure.add(frame, first=place != self.last + 1)
            self.writer.frame(self.number(place), frame, self.code(place, picture))
            self.backgrounds.want(place)
            self.last = place

    def code(self, place: int, picture: Picture) -> bytes | None:
        """What lies in the file of a frame, if that is a JPEG of the size that is kept: coding it twice would show."""
        row, whole = self.rows[place], isinstance(picture, np.ndarray) and picture.shape[1::-1] == self.size
        if row.kind != "images" or not whole or row.number in self.damaged:
            return None
        file = self.images_in(row.path)[row.stamp]
        return file.read_bytes() if file.suffix.lower() in JPEG else None

    def write_backgrounds(self, seen: int) -> None:
        for place, _ in self.gate.faults[len(self.backgrounds.changes) :]:
            self.backgrounds.change(place)
        for start, stop, background in self.backgrounds.due(seen):
            self.writer.background(self.number(start), self.number(stop - 1) + 1, background)

    def number(self, place: int) -> int:
        return self.rows[place].number

    def faults(self) -> list[tuple]:
        """Rows of SOURCE_FAULTS, ascending."""
        damaged, reach = joined(self.damaged, 1), round(TOGETHER * self.grid.fps)
        found = [(*both, "damaged", (both[1] - both[0] + 1) / self.grid.fps, math.nan) for both in damaged]
        for kind in ("light", "moved"):
            numbers = [self.number(at) for at, what in self.gate.faults if what == kind and at in self.own]
            found += [(*both, kind, 0.0, math.nan) for both in joined(numbers, reach)]
        shown = faults_of(self.measure.steps(), np.array(self.spans, int).reshape(-1, 2))
        # A damaged frame repeats the one before, a camera that is moved shakes: what is said is not said again.
        told = [(first - reach, last + reach, kind) for first, last, kind, *_ in found]
        for row in shown.itertuples():
            as_is = AGAIN.get(row.kind)
            if not any(a <= row.first_frame and row.last_frame <= b and kind == as_is for a, b, kind in told):
                found.append((row.first_frame, row.last_frame, row.kind, 0.0, row.strength))
        return [("", "", kind, a, b, lost, SAID[kind].format(strength)) for a, b, kind, lost, strength in sorted(found)]
