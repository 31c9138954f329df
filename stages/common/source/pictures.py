"""Folders of pictures that are a clip."""

import re
from pathlib import Path

IMAGE_SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff"}


def visible(folder: Path) -> list[Path]:
    """What lies in a folder, sorted by name, without the droppings of operating systems."""
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if not p.name.startswith(".") and p.name != "Thumbs.db")


def images_in(folder: Path) -> list[Path]:
    """The pictures of a folder in the order of their numbers, or of their names where they have none."""
    pictures = [p for p in visible(folder) if p.suffix.lower() in IMAGE_SUFFIXES]
    return sorted(pictures, key=lambda p: ([int(number) for number in re.findall("[0-9]+", p.stem)], p.stem))
