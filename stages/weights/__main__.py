"""Pre-trained weights, checked against their hash, to where DVC keeps and shares them."""

import shutil

from stages.common.cli import run_stage
from stages.common.errors import InputError
from stages.common.files import folder_whole, save_json, sha256
from stages.common.params import load, settings
from stages.common.paths import RAW_WEIGHTS, SetPaths
from stages.common.weights import Weights


@settings
class Section:
    detector: Weights | None
    teacher: Weights | None


def run(name: str) -> str:
    paths, section = SetPaths(name), load("weights", Section, name)
    found = []
    for role, wanted in (("detector", section.detector), ("teacher", section.teacher)):
        with folder_whole(paths.weights / role) as folder:
            if wanted:
                copy_checked(wanted, role, folder)
                found.append(wanted.file)
            save_json(folder / "weights.json", {"file": wanted.file if wanted else None})
    return f"{', '.join(found) if found else 'no weights needed'}, in {paths.weights}"


def copy_checked(wanted: Weights, role: str, folder) -> None:
    source = RAW_WEIGHTS / wanted.file
    if not source.is_file():
        raise InputError(f"{source}: not found; put the {role}'s weights there (params.yaml: weights.{role})")
    actual = sha256(source)
    if actual != wanted.sha256:
        raise InputError(
            f"{source}: wrong SHA-256: expected {wanted.sha256}, found {actual}; fetch the file again, or correct "
            f"params.yaml: weights.{role}.sha256"
        )
    shutil.copyfile(source, folder / wanted.file)


if __name__ == "__main__":
    run_stage("weights", __doc__, run)
