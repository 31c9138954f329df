"""Work done video by video: in parallel, in the videos' order, kept for the next run."""

import functools
import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import joblib

from stages.common.running.cluster import on_cluster
from stages.common.running.code import files_hash, own_files, stages_modules
from stages.common.running.files import folder_whole
from stages.common.running.params import Machine
from stages.common.running.paths import WORK
from stages.common.running.progress import progress


@dataclass(frozen=True)
class Job:
    """One video's piece of a stage.

    Attributes:
        video: its name.
        content: all that determines the piece beside the code: hashes of inputs, settings, as JSON values.
        make: called with an empty folder to write the piece into; picklable, returns nothing.
    """

    video: str
    content: dict
    make: Callable[[Path], None]


def map_videos(stage: str, jobs: list[Job], machine: Machine) -> Iterator[Path]:
    """The piece of every job, a folder, in the jobs' order, whoever makes it: processes here or a cluster's.

    Pieces stand in `.work/<stage>/`, under the hash of what determines them. One that is there already is not made
    again, so that a stage that was stopped goes on, and one more video costs one video.
    """
    code = code_hash()
    paths = [WORK / stage / piece_key(job.content, code) for job in jobs]
    # Videos of one content share a piece, which is made once: two processes at it would destroy each other's work.
    makes = {path: job.make for job, path in zip(jobs, paths, strict=True)}
    calls = [functools.partial(make_piece, make, path) for path, make in makes.items()]
    if machine.dask and calls:
        made = on_cluster(machine.dask, calls)
    else:
        made = joblib.Parallel(n_jobs=machine.workers, return_as="generator")(joblib.delayed(call)() for call in calls)
    names = (job.video for job in jobs)
    yield from progress(in_order(paths, made), total=len(jobs), unit="video", name=lambda _: next(names))


def in_order(paths: list[Path], made: Iterator[Path]) -> Iterator[Path]:
    """All of `paths`, as soon as they are made; `made` yields each of them once, in the order of its first place."""
    done = set()
    for path in paths:
        if path not in done:
            done.add(next(made))
        yield path


def make_piece(make: Callable[[Path], None], path: Path) -> Path:
    if not path.exists():
        with single_threaded(), folder_whole(path) as folder:
            make(folder)
    return path


def single_threaded():
    """One thread per worker: the workers are the parallelism, and sums come out the same in any number of them."""
    import cv2
    from threadpoolctl import threadpool_limits

    cv2.setNumThreads(1)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    return threadpool_limits(1)


def piece_key(content: dict, code: str) -> str:
    text = json.dumps([content, code], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@functools.cache
def code_hash() -> str:
    """The hash of the project's own modules that are loaded now."""
    return files_hash(own_files([*stages_modules(), "__main__"]))
