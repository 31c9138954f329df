"""The cues of a folder: each of its files is one."""

import pkgutil
from collections.abc import Iterable
from importlib import import_module
from types import ModuleType


def modules_in(package: str, folder: Iterable[str]) -> dict[str, ModuleType]:
    """The modules of a package that are cues, by name, in the order of their PLACE."""
    names = sorted(found.name for found in pkgutil.iter_modules(folder) if not found.ispkg)
    modules = {name: import_module(f"{package}.{name}") for name in names if name not in ("all", "found", "heads")}
    return dict(sorted(modules.items(), key=lambda pair: pair[1].PLACE))
