"""Small projects that the tests of the pipeline share, each made once."""

import fcntl
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from projects import OWN_CLIPS, OWN_STAGES, RUN_STAGES, Project, copied, walkers

from stages.common.drawing.h264 import write_mp4

# Where people have their projects.
ODD = "my project #1, 50%d 🎬"


def pytest_collection_modifyitems(items):
    # First, so that of two test processes one works on them while the other does all else.
    items.sort(key=lambda item: Path(__file__).parent not in item.path.parents)


@pytest.fixture(scope="session")
def once(tmp_path_factory) -> Callable[[str, Callable[[Path], None]], Path]:
    """Calls `make` with a folder to make a project in, once for each name whatever the number of test processes."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base

    def made(name: str, make: Callable[[Path], None]) -> Path:
        place = shared / name
        place.mkdir(exist_ok=True)
        with open(place / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (place / "done").exists():
                shutil.rmtree(place / ODD, ignore_errors=True)
                make(place / ODD)
                (place / "done").touch()
        return place / ODD

    return made


@pytest.fixture(scope="session")
def reproduced(once) -> Path:
    """The folder of a project after `dvc repro`; not to be touched."""

    def make(folder: Path) -> None:
        project = Project(folder)
        project.make(workers=1)
        project.dvc("repro")

    return once("reproduced", make)


@pytest.fixture(scope="module")
def project(reproduced, tmp_path_factory) -> Project:
    """A module's own copy of the reproduced project."""
    return copied(reproduced, tmp_path_factory.mktemp("pipeline") / "project")


@pytest.fixture(scope="session")
def own(once) -> Path:
    """The folder of a project after all stages of a set of one's own; what they said is in `said.json`."""

    def make(folder: Path) -> None:
        project = Project(folder)
        project.make(workers=1)
        for seed, (clip, count) in enumerate(OWN_CLIPS.items()):
            path = folder / f"data/raw/own/{clip}.mp4"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_mp4(path, walkers(seed, count), fps=12)
        params = project.params()
        footage = {"layout": "auto", "folds": 2, "held_out": 0.5}
        changed = {"footage": footage, "decode": {"grey": True}}
        own = {**params["sets"]["demo"], **changed}
        project.write_params({**params, "sets": {**params["sets"], "own": own}})
        said = project.run(sys.executable, "-c", RUN_STAGES, "own", *OWN_STAGES).splitlines()
        (folder / "said.json").write_text(json.dumps(dict(line.split("@own: ") for line in said)))

    return once("own", make)


@pytest.fixture
def fresh(reproduced, tmp_path) -> Project:
    """The reproduced project made anew at another place, under another home, clock and language, with two workers."""
    elsewhere = {"HOME": str(tmp_path / "home"), "TZ": "Pacific/Auckland", "LC_ALL": "C", "PYTHONHASHSEED": "7"}
    (tmp_path / "home").mkdir()
    project = Project(tmp_path / "some where else" / ODD, **elsewhere)
    project.make(workers=2, source=reproduced)
    return project
