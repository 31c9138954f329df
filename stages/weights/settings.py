"""The section `weights`."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from stages.common.running.params import settings


def file_name(name: str) -> str:
    """It becomes the name of a file of the stage's output, so that a path would lead out of it."""
    if "/" in name or "\\" in name or name.startswith(".") or name in ("", "weights.json"):
        raise ValueError("expected the name of a file in data/raw/weights, not a path")
    return name


@settings
class File:
    """A file in `data/raw/weights` and the SHA-256 of its bytes, or the first 8 digits of that, or more."""

    file: Annotated[str, AfterValidator(file_name)]
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{8,64}$")]


@settings
class Weights:
    detector: File | None
    teacher: File | None
