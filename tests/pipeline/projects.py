"""A whole project in small: the repository's own dvc.yaml, params.yaml and stages, and a recipe of a few seconds."""

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
from dvc.repo import Repo
from ruamel.yaml import YAML

from stages.common.tables.verdicts import write_verdicts

ROOT = Path(__file__).parents[2]
RECIPE = """
seed: 7
width: 160
height: 112
fps: 12
clips:
  - {name: train_01, split: train, frames: 40, walkers: 5, events: []}
  - {name: train_02, split: train, frames: 40, walkers: 5, events: []}
  - {name: train_03, split: train, frames: 40, walkers: 5, events: []}
  - {name: test_01, split: test, frames: 24, walkers: 4, events: []}
  - name: test_02
    split: test
    frames: 40
    walkers: 4
    events: [{type: cyclist, start: 6, route: lower, heading: left, speed: 3.0}]
"""
STAGES = list(YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"])
# Those of a set that a camera has made.
OWN_STAGES = [stage for stage in STAGES if stage != "render"]
# A name that a file may have, and that is awkward in an address, a shell, a page and a line.
BUSY = "bu sy #1 50%41 <b>'😀\nnight"
# Clips of a set of one's own and how many walk in each.
OWN_CLIPS = {"train/monday": 2, "train/tuesday": 2, "train/friday": 1, f"test/{BUSY}": 2, "test/nobody": 0}
# One process for all stages: what takes most of a small run is starting Python ten times.
RUN_STAGES = """
import importlib, sys
name, *stages = sys.argv[1:]
for stage in stages:
    print(f"{stage}@{name}:", importlib.import_module(f"stages.{stage}.__main__").run(name))
"""
# What of params.yaml is made small or held fast, whatever the repository's values are tuned to.
SMALL = {
    "machine": {"workers": 1},
    "computing": {"device": "cpu"},
    "detect": {"every": 2},
    "tubes": {"size": 16, "half_length": 3, "max_step": 5, "train_stride": 2},
    "teach": {"teacher": "random", "compared": "classifier"},
    "train": {"epochs": 1, "tubes_per_epoch": 64, "precision": "float32", "threads": 1},
    "fuse": {"min_height": 6.0, "edge_margin": 1.0},
}


class Project:
    """A folder with the pipeline in it, and `dvc` run there."""

    def __init__(self, folder: Path, **environment: str):
        self.folder = folder
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.environment = {**kept, "PATH": path, "DVC_NO_ANALYTICS": "1", **environment}

    def attempt(self, *command: str) -> subprocess.CompletedProcess:
        return subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True)

    def run(self, *command: str) -> str:
        """The output of a command that has to succeed."""
        done = self.attempt(*command)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def dvc(self, *arguments: str) -> str:
        return self.run(sys.executable, "-m", "dvc", *arguments)

    def stale(self) -> set[str]:
        """Names of the stages that have changed themselves, without those that would follow from them."""
        # What `dvc status --json` prints, without a second's start of Python.
        with contextlib.chdir(self.folder), Repo() as repo:
            return set(repo.status())

    def make(self, workers: int, source: Path = ROOT) -> None:
        """Writes all that a user's checkout has, the code from `source`, and starts git and DVC in it."""
        for name in ("dvc.yaml", "datasets.yaml", ".dvcignore"):
            self.folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, self.folder / name)
        # With what Numba has compiled, which is good for files of the same time, and takes longer than the training.
        shutil.copytree(source / "stages", self.folder / "stages", ignore=shutil.ignore_patterns("*.pyc"))
        params = self.params()
        params["machine"]["workers"] = workers
        self.write_params(params)
        (self.folder / "data/recipes").mkdir(parents=True)
        (self.folder / "data/recipes/demo.yaml").write_text(RECIPE)
        write_verdicts(self.folder / "data/verdicts/demo.csv")
        self.run("git", "init", "--quiet")
        self.dvc("init", "--quiet")
        shutil.copyfile(source / ".dvc/config", self.folder / ".dvc/config")
        shutil.copytree(source / ".dvc/plots", self.folder / ".dvc/plots", dirs_exist_ok=True)
        self.keep_cache_inside()

    def commit(self, message: str) -> None:
        """All there is, but for what git ignores."""
        self.run("git", "add", "--all")
        self.run("git", "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "-m", message)

    def params(self) -> dict:
        """The values of params.yaml, the repository's made small where the project has none yet."""
        if (self.folder / "params.yaml").exists():
            return YAML(typ="safe").load(self.folder / "params.yaml")
        params = YAML(typ="safe").load(ROOT / "params.yaml")
        for section, values in SMALL.items():
            params[section].update(values)
        sections = set(params) - {"machine", "sets"}
        return {**params, "sets": {"demo": {section: {} for section in sorted(sections)}}}

    def write_params(self, params: dict) -> None:
        YAML(typ="safe").dump(params, self.folder / "params.yaml")

    def keep_cache_inside(self) -> None:
        """DVC's notes about files stand beside the project rather than in a place that all projects share."""
        site = self.folder.parent / f"{self.folder.name}_site"
        (self.folder / ".dvc/config.local").write_text(
            f'[core]\n    site_cache_dir = "{site}"\n    check_update = false\n'
        )


def copied(source: Path, folder: Path) -> Project:
    """A copy of a project, with all that DVC keeps in it."""
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns(".work"))
    project = Project(folder)
    project.keep_cache_inside()
    return project


def walkers(seed: int, count: int, height: int = 96, width: int = 128) -> list[np.ndarray]:
    """Frames in which `count` bright figures of 12x24 pixels walk across a still, grainy ground, 42 frames."""
    random = np.random.default_rng(seed)
    ground = random.integers(90, 110, (height, width, 3)).astype(np.uint8)
    frames = [ground.copy() for _ in range(42)]
    for figure in range(count):
        start, top = int(random.integers(4, 20)), 8 + 34 * figure
        for time, frame in enumerate(frames):
            left = start + 2 * time
            frame[top : top + 24, left : left + 12] = (60 + 40 * figure, 200, 240)
            leg = left + time // 3 % 6
            frame[top + 12 : top + 24, leg : leg + 4] = 30
    return frames
