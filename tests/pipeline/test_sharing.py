"""Two people and a remote: what one has computed the other has, and only what differs runs."""

import json
import shutil
import sys
from pathlib import Path

import pytest
from projects import Project, copied
from remotes import REMOTES
from ruamel.yaml import YAML


@pytest.fixture(params=[pytest.param(name, marks=[pytest.mark.slow] if name != "folder" else []) for name in REMOTES])
def shared(request, reproduced, tmp_path):
    """The project of A, pushed to a remote, and the arguments of `dvc remote` that lead there."""
    (tmp_path / "remote").mkdir()
    a = copied(reproduced, tmp_path / "a")
    (a.folder / ".gitignore").write_text("/data/demo/\n/models/\n/report/\n/.work/\n")
    a.run("git", "checkout", "--quiet", "-b", "main")
    a.commit("all")
    with REMOTES[request.param](tmp_path / "remote") as arguments:
        connect(a, arguments)
        a.commit("the remote")
        a.dvc("push", "--run-cache", "--all-commits")
        yield a, arguments


def connect(project: Project, arguments: list[list[str]]) -> None:
    for each in arguments:
        project.dvc("remote", *each)


def clone(a: Project, folder: Path, arguments: list[list[str]]) -> Project:
    a.run("git", "clone", "--quiet", str(a.folder), str(folder))
    project = Project(folder)
    project.keep_cache_inside()
    for each in arguments:
        if "--local" in each:
            project.dvc("remote", *each)
    return project


def ran(said: str) -> list[str]:
    return [line.split("'")[1] for line in said.splitlines() if line.startswith("Running stage")]


def test_what_one_has_computed_another_has_and_only_what_differs_runs(shared, tmp_path):
    a, arguments = shared
    b = clone(a, tmp_path / "b", arguments)
    b.dvc("pull")
    assert ran(b.dvc("repro")) == []

    b.run("git", "checkout", "--quiet", "-b", "wider")
    params = b.params()
    params["fuse"]["frame_seconds"] = 0.1
    b.write_params(params)
    assert ran(b.dvc("repro")) == ["fuse@demo", "evaluate@demo", "report@demo"]
    changed = json.loads(b.dvc("params", "diff", "main", "--json"))["params.yaml"]
    assert changed["fuse.frame_seconds"] == {"old": 0.7, "new": 0.1, "diff": pytest.approx(-0.6)}
    metrics = json.loads(b.dvc("metrics", "diff", "main", "--json"))["metrics/demo.json"]
    assert metrics and all(change["diff"] != 0 for change in metrics.values()) and "counts.frames" not in metrics
    b.commit("a wider bell")
    b.dvc("push", "--run-cache", "--all-commits")

    # A gets it by B's commit without running anything, and by the same change of hand without running `fuse`.
    a.run("git", "fetch", "--quiet", str(b.folder), "wider:wider")
    a.run("git", "checkout", "--quiet", "wider")
    assert ran(a.dvc("repro", "--pull")) == []
    c = clone(a, tmp_path / "c", arguments)
    c.run("git", "checkout", "--quiet", "-b", "by_hand", "origin/main")
    c.write_params(params)
    c.dvc("fetch", "--run-cache")
    # The metrics are in git, not in the remote, so that the cheap last stage has to run.
    assert ran(c.dvc("repro", "--pull", "--allow-missing")) in (["evaluate@demo"], ["evaluate@demo", "report@demo"], [])
    assert (c.folder / "metrics/demo.json").read_bytes() == (b.folder / "metrics/demo.json").read_bytes()


def test_what_a_clone_needs_not_it_does_not_fetch(shared, tmp_path):
    a, arguments = shared
    b = clone(a, tmp_path / "b", arguments)
    assert ran(b.dvc("repro", "--pull", "--allow-missing")) == []
    assert not (b.folder / "data/demo/frames").exists()


def test_after_garbage_was_collected_everything_is_still_there(shared):
    a, _ = shared
    a.dvc("gc", "--workspace", "--force")
    assert ran(a.dvc("repro")) == []
    shutil.rmtree(a.folder / "data/demo/tubes")
    a.dvc("checkout")
    assert a.stale() == set()


def object_of(cache: Path, project: Project, name: str) -> Path:
    """The object behind an output that is one file, or behind a file of one that is a folder."""
    lock = YAML(typ="safe").load(project.folder / "dvc.lock")
    outs = {out["path"]: out["md5"] for stage in lock["stages"].values() for out in stage["outs"]}
    md5 = outs.get(name) or outs[str(Path(name).parent)]
    file = cache / "files/md5" / md5[:2] / md5[2:]
    if md5.endswith(".dir"):
        md5 = next(each["md5"] for each in json.loads(file.read_text()) if each["relpath"] == Path(name).name)
    return cache / "files/md5" / md5[:2] / md5[2:]


def spoil(file: Path) -> Path:
    """Turns a byte of a file in its place."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.chmod(0o644)
    file.write_bytes(content)
    return file


def test_an_object_that_went_bad_in_the_remote_is_named_and_can_be_pushed_anew(reproduced, tmp_path):
    a = copied(reproduced, tmp_path / "a")
    a.commit("all")
    a.dvc("remote", "add", "--default", "store", str(tmp_path / "store"))
    a.dvc("remote", "modify", "store", "verify", "true")
    a.commit("the remote")
    a.dvc("push")
    bad = spoil(object_of(tmp_path / "store", a, "data/demo/scores.parquet"))
    b = clone(a, tmp_path / "b", [])
    refused = b.attempt(sys.executable, "-m", "dvc", "pull")
    assert refused.returncode and "scores.parquet" in refused.stdout + refused.stderr
    assert not (b.folder / "data/demo/scores.parquet").exists()
    assert not bad.exists()  # who finds it bad removes it
    a.dvc("push")
    b.dvc("pull")
    assert ran(b.dvc("repro")) == []


def test_an_object_that_went_bad_in_the_cache_is_named_and_made_again(reproduced, tmp_path):
    """`dvc checkout` hands it out; `dvc status` sees it, and `dvc repro` mends it."""
    a = copied(reproduced, tmp_path / "a")
    spoil(object_of(a.folder / ".dvc/cache", a, "data/demo/scores.parquet"))
    (a.folder / "data/demo/scores.parquet").unlink()
    a.dvc("checkout")
    assert "not in cache:       data/demo/scores.parquet" in a.dvc("status")
    assert ran(a.dvc("repro")) == ["score@demo"]
    for name in ("dvc.lock", "data/demo/scores.parquet"):
        assert (a.folder / name).read_bytes() == (reproduced / name).read_bytes()


def test_an_object_that_went_bad_is_made_again_where_cache_output_and_piece_are_one_file(reproduced, tmp_path):
    a = copied(reproduced, tmp_path / "a")
    shutil.rmtree(a.folder / ".dvc/cache")
    decode = ("repro", "--single-item", "decode@demo")
    a.dvc(*decode, "--force")
    name = "data/demo/frames/test_01.zip"
    bad = spoil(object_of(a.folder / ".dvc/cache", a, name))
    pieces = list(a.folder.glob(".work/decode/*/piece/clip.zip"))
    assert [file.samefile(bad) for file in [a.folder / name, *pieces]].count(True) == 2
    assert ran(a.dvc(*decode)) == ["decode@demo"]
    assert (a.folder / name).read_bytes() == (reproduced / name).read_bytes()
    assert (a.folder / "dvc.lock").read_bytes() == (reproduced / "dvc.lock").read_bytes()
    assert ran(a.dvc(*decode)) == []
