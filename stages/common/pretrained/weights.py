"""Where the pre-trained weights of a set lie."""

import json
from pathlib import Path

from stages.common.running.errors import InputError


def weights_file(folder: Path) -> Path:
    """The file that the `weights` stage put into `folder`; InputError where it has not since params.yaml names one."""
    note = folder / "weights.json"
    file = json.loads(note.read_text())["file"] if note.exists() else None
    if file is None:
        raise InputError(f"{folder}: no weights there; run `dvc repro` to put them there")
    return folder / file
