"""CI's question whether the lock goes with the code, asked of locks that do and do not."""

import shutil
import sys

import pytest
from projects import ROOT, copied
from ruamel.yaml import YAML

CHECK = [sys.executable, ROOT / ".ci/check_lock.py"]


@pytest.fixture(scope="module")
def committed(reproduced, tmp_path_factory):
    """A repository with the code and the lock, and no data."""
    project = copied(reproduced, tmp_path_factory.mktemp("lock") / "project")
    (project.folder / ".gitignore").write_text("/data/demo/\n/models/\n")
    project.commit("all")
    for folder in ("data/demo", "models"):
        shutil.rmtree(project.folder / folder)
    return project


@pytest.fixture
def project(committed):
    """The same, in which a test may commit."""
    before = committed.run("git", "rev-parse", "HEAD").strip()
    yield committed
    committed.run("git", "reset", "--quiet", "--hard", before)


def test_a_lock_that_goes_with_the_code_needs_no_data(project):
    done = project.attempt(*CHECK)
    assert (done.returncode, done.stdout) == (0, "dvc.lock goes with the code and the parameters of demo\n")


def stale(project) -> set[str]:
    done = project.attempt(*CHECK)
    assert done.returncode == 1, done.stderr
    return {line.split(":")[0] for line in done.stdout.splitlines()}


def test_other_code_makes_its_stage_stale(project):
    file = project.folder / "stages/fuse/smoothing.py"
    file.write_text(file.read_text() + "# A comment more.\n")
    project.commit("code")
    assert stale(project) == {"fuse@demo"}


def test_another_parameter_makes_its_stages_stale(project):
    params = project.params()
    params["tubes"]["context"] = 0.2
    project.write_params(params)
    project.commit("parameter")
    assert stale(project) == {"tubes@demo", "train@demo", "fuse@demo", "report@demo"}


def edit_lock(project, change) -> None:
    lock = YAML(typ="safe").load(project.folder / "dvc.lock")
    change(lock["stages"])
    YAML(typ="safe").dump(lock, project.folder / "dvc.lock")
    project.commit("lock")


def test_a_stage_that_has_read_what_is_made_no_more_is_stale(project):
    """As after `dvc repro train@demo` and a commit, without the stages that follow."""
    edit_lock(project, lambda stages: stages["train@demo"]["outs"][0].update(md5="0" * 32))
    assert stale(project) == {"score@demo"}


def test_a_set_that_was_never_run_is_stale(project):
    edit_lock(project, lambda stages: [stages.pop(name) for name in list(stages) if name != "footage@demo"])
    assert {"decode@demo", "train@demo", "evaluate@demo"} <= stale(project)
