"""Clips that are parts of one recording, of which one may have to look into the others."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from stages.common.tables.arrays import map_array


class ClipFrames(NamedTuple):
    """Where the frames of a clip lie.

    Attributes:
        video: the clip's name.
        parts: the packed frames of clips of one file, in their order there.
        own: which of them is the clip's.
    """

    video: str
    parts: list[Path]
    own: int

    def frames(self) -> np.ndarray:
        """Those of the clip, uint8 (F, H, W[, 3])."""
        return map_array(self.parts[self.own])

    def recording(self) -> tuple["Joined", int]:
        """Those of all parts, and which of them is the clip's first."""
        parts = [map_array(part) for part in self.parts]
        return Joined(parts), sum(map(len, parts[: self.own]))


class Joined(Sequence):
    """Arrays one after the other, read like one; nothing is copied."""

    def __init__(self, parts: Sequence[np.ndarray]):
        self.parts = parts
        self.ends = np.cumsum([0, *map(len, parts)])

    def __len__(self) -> int:
        return int(self.ends[-1])

    def __getitem__(self, index: int) -> np.ndarray:
        """Row `index`, from 0; IndexError beyond the end."""
        if not 0 <= index < len(self):
            raise IndexError(index)
        part = int(np.searchsorted(self.ends, index, side="right")) - 1
        return self.parts[part][index - self.ends[part]]


def clips_of(videos: pd.DataFrame, folder: Path, with_parts: bool) -> Iterator[ClipFrames]:
    """The clips of a set (VIDEOS) in the table's order, packed in `folder`.

    with_parts: each with the other clips of its file, too.
    """
    key = "path" if with_parts else "video"
    names = {value: own.sort_values("first")["video"].tolist() for value, own in videos.groupby(key)}
    for row in videos.itertuples():
        own = names[getattr(row, key)]
        yield ClipFrames(row.video, [folder / f"{name}.npy" for name in own], own.index(row.video))
