"""Runs a command as if datasets.yaml held these sets alone, and puts the file back, whatever happens.

    python -m stages.common.running.only ped2 -- dvc repro

`dvc repro` then is about them, while everything else that DVC is asked stays about the sets of whoever asks.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedSeq

from stages.common.running.errors import InputError
from stages.common.running.files import written_whole
from stages.common.running.params import PARAMS, all_values, check
from stages.common.running.paths import WORK, SetPaths

DATASETS = Path("datasets.yaml")


def read_datasets() -> list[str]:
    """The names in datasets.yaml, also where there are none."""
    return YAML(typ="safe").load(DATASETS.read_text())["datasets"] or []


def write_datasets(names: list[str]) -> None:
    """Puts these sets, and which of them are rendered, into datasets.yaml; its comments stay."""
    yaml = YAML()
    tree = yaml.load(DATASETS.read_text())
    tree["datasets"] = CommentedSeq(names)
    tree["rendered"] = CommentedSeq(name for name in names if SetPaths(name).recipe.exists())
    for key in tree:
        tree[key].fa.set_flow_style()
    with written_whole(DATASETS) as aside, open(aside, "w") as file:
        yaml.dump(tree, file)


@contextmanager
def only(names: list[str]) -> Iterator[None]:
    """datasets.yaml holds these sets alone, within; as it was before, after it.

    Raises:
        InputError: no such sets, or settings of theirs that do not hold; something else is within.
    """
    for name in names:
        check(all_values(name), name, PARAMS)
    before = WORK / DATASETS
    WORK.mkdir(exist_ok=True)
    with open(WORK / "datasets.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(f"{DATASETS}: another command of this kind is running here; wait for it") from None
        if before.exists():  # of one that was killed
            os.replace(before, DATASETS)
        shutil.copy2(DATASETS, before)
        try:
            write_datasets(names)
            yield
        finally:
            os.replace(before, DATASETS)


def run(command: list[str]) -> int:
    """The exit status of a command, which gets the signals to end and is waited for."""
    signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C reaches the command itself
    process = subprocess.Popen(command)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    status = process.wait()
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    if "--" not in sys.argv[2:-1]:
        sys.exit("usage: python -m stages.common.running.only SET ... -- COMMAND ...")
    split = sys.argv.index("--")
    try:
        with only(sys.argv[1:split]):
            status = run(sys.argv[split + 1 :])
    except InputError as error:
        sys.exit(str(error))
    sys.exit(status)
