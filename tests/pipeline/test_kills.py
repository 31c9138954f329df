"""Killed at any moment, nothing is lost: what is there is whole, and the end has the bytes of an undisturbed run."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from stages.common.running.files import sha256

STAGES = YAML(typ="safe").load(Path(__file__).parents[2] / "dvc.yaml")["stages"]
# At random moments of each stage's run, in which the start of Python is the first second.
KILLS_PER_STAGE, LONGEST = 4, 2.2


def outputs(stage: str) -> list[str]:
    parts = STAGES[stage]
    paths = [*parts.get("outs", []), *parts.get("metrics", []), *parts.get("plots", [])]
    names = [path if isinstance(path, str) else next(iter(path)) for path in paths]
    return [name.replace("${item.set}", "demo") for name in names]


def kill_during(project, stage: str, after: float) -> bool:
    """Starts a stage by DVC, kills all its processes so many seconds later; whether there was something to kill."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dvc", "repro", "--force", "--single-item", f"{stage}@demo"],
        cwd=project.folder,
        env=project.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    for line in process.stdout:
        if line.startswith("Running stage"):
            break
    time.sleep(after)
    alive = process.poll() is None
    if alive:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return alive


@pytest.mark.slow
def test_a_kill_at_any_moment_leaves_whole_outputs_and_the_end_has_the_same_bytes(reproduced, fresh):
    random.seed(os.environ.get("KILLS_SEED", "1"))
    kills = dict.fromkeys(STAGES, 0)
    for stage in STAGES:
        for _ in range(KILLS_PER_STAGE):
            shutil.rmtree(fresh.folder / ".work" / stage, ignore_errors=True)
            kills[stage] += kill_during(fresh, stage, random.uniform(0, LONGEST))
            for name in outputs(stage):
                made = fresh.folder / name
                assert not made.exists() or sha256(made) == sha256(reproduced / name), name
        fresh.dvc("repro", "--quiet", f"{stage}@demo")
    fresh.dvc("repro", "--quiet")
    assert (fresh.folder / "dvc.lock").read_bytes() == (reproduced / "dvc.lock").read_bytes()
    for stage in STAGES:
        for name in outputs(stage):
            assert sha256(fresh.folder / name) == sha256(reproduced / name), name
    assert sum(kills.values()) >= 30
