"""Clips that are parts of one recording, of which one may have to look into the others."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from stages.common.frames.store import Frames, open_frames


class Recording(NamedTuple):
    """A clip, and the clips of its file."""

    video: str
    store: Path  # where the frames lie
    parts: list[str]  # names of the clips of its file, in their order there

    def frames(self) -> Frames:
        """Those of the clip."""
        return open_frames(self.store, self.video)

    def searched(self, every: int) -> Iterator[np.ndarray]:
        """Every so many-th of them, from the first on."""
        frames = self.frames()
        return (frames[place] for place in range(0, len(frames), every))

    def whole(self) -> tuple["Joined", int]:
        """Those of all parts, and which of them is the clip's first."""
        parts = [open_frames(self.store, part) for part in self.parts]
        return Joined(parts), sum(map(len, parts[: self.parts.index(self.video)]))


class Joined(Sequence):
    """Sequences one after the other, read like one; nothing is copied."""

    def __init__(self, parts: Sequence[Sequence]):
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


def recordings_of(videos: pd.DataFrame, store: Path) -> Iterator[Recording]:
    """The clips of a set (VIDEOS) in the table's order."""
    parts = {path: group.sort_values("first")["video"].tolist() for path, group in videos.groupby("path")}
    return (Recording(row.video, store, parts[row.path]) for row in videos.itertuples())
