"""What hours of footage cost: one recording from nothing to its page, by `dvc repro`, in a project of its own.

    python -m benchmarks.hours hour.mp4 --detector motion

Writes a row of metrics/hours.csv: seconds of each stage and of the whole, the processor's seconds of the whole, the
most memory of any process and at which stage, how many times the size of the recording lies in data/, .work/ and DVC's
cache, and how many times what decoding alone takes (PyAV, one thread, measured before, by the first hour of a longer
recording) the whole does. The project is .work/hours, and is removed before and after.
"""

import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
import threading
import time
from contextlib import suppress
from itertools import islice
from pathlib import Path

import pandas as pd
import psutil

from stages.common.running.files import written_whole
from stages.common.running.paths import RAW_WEIGHTS, WORK
from stages.common.source.videos import opened, picture_stream

PLACE, TABLE, SET = WORK / "hours", Path("metrics/hours.csv"), "camera"
# By detector: the set whose settings and weights are taken over.
DETECTORS = {"motion": [], "nanodet_plus": ["--like", "ped2"]}
STAGE = re.compile(r"stages\.([a-z]+)")
LINE = re.compile(rf"^([a-z]+)@{SET}: .*, ([0-9.]+) s$", re.MULTILINE)


def decoding_alone(path: Path, most: int = 90_000) -> tuple[int, float]:
    """Frames of a recording, and the processor's seconds that one thread takes to decode them, by the first `most`."""
    with opened(path) as container:
        frames = sum(packet.size > 0 for packet in container.demux(picture_stream(container)))
    with opened(path) as container:
        start = time.process_time()
        decoded = sum(1 for _ in islice(container.decode(picture_stream(container)), most))
    return frames, (time.process_time() - start) * frames / decoded


def keep_row(table: Path, row: dict, keys: list[str]) -> None:
    """Puts a row into a CSV, in the place of one that has the same values of `keys`."""
    rows = pd.read_csv(table).to_dict("records") if table.exists() else []
    rows = [*(old for old in rows if any(old[key] != row[key] for key in keys)), row]
    with written_whole(table) as aside:
        pd.DataFrame(rows).to_csv(aside, index=False)


def environment() -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(PLACE.absolute()), "DVC_NO_ANALYTICS": "1"}


def prepare(recording: Path, detector: str) -> None:
    """A project with the code and parameters of this one, to which the recording is added as a user would."""
    shutil.rmtree(PLACE, ignore_errors=True)
    (PLACE / "data/raw").mkdir(parents=True)
    (PLACE / SET).mkdir()
    (PLACE / SET / recording.name).symlink_to(recording.absolute())
    if RAW_WEIGHTS.exists():
        (PLACE / RAW_WEIGHTS).symlink_to(RAW_WEIGHTS.absolute())
    shutil.copytree("stages", PLACE / "stages", ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("dvc.yaml", ".dvcignore", "params.yaml", "datasets.yaml"):
        shutil.copyfile(file, PLACE / file)
    python = [sys.executable, "-m"]
    subprocess.run([*python, "dvc", "init", "--no-scm", "--quiet"], cwd=PLACE, env=environment(), check=True)
    shutil.copyfile(".dvc/config", PLACE / ".dvc/config")
    subprocess.run([*python, "dvc", "config", "core.no_scm", "true"], cwd=PLACE, env=environment(), check=True)
    add = [*python, "stages.footage.add", SET, SET, *DETECTORS[detector]]
    subprocess.run(add, cwd=PLACE, env=environment(), check=True, stdout=subprocess.DEVNULL)


def reproduce() -> tuple[dict[str, float], dict[str, int]]:
    """Runs the pipeline: seconds by stage, and the most bytes that any process of a stage had."""
    start, spent, repro = time.monotonic(), children_seconds(), [sys.executable, "-m", "dvc", "repro"]
    running = subprocess.Popen(repro, cwd=PLACE, env=environment(), stdout=subprocess.PIPE, text=True)
    most: dict[str, int] = {}
    ended = threading.Event()
    watcher = threading.Thread(target=watch, args=(running.pid, most, ended))
    watcher.start()
    said = running.communicate()[0]
    ended.set()
    watcher.join()
    if running.returncode:
        raise SystemExit(f"{said}\nthe pipeline failed in {PLACE}")
    seconds = {stage: float(value) for stage, value in LINE.findall(said)}
    return {**seconds, "whole": time.monotonic() - start, "processor": children_seconds() - spent}, most


def children_seconds() -> float:
    """The processor's seconds of all processes below this one that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def watch(process: int, most: dict[str, int], ended: threading.Event) -> None:
    """Keeps in `most`, by stage, the most bytes of its own that a process of it has, until `process` has ended."""
    while not ended.wait(0.5):
        with suppress(psutil.NoSuchProcess):
            for child in psutil.Process(process).children():
                if stage := STAGE.search(" ".join(child.cmdline())):
                    # Files that are mapped and not written are the system's to drop: no memory of the process.
                    found = (each.memory_info() for each in [child, *child.children(recursive=True)])
                    most[stage[1]] = max(most.get(stage[1], 0), *(each.rss - each.shared for each in found))


def size_of(folder: Path) -> int:
    """Bytes below a folder; what lies there by several names counts once."""
    found = {}
    for file in folder.rglob("*"):
        if file.is_file() and not file.is_symlink():
            facts = file.stat()
            found[facts.st_ino] = facts.st_size
    return sum(found.values())


def measure(recording: Path, detector: str) -> dict:
    frames, alone = decoding_alone(recording)
    prepare(recording, detector)
    seconds, memory = reproduce()
    source = recording.stat().st_size
    row = {"recording": recording.name, "detector": detector, "frames": frames, "megabytes": round(source / 1e6)}
    row |= {"decoding_alone": round(alone, 1), **{stage: round(value, 1) for stage, value in seconds.items()}}
    row |= {"whole_ratio": round(seconds["whole"] / alone, 2), "disk_ratio": round(size_of(PLACE) / source, 2)}
    highest = max(memory, key=lambda stage: memory[stage])
    print(", ".join(f"{stage} {most / 1e6:.0f} MB" for stage, most in memory.items()))
    return {**row, "peak_mb": round(memory[highest] / 1e6), "peak_stage": highest}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recording", type=Path)
    parser.add_argument("--detector", choices=DETECTORS, default="motion")
    parser.add_argument("--keep", action="store_true", help="leave the project, to look at its page")
    options = parser.parse_args()
    row = measure(options.recording, options.detector)
    keep_row(TABLE, row, ["recording", "detector"])
    print(", ".join(f"{name} {value}" for name, value in row.items()))
    if not options.keep:
        shutil.rmtree(PLACE)
