"""datasets.yaml holds other sets for the time of a command, and is as it was before whatever becomes of that."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import chdir

import pytest
from helpers import ROOT

from stages.common.running.errors import InputError
from stages.common.running.only import only, read_datasets, write_datasets

TEXT = "# Mine.\ndatasets: [gate, yard]  # and no other\n"


@pytest.fixture
def place(tmp_path):
    shutil.copyfile(ROOT / "params.yaml", tmp_path / "params.yaml")
    (tmp_path / "datasets.yaml").write_text(TEXT)
    with chdir(tmp_path):
        yield tmp_path


def start(place, *arguments):
    command = [sys.executable, "-m", "stages.common.running.only", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=place, env=environment, start_new_session=True, **pipes)


@pytest.mark.parametrize("status", [0, 3])
def test_the_command_finds_the_sets_and_gives_its_status(place, status):
    process = start(place, "demo", "ped2", "--", "sh", "-c", f"cat datasets.yaml; exit {status}")
    said, _ = process.communicate(timeout=60)
    assert "# Mine." in said and "datasets: [demo, ped2]" in said and process.returncode == status
    assert (place / "datasets.yaml").read_text() == TEXT


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_command_that_is_stopped_ends_first(place, how):
    """Ctrl-C reaches all that runs in the terminal."""
    tidy = "trap 'cat datasets.yaml; exit 7' INT TERM; touch ready; while :; do sleep 0.1; done"
    process = start(place, "demo", "--", "sh", "-c", tidy)
    while not (place / "ready").exists():
        time.sleep(0.05)
    os.killpg(process.pid, how) if how == signal.SIGINT else process.terminate()
    said, _ = process.communicate(timeout=60)
    assert "datasets: [demo]" in said and process.returncode == 7
    assert (place / "datasets.yaml").read_text() == TEXT


def test_one_that_was_killed_is_mended_by_the_next(place):
    process = start(place, "demo", "--", "sh", "-c", "touch ready; sleep 60")
    while not (place / "ready").exists():
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    assert read_datasets() == ["demo"]
    with only(["ped2"]):
        assert read_datasets() == ["ped2"]
    assert (place / "datasets.yaml").read_text() == TEXT


def test_two_at_once_do_not_get_into_each_others_way(place):
    with (
        only(["ped2"]),
        pytest.raises(InputError, match="another command of this kind is running here"),
        only(["demo"]),
    ):
        pass
    assert (place / "datasets.yaml").read_text() == TEXT


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing", "--", "true"], "params.yaml: no data set sets.nothing; known: avenue, demo, "),
        (["demo", "true"], "usage: python -m stages.common.running.only SET ... -- COMMAND ..."),
        (["demo", "--"], "usage: "),
        (["--", "true"], "usage: "),
    ],
)
def test_what_cannot_be_run_changes_nothing(place, arguments, said):
    process = start(place, *arguments)
    assert process.communicate(timeout=60)[1].startswith(said) and process.returncode == 1
    assert (place / "datasets.yaml").read_text() == TEXT


def test_settings_that_do_not_hold_are_told_before_the_command_runs(place):
    text = (place / "params.yaml").read_text()
    (place / "params.yaml").write_text(text.replace("normal: []", "normal: [2026-11-25]"))
    with pytest.raises(InputError, match="2026-11-25 is a date to YAML; put it in quotes"), only(["demo"]):
        pass


def test_no_set_is_none(place):
    (place / "datasets.yaml").write_text("datasets:\n")
    assert read_datasets() == []
    write_datasets(["2024", "gate"])
    assert read_datasets() == ["2024", "gate"]
