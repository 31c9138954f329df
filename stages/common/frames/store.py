"""The frames of a set's clips, behind one door: who reads them need not know how they are stored.

A store is a folder with `<clip>.npy` of each clip, uint8 (frames, height, width[, 3]), mapped and not read,
`clips.json` with the hash of each, and `times.parquet` (TIMES).
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from stages.common.running.errors import InputError
from stages.common.running.files import link_or_copy, sha256
from stages.common.tables.arrays import map_array, new_array
from stages.common.tables.schemas import TIMES, arrow_table


@dataclass(frozen=True, eq=False)
class Frames(Sequence):
    """The frames of one clip, read when they are asked for: uint8, grey (height, width) or BGR (height, width, 3)."""

    store: Path
    video: str
    pixels: np.ndarray
    hash: str  # of all frames

    @property
    def shape(self) -> tuple[int, ...]:
        """(frames, height, width) or (frames, height, width, 3)."""
        return self.pixels.shape

    @cached_property
    def times(self) -> np.ndarray:
        """When each frame is shown, float64 (frames,), seconds from the beginning of the clip's file or folder."""
        table = pq.read_table(self.store / "times.parquet", filters=[("video", "=", self.video)])
        return table["seconds"].to_numpy()

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, place: int) -> np.ndarray:
        return self.pixels[place]


def open_frames(store: Path, video: str) -> Frames:
    """The frames of a clip of a store; InputError where there is no store, or no such clip in it."""
    if not (store / "clips.json").exists():
        raise InputError(f"{store}: not found; run `dvc repro` to make it")
    hashes = json.loads((store / "clips.json").read_text())
    if video not in hashes:
        raise InputError(f"{store}: no clip {video!r} in it; run `dvc repro` to make it anew")
    return Frames(store, video, map_array(store / f"{video}.npy"), hashes[video])


def write_frames(folder: Path, frames: Iterable[np.ndarray], shape: tuple[int, ...]) -> int:
    """Writes a clip's frames, uint8, all of shape[1:], shape[0] at most, into `folder`; how many there were."""
    count = 0
    with new_array(folder / "frames.npy", shape) as array:
        for frame in frames:
            array[count] = frame
            count += 1
    return count


def fill_store(store: Path, clips: Iterable[tuple[str, Path]], times: pd.DataFrame) -> None:
    """Puts clips, each a name and the folder that `write_frames` filled, and TIMES into an empty folder `store`."""
    rows_of, hashes = times.groupby("video").indices, {}
    with pq.ParquetWriter(store / "times.parquet", TIMES, compression="zstd") as writer:
        for video, folder in clips:
            link_or_copy(folder / "frames.npy", store / f"{video}.npy")
            hashes[video] = sha256(store / f"{video}.npy")
            writer.write_table(arrow_table(times.iloc[rows_of.get(video, [])].sort_values("frame"), TIMES))
    (store / "clips.json").write_text(json.dumps(hashes, indent=0, sort_keys=True) + "\n")
