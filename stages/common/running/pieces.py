"""Work done video by video: in parallel, in the videos' order, kept for the next run.

.work/<stage>/<key>/piece/      what a job has made; the key is a hash of all that determines it
.work/<stage>/<key>/sha256      of its bytes as they were made
.work/<stage>/<set>.keys        which of them a set's last run needs
"""

import fcntl
import functools
import hashlib
import json
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import joblib

from stages.common.running.cluster import on_cluster
from stages.common.running.code import code_hash, stage_files
from stages.common.running.files import folder_whole, held, sha256, sweep, written_whole
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


def map_videos(stage: str, name: str, jobs: list[Job], machine: Machine) -> Iterator[Path]:
    """The piece of every job, a folder, in the jobs' order, whoever makes it: processes here or a cluster's.

    One that is there already, with the bytes that it was made with, is not made again, so that a stage that was stopped
    goes on, and one more video costs one video.

    Args:
        stage: whose code makes them; `stage/part` where a stage has several kinds.
        name: the set's.
    """
    keys = [piece_key(stage, job.content) for job in jobs]
    # Videos of one content share a piece, which is made once.
    makes = {key: job.make for job, key in zip(jobs, keys, strict=True)}
    calls = [functools.partial(make_piece, make, WORK / stage / key) for key, make in makes.items()]
    names = (job.video for job in jobs)
    with needed(stage, name, makes):
        if machine.dask and calls:
            made = on_cluster(machine.dask, calls, stage_files(stage.split("/")[0]))
        else:
            parallel = joblib.Parallel(n_jobs=machine.workers, return_as="generator")
            made = parallel(joblib.delayed(call)() for call in calls)
        yield from progress(in_order(keys, made), total=len(jobs), unit="video", name=lambda _: next(names))


def in_order(keys: list[str], made: Iterator[Path]) -> Iterator[Path]:
    """The piece of each of `keys`, as soon as it is made; `made` has each once, in the order of first places."""
    pieces = {}
    for key in keys:
        if key not in pieces:
            pieces[key] = next(made)
        yield pieces[key]
    next(made, None)  # joblib warns of tasks that were cancelled unless it is read to its end


def make_piece(make: Callable[[Path], None], place: Path) -> Path:
    if not intact(place):
        with single_threaded(), piece_whole(place) as folder:
            make(folder)
    return place / "piece"


@contextmanager
def piece_whole(place: Path) -> Iterator[Path]:
    """An empty folder that is the piece at `place`, its hash beside it, when the block ends without an error."""
    with folder_whole(place) as folder:
        piece = folder / "piece"
        piece.mkdir()
        yield piece
        (folder / "sha256").write_text(sha256(piece))


def intact(place: Path) -> bool:
    """Whether there is a piece at `place` with the bytes that it was made with."""
    piece, note = place / "piece", place / "sha256"
    return piece.exists() and note.exists() and note.read_bytes() == sha256(piece).encode()


def single_threaded():
    """One thread per worker: the workers are the parallelism, and sums come out the same in any number of them."""
    import cv2
    from threadpoolctl import threadpool_limits

    cv2.setNumThreads(1)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    return threadpool_limits(1)


def piece_key(stage: str, content: dict) -> str:
    text = json.dumps([content, code_hash(stage.split("/")[0])], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@contextmanager
def needed(stage: str, name: str, keys: Iterable[str]) -> Iterator[None]:
    """Notes what a set's run of a stage needs; when that has ended well, what no set's last run needed goes.

    Of processes at the same stage the last one tidies, so that nobody loses what he works on.
    """
    folder = WORK / stage
    folder.mkdir(parents=True, exist_ok=True)
    with held(folder, fcntl.LOCK_SH):
        with written_whole(folder / f"{name}.keys") as aside:
            aside.write_text("\n".join(sorted(keys)))
        yield
    with held(folder, fcntl.LOCK_EX | fcntl.LOCK_NB) as alone:
        if alone:
            prune(folder)


def prune(folder: Path) -> None:
    """Removes from a stage's folder the pieces that no list names, and what dead processes left half-made."""
    keys = {key for file in folder.glob("[!.]*.keys") for key in file.read_text().split()}
    for place in folder.glob("[!.]*"):
        if place.is_dir() and place.name not in keys:
            shutil.rmtree(place, ignore_errors=True)
    sweep(folder, ".*.partial")
