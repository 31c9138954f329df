"""Pre-trained weights, by the name of their file and what has to be in it."""

import json
from pathlib import Path
from typing import Annotated

from pydantic import StringConstraints

from stages.common.running.errors import InputError
from stages.common.running.params import settings


@settings
class Weights:
    """A file in `data/raw/weights` and the SHA-256 of its bytes, or the first 8 digits of that, or more."""

    file: str
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{8,64}$")]


def weights_file(folder: Path, needed_by: str) -> Path:
    """The weights that the `weights` stage put into `folder`.

    Raises:
        InputError: that stage has not run, or params.yaml names no weights there.
    """
    if not (folder / "weights.json").exists():
        raise InputError(f"{folder}: not found; run `dvc repro` to make it")
    file = json.loads((folder / "weights.json").read_text())["file"]
    if file is None:
        raise InputError(f"params.yaml: weights.{folder.name}: {needed_by} needs weights; name a file and its SHA-256")
    return folder / file
