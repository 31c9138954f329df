"""The one way into a stage: exit statuses, and one line for what the user can mend."""

import errno
import functools
import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
import time

import pytest
from helpers import ROOT

from stages.common.running.cli import run_stage
from stages.common.running.errors import InputError

STOPPED = "stopped; the same command goes on where it stopped"
MINUTES = 20_000  # frames of a clip that takes minutes to render


def run_with(monkeypatch, act, *arguments):
    monkeypatch.setattr(sys, "argv", ["stage", *arguments])
    run_stage("decode", "Unpacks.", act)


def raising(error):
    def act(name):
        raise error

    return act


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["--set", "a"]])
def test_anything_but_one_name_is_answered_with_how_it_goes(monkeypatch, capsys, arguments):
    with pytest.raises(SystemExit) as end:
        run_with(monkeypatch, raising(AssertionError("ran")), *arguments)
    assert end.value.code == 2 and "usage: python -m stages.decode" in capsys.readouterr().err


def test_success_is_one_line_with_what_was_made_and_how_long_it_took(monkeypatch, capsys):
    run_with(monkeypatch, lambda name: f"7 frames of {name}", "mine")
    out, err = capsys.readouterr()
    assert out == "decode@mine: 7 frames of mine, 0.0 s\n" and err == ""


def test_what_the_user_can_mend_is_one_line(monkeypatch, capsys):
    with pytest.raises(SystemExit) as end:
        run_with(monkeypatch, raising(InputError("a.mp4: cut off")), "mine")
    assert end.value.code == "decode@mine: a.mp4: cut off"  # Python prints a text and ends with 1
    assert capsys.readouterr().out == ""


def test_ctrl_c_is_130(monkeypatch, capsys):
    with pytest.raises(SystemExit) as end:
        run_with(monkeypatch, raising(KeyboardInterrupt()), "mine")
    assert end.value.code == 130 and capsys.readouterr() == (
        "",
        f"decode@mine: {STOPPED}\n",
    )


@pytest.mark.parametrize(
    "number, file, said",
    [
        (errno.ENOSPC, "data/a.npy", "data/a.npy: no space left on the disk"),
        (errno.ENOSPC, None, "data/, models/ or .work/: no space left on the disk"),
        (errno.EROFS, "data/a.npy", "data/a.npy: cannot be written, the file system is read-only"),
        (errno.EACCES, "data/a.npy", "data/a.npy: may not be read or written by this user"),
    ],
)
def test_what_the_system_refuses_and_the_user_can_mend_is_one_line(monkeypatch, number, file, said):
    with pytest.raises(SystemExit) as end:
        run_with(monkeypatch, raising(OSError(number, os.strerror(number), file)), "mine")
    assert end.value.code.startswith(f"decode@mine: {said}; ") or end.value.code.startswith(f"decode@mine: {said}, ")
    assert "\n" not in end.value.code


@pytest.mark.parametrize("error", [ValueError("a bug"), OSError("disk full"), OSError(errno.ENOENT, "none", "a")])
def test_anything_else_is_a_bug_and_keeps_its_traceback(monkeypatch, error):
    with pytest.raises(type(error), match=re.escape(str(error))):
        run_with(monkeypatch, raising(error), "mine")


@pytest.mark.parametrize("stage", ["footage", "decode", "detect", "weights"])
def test_the_process_ends_with_1_and_one_line(project, stage):
    """What `refusal` sees of a stage within this process is what a shell sees of it."""
    (project.source / "train").mkdir()
    (project.source / "test").mkdir()
    (project.source / "test/a.mp4").write_bytes(b"no video")
    for name in ("one", "two"):
        (project.source / f"train/{name}.mp4").write_bytes(b"no video")
    project.params(weights={"detector": {"file": "none.onnx", "sha256": "0"}})
    process = project.start(stage)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert err == f"{stage}@mine: {project.refusal(stage)}\n"


def test_in_another_folder_a_stage_says_where_it_has_to_run(tmp_path):
    """By what `make` leaves in its environment; of the libraries, this one's do."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    [python] = (tmp_path / "env/bin").glob("python")
    [folder] = (tmp_path / "env/lib").glob("*/site-packages")
    (folder / "libraries.pth").write_text(sysconfig.get_path("purelib"))
    [line] = [line for line in (ROOT / "Makefile").read_text().splitlines() if "oddreel.pth" in line]
    subprocess.run(line.strip().replace("$(BIN)/python", str(python)), cwd=ROOT, shell=True, check=True)
    command = [python, "-m", "stages.decode", "mine"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert done.stderr.startswith("decode@mine: params.yaml: not found; run from the repository's root")


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_at_work_ends_at_once_without_a_traceback_or_an_output(project, workers):
    project.params(machine={"workers": workers})
    clips = [{"name": name, "split": name, "frames": MINUTES, "walkers": 1, "events": []} for name in ("train", "test")]
    clips.append(clips[0] | {"name": "more"})
    recipe = {"seed": 1, "width": 64, "height": 64, "fps": 10, "clips": clips}
    (project.root / "data/recipes").mkdir()
    (project.root / "data/recipes/mine.yaml").write_text(json.dumps(recipe))
    # Who runs the tests in the background of a shell has them ignore the signal, and all that they start.
    heard = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    process = project.start("render", start_new_session=True, preexec_fn=heard)
    try:
        begun = time.monotonic()
        while len(list(project.root.glob(".work/render/.*/new/piece/.video*"))) < workers:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() - begun < 60
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGINT)  # as the terminal does: to the workers too
        out, err = process.communicate(timeout=30)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert (process.returncode, out, err) == (130, "", f"render@mine: {STOPPED}\n")
    assert os.listdir(project.root / "data/raw") == ["mine"] and os.listdir(project.source) == []
    assert list(project.root.glob(".work/render/*/piece")) == []
