"""Which sets DVC is about: those of datasets.yaml, and none of the demo's files where it is not among them."""

import json

import pytest
from projects import OWN_STAGES, STAGES, Project

HASH = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    """One whose lock holds the demo, as a clone's does, and whose owner never ran it."""
    project = Project(tmp_path_factory.mktemp("datasets") / "project")
    project.make(workers=1)
    (project.folder / "data/raw/gate/train").mkdir(parents=True)
    params = project.params()
    project.write_params({**params, "sets": {**params["sets"], "gate": params["sets"]["demo"]}})
    out = {"path": "data/raw/demo", "hash": "md5", "md5": f"{HASH}.dir", "size": 1, "nfiles": 1}
    lock = {"render@demo": {"cmd": "python -m stages.render demo", "outs": [out]}}
    (project.folder / "dvc.lock").write_text(json.dumps({"schema": "2.0", "stages": lock}))
    return project


def of(name: str, stages: list[str]) -> set[str]:
    return {f"{stage}@{name}" for stage in stages}


def test_the_demo_is_rendered_where_it_is_among_them(project):
    assert project.stale() == of("demo", STAGES)
    assert "data/raw/demo" in project.attempt("dvc", "checkout").stderr


def test_who_never_ran_the_demo_meets_none_of_it(project):
    (project.folder / "datasets.yaml").write_text("datasets: [gate]\nrendered: []\n")
    assert project.stale() == of("gate", OWN_STAGES)
    project.dvc("remote", "add", "--default", "here", "../remote")
    for command in ("checkout", "status", "data status", "push", "pull"):
        done = project.attempt("dvc", *command.split())
        assert "demo" not in done.stdout + done.stderr, command
    planned = project.attempt("dvc", "repro", "--dry", "report@gate").stdout
    assert "footage@gate" in planned and "demo" not in planned
