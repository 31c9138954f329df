"""The cues of a folder: each of its files that says its PLACE is one."""

import pkgutil
import re
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from types import ModuleType


def modules_in(package: str, folder: Iterable[str]) -> dict[str, ModuleType]:
    """The modules of a package that are cues, by name, in the order of their PLACE."""
    names = sorted(found.name for found in pkgutil.iter_modules(folder) if not found.ispkg)
    modules = {name: import_module(f"{package}.{name}") for name in names}
    cues = {name: module for name, module in modules.items() if hasattr(module, "PLACE")}
    return dict(sorted(cues.items(), key=lambda pair: (pair[1].PLACE, pair[0])))


def names_in(folder: Iterable[str]) -> list[str]:
    """The names of the cues of a folder, without what it takes to load them."""
    files = sorted(file for part in folder for file in Path(part).glob("*.py"))
    return [file.stem for file in files if re.search("^PLACE = ", file.read_text(), re.MULTILINE)]
