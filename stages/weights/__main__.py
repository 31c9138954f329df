"""Pre-trained weights, checked against their hash, to where DVC keeps and shares them."""

import shutil
from http.client import HTTPException
from pathlib import Path
from urllib.request import urlopen

from stages.common.running.cli import run_stage
from stages.common.running.errors import InputError
from stages.common.running.files import folder_whole, sha256, written_whole
from stages.common.running.params import load
from stages.common.running.paths import RAW_WEIGHTS, SetPaths
from stages.common.tables.json_files import save_json
from stages.weights.settings import File, Weights


def run(name: str) -> str:
    paths, weights = SetPaths(name), load("weights", Weights, name)
    found = []
    for role, wanted in (("detector", weights.detector), ("teacher", weights.teacher)):
        with folder_whole(paths.weights / role) as folder:
            if wanted:
                copy_checked(wanted, role, folder)
                found.append(wanted.file)
            save_json(folder / "weights.json", {"file": wanted.file if wanted else None})
    return f"{', '.join(found) if found else 'no weights needed'}, in {paths.weights}"


def copy_checked(wanted: File, role: str, folder: Path) -> None:
    source = RAW_WEIGHTS / wanted.file
    if not source.is_file():
        fetch(wanted, role, source)
    actual = sha256(source)
    if not actual.startswith(wanted.sha256):
        found = f"{source}: wrong SHA-256: expected {wanted.sha256}, found {actual}"
        raise InputError(f"{found}; fetch the file again, or correct params.yaml: weights.{role}.sha256")
    shutil.copyfile(source, folder / wanted.file)


def fetch(wanted: File, role: str, target: Path) -> None:
    """Downloads what torchvision publishes under that name."""
    missing = f"{target}: not found; put the {role}'s weights there (params.yaml: weights.{role})"
    # Torchvision takes seconds to load, for which whoever has the file need not wait.
    from stages.common.pretrained.torchvision_weights import published_url

    url = published_url(wanted.file)
    if url is None:
        raise InputError(missing)
    try:
        with urlopen(url, timeout=60) as answer, written_whole(target) as aside:
            with open(aside, "wb") as file:
                shutil.copyfileobj(answer, file)
            if not sha256(aside).startswith(wanted.sha256):
                raise OSError("what came has another SHA-256")
    except (OSError, HTTPException) as error:
        raise InputError(f"{missing}: no download from {url} ({error}); fetch it where there is a network") from None


if __name__ == "__main__":
    run_stage("weights", __doc__, run)
