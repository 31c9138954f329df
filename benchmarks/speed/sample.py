"""A clip of a reproduced set to measure on, and how a thing is measured beside another."""

import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from benchmarks.speed.machine import seconds
from stages.common.frames.store import Frames, open_frames
from stages.common.running.errors import InputError
from stages.common.running.paths import SetPaths
from stages.common.tables.class_scores import class_scores_of
from stages.common.tables.schemas import OBJECTS, TUBES, VIDEOS, read_table
from stages.train.loader import TubeSet

ROUNDS = 3
POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Sample:
    """The first test clip of a set, with all that the stages made of it."""

    name: str
    paths: SetPaths
    videos: pd.DataFrame  # VIDEOS, of the whole set
    video: str

    @property
    def frames(self) -> Frames:
        return open_frames(self.paths.frames, self.video)

    @property
    def objects(self) -> pd.DataFrame:
        """OBJECTS of the clip."""
        table = read_table(self.paths.detections / "objects.parquet", OBJECTS)
        return table[table["video"] == self.video].reset_index(drop=True)

    def training_tubes(self) -> pd.DataFrame:
        """TUBES that the first network learns from."""
        table = read_table(self.paths.tubes / "tubes.parquet", TUBES)
        return table[table["learnt"] & (table["fold"] != 0)]

    def tube_set(self) -> TubeSet:
        table = self.training_tubes()
        class_scores = class_scores_of(table, self.paths.detections / "objects.parquet")
        return TubeSet(table, class_scores, self.paths.tubes, self.paths.teacher)


def sample_of(name: str) -> Sample:
    paths = SetPaths(name)
    if not paths.metrics.exists() or not paths.frame_scores.exists():
        raise InputError(f"{paths.frame_scores}: not found; make the set first: `make run` or `make {name}`")
    videos = read_table(paths.footage / "videos.parquet", VIDEOS)
    return Sample(name, paths, videos, videos["video"][videos["split"] == "test"].min())


def paired(run: Callable, baseline: Callable | None = None, rounds: int = ROUNDS) -> tuple[float, float | None]:
    """Seconds of `run`, the fastest of some rounds, and the median over the rounds of how many times as long
    `baseline` takes beside it; both warm up once."""
    run()
    if baseline is None:
        return min(seconds(run) for _ in range(rounds)), None
    baseline()
    times = [(seconds(run), seconds(baseline)) for _ in range(rounds)]
    return min(ours for ours, _ in times), statistics.median(other / ours for ours, other in times)


@contextmanager
def peak_memory() -> Iterator[list[float]]:
    """A list that holds, after the block, the most MB that the process had of its own during it.

    Pages of mapped files do not count: the system takes them back where memory is short.
    """
    peak, done = [0.0], threading.Event()

    def watch() -> None:
        while not done.is_set():
            peak[0] = max(peak[0], own_memory())
            time.sleep(POLL_SECONDS)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()


def own_memory() -> float:
    """MB that this process has of its own now (Linux; NaN elsewhere)."""
    status = Path("/proc/self/status")
    if not status.exists():
        return float("nan")
    lines = (line for line in status.read_text().splitlines() if line.startswith("RssAnon"))
    return int(next(lines).split()[1]) / 1024
