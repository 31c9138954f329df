"""What worker processes make in the tests of `map_videos`: importable there, and quick to import."""

import os
import time
from pathlib import Path


def note(log: Path, video: str, folder: Path) -> None:
    """Writes a piece in two steps and notes that it was made."""
    with open(log, "a") as file:
        file.write(f"{video}\n")
    (folder / "first").write_text(video)
    time.sleep(0.05)
    (folder / "second").write_text(video * 3)


def slow_first(log: Path, video: str, folder: Path) -> None:
    """The first video takes longest, so that workers finish out of order."""
    time.sleep(0.3 if video == "a" else 0)
    note(log, video, folder)


def fail(error: type[BaseException], folder: Path) -> None:
    """Fails in the middle of its piece, when workers at work beside it have finished theirs."""
    (folder / "first").write_text("half")
    time.sleep(0.4)
    raise error("told to fail")


def note_process(folder: Path) -> None:
    (folder / "process").write_text(str(os.getpid()))


def note_threads(folder: Path) -> None:
    """How many threads the numeric libraries may use within a piece."""
    import cv2
    import numpy  # noqa: F401  it brings BLAS
    from threadpoolctl import threadpool_info

    pools = {pool["num_threads"] for pool in threadpool_info()}
    (folder / "threads").write_text(f"{cv2.getNumThreads()} {sorted(pools)}")


def note_start(log: Path, video: str, folder: Path) -> None:
    """Notes which process is at a piece before it makes it, slowly."""
    with open(log, "a") as file:
        file.write(f"{video} {os.getpid()}\n")
    (folder / "first").write_text(video)
    time.sleep(0.3)
    (folder / "second").write_text(video * 3)


def at_a_meeting(log: Path, video: str, folder: Path) -> None:
    """Is in the middle of its piece when as many makers have noted themselves as the environment says."""
    if str(os.getpid()) not in (log.read_text().split() if log.exists() else []):
        with open(log, "a") as file:
            file.write(f"{os.getpid()}\n")
    (folder / "first").write_text(video)
    while len(log.read_text().split()) < int(os.environ["MEETING"]):
        time.sleep(0.01)
    (folder / "second").write_text(video * 3)
