"""What lies in a source folder, and folders of pictures that are a clip."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from stages.common.running.errors import InputError

IMAGE_SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff"}


def visible(folder: Path) -> list[Path]:
    """What lies in a folder, sorted by name, without the droppings of operating systems.

    Raises:
        InputError: a name that is not UTF-8, which neither tables nor DVC nor the reader of videos can take.
    """
    if not folder.is_dir():
        return []
    found = sorted(folder.iterdir())
    for path in found:
        name = os.fsencode(path.name).decode(errors="backslashreplace")
        if name != path.name:
            raise InputError(f"{folder / name}: a name that is not UTF-8; rename it")
    return [path for path in found if not path.name.startswith(".") and path.name != "Thumbs.db"]


def files_below(folder: Path) -> Iterator[Path]:
    """All visible files of a folder and of its folders.

    Raises:
        InputError: a name that is not UTF-8.
    """
    for path in visible(folder):
        if path.is_dir():
            yield from files_below(path)
        else:
            yield path


def images_in(folder: Path) -> list[Path]:
    """The pictures of a folder in the order of their numbers, or of their names where they have none."""
    pictures = [p for p in visible(folder) if p.suffix.lower() in IMAGE_SUFFIXES]
    return sorted(pictures, key=lambda p: ([int(number) for number in re.findall("[0-9]+", p.stem)], p.stem))
