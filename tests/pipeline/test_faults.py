"""What a disk does to a run, and a second run to the first: one line that says so, and nothing lost."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from projects import STAGES

from stages.common.running.files import sha256

# Of DVC's stages, those whose outputs the fault is to hit: `data/`, `models/`, `metrics/` and `report/` are theirs.
OUTPUTS = ("data/demo", "models/demo", "metrics", "report")


@pytest.fixture
def disk(tmp_path) -> Iterator[Path]:
    """A small file system of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"no tmpfs can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.fixture
def filled(reproduced, disk) -> Path:
    """The reproduced project on that disk, without what DVC and the stages keep for another time."""
    folder = disk / "project"
    shutil.copytree(reproduced, folder, ignore=shutil.ignore_patterns(".dvc", ".git", ".work"))
    return folder


def run(stage: str, folder: Path) -> tuple[int, list[str]]:
    """Exit status and what a stage says on stderr, progress aside."""
    command = [sys.executable, "-m", f"stages.{stage}", "demo"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    return done.returncode, [line for line in done.stderr.splitlines() if not line.startswith("  ")]


def hashes(folder: Path) -> dict[str, str]:
    files = [file for output in OUTPUTS for file in (folder / output).rglob("*") if file.is_file()]
    return {file.relative_to(folder).as_posix(): sha256(file) for file in files}


def fill(disk: Path) -> Path:
    """A file that takes all the room there is."""
    ballast = disk / "ballast"
    with open(ballast, "wb", buffering=0) as file:
        chunk = bytes(4096)
        try:
            while True:
                file.write(chunk)
        except OSError:
            pass
    return ballast


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
def test_a_full_disk_is_said_in_one_line_and_loses_nothing(disk, filled, stage):
    before = hashes(filled)
    ballast = fill(disk)
    status, said = run(stage, filled)
    assert (status, len(said)) == (1, 1), said
    assert said[0].startswith(f"{stage}@demo: ") and "no space left on the disk" in said[0]
    assert hashes(filled) == before
    ballast.unlink()
    status, said = run(stage, filled)
    assert (status, said) == (0, [])
    assert hashes(filled) == before


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["decode", "train", "evaluate"])
def test_a_read_only_disk_is_said_in_one_line(disk, filled, stage):
    before = hashes(filled)
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    status, said = run(stage, filled)
    subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
    assert (status, len(said)) == (1, 1), said
    assert said[0].startswith(f"{stage}@demo: ") and "the file system is read-only" in said[0]
    assert hashes(filled) == before


@pytest.mark.slow
def test_of_two_runs_at_once_one_ends_and_says_that_there_is_another(reproduced, fresh):
    command = [sys.executable, "-m", "dvc", "repro"]
    options = {"cwd": fresh.folder, "env": fresh.environment, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    runs = [subprocess.Popen(command, text=True, **options) for _ in range(2)]
    said = [process.communicate(timeout=300)[0] for process in runs]
    assert 0 in [process.returncode for process in runs], said
    for process, words in zip(runs, said, strict=True):
        assert process.returncode == 0 or "it is being blocked by" in words or "Unable to acquire lock" in words
    fresh.dvc("repro", "--quiet")
    assert (fresh.folder / "dvc.lock").read_bytes() == (reproduced / "dvc.lock").read_bytes()
