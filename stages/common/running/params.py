"""`params.yaml` into one frozen, checked dataclass per section.

A section is described by a file `settings.py`, of the stage of its name or of the room: a class of that name, whose
fields have ranges, and, if it takes more to say what goes together, a function `check` that gets the settings of all
sections. Whatever section is loaded, all are checked, so that what is wrong for the last stage is said by the first.
"""

import functools
import json
import re
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Annotated, Any, TypeVar

from pydantic import ConfigDict, Field, PositiveInt, StringConstraints, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from stages.common.running.errors import InputError

PARAMS = Path("params.yaml")
STAGES = Path(__file__).parents[2]
# The files that declare a section, by its name; others tell what their stage reads of a section of another.
SECTIONS = {
    file.parent.name: file
    for file in sorted([*STAGES.glob("*/settings.py"), *STAGES.glob("common/*/settings.py")])
    if f"\nclass {file.parent.name.capitalize()}:" in file.read_text()
}
# What stands beside the sets in the folders that are named for them.
TAKEN = ("raw", "recipes", "sheets", "weights")
Settings = TypeVar("Settings")
Share = Annotated[float, Field(ge=0, le=1)]

# Sections are declared with this: frozen, no unknown key, no silent conversion ("3" is not 3), no infinite number.
settings = dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid", strict=True, allow_inf_nan=False))


@settings
class Machine:
    """What does not change results; no stage depends on it."""

    workers: PositiveInt
    dask: Annotated[str, StringConstraints(pattern="^(tcp|tls)://.+:[0-9]+$")] | None = None


def merged(defaults: dict, overrides: dict) -> dict:
    """`defaults` with `overrides` laid over it, mappings merged key by key.

    >>> merged({"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"d": 4}})
    {'a': 1, 'b': {'c': 2, 'd': 4}}
    """
    both = dict(defaults)
    for key, value in overrides.items():
        nested = isinstance(value, dict) and isinstance(both.get(key), dict)
        both[key] = merged(both[key], value) if nested else value
    return both


def load(section: str, kind: type[Settings], set_name: str, path: Path = PARAMS) -> Settings:
    """The settings of one section for one data set: `<section>` with `sets.<set>.<section>` over it.

    Args:
        kind: the section's class, or one with those of its fields that are asked for.

    Raises:
        InputError: in any section unknown or missing keys and values out of range, each named by its path in the file,
            and settings that do not go together.
    """
    values = all_values(set_name, path)
    check(values, set_name, path)
    asked = {field.name: values[section][field.name] for field in fields(kind)}
    return checked(asked, kind, f"{path}: {section}")


def load_machine(path: Path = PARAMS) -> Machine:
    """The section `machine`: worker processes and cluster."""
    return checked(read_tree(path).get("machine") or {}, Machine, f"{path}: machine")


def all_values(set_name: str, path: Path = PARAMS) -> dict[str, dict]:
    """All sections as they hold for a set, in the order of the file, nothing checked but the names."""
    tree = read_tree(path)
    inside = find_set(tree, set_name, path)
    where = f"{path}: sets.{set_name}."
    order = [section for section in tree if section in SECTIONS]
    order += [section for section in SECTIONS if section not in tree]
    return {name: merged(mapping(tree, name, f"{path}: "), mapping(inside, name, where)) for name in order}


def check(values: dict[str, dict], set_name: str, path: Path) -> None:
    """Raises InputError for what is wrong in any section of a set, or between them."""
    modules = settings_modules()
    every = {}
    for name, module in modules.items():
        where = f"{path}: {name} (with sets.{set_name}.{name})"
        every[name] = checked(values[name], getattr(module, name.capitalize()), where)
    for module in modules.values():
        if hasattr(module, "check"):
            try:
                module.check(SimpleNamespace(**every))
            except InputError as error:
                raise InputError(f"{path}: set {set_name}: {error}") from None


@functools.cache
def settings_modules() -> dict[str, ModuleType]:
    """The files of SECTIONS as modules."""
    names = {name: ".".join(file.relative_to(STAGES.parent).with_suffix("").parts) for name, file in SECTIONS.items()}
    return {section: import_module(name) for section, name in names.items()}


def read_tree(path: Path) -> dict:
    try:
        tree = parsed(path.read_text())
    except FileNotFoundError:
        raise InputError(f"{path}: not found; run from the repository's root") from None
    except YAMLError as error:
        raise InputError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(tree, dict):
        raise InputError(f"{path}: expected a mapping of sections, found {type(tree).__name__}")
    unknown = sorted(set(map(str, tree)) - SECTIONS.keys() - {"sets", "machine"})
    if unknown:
        raise InputError(f"{path}: unknown section {unknown[0]!r}; expected one of {sorted(SECTIONS)}")
    return tree


@functools.lru_cache(maxsize=1)
def parsed(text: str) -> Any:
    """What takes longest of all; a stage loads several sections."""
    return YAML(typ="safe").load(text)


def find_set(tree: dict, set_name: str, path: Path) -> dict:
    sets = mapping(tree, "sets", f"{path}: ")
    if set_name not in sets:
        raise InputError(f"{path}: no data set sets.{set_name}; known: {', '.join(sorted(map(str, sets)))}")
    check_name(set_name)
    inside = mapping(sets, set_name, f"{path}: sets.")
    unknown = set(inside) - SECTIONS.keys()
    if unknown:
        raise InputError(f"{path}: unknown key sets.{set_name}.{sorted(unknown)[0]}; expected {sorted(SECTIONS)}")
    return inside


def check_name(name: str) -> None:
    """Raises InputError for what cannot be the name of a set."""
    if not re.fullmatch("[A-Za-z0-9_]+", name) or name in TAKEN:
        raise InputError(f"{name!r}: a set's name is made of letters, digits and _, and is none of {', '.join(TAKEN)}")


def mapping(tree: dict, key: str, where: str) -> dict:
    """The mapping at a key; {} where there is none or nothing in it."""
    value = tree.get(key)
    if not isinstance(value, dict | None):
        raise InputError(f"{where}{key}: expected a mapping, found {value!r}")
    return value or {}


def checked(values: dict, kind: type[Settings], where: str) -> Settings:
    def refused(value: Any) -> None:
        raise InputError(f"{where}: {value} is a {type(value).__name__} to YAML; put it in quotes: '{value}'")

    try:
        return TypeAdapter(kind).validate_json(json.dumps(values, default=refused))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        problem = {
            "missing": "is missing",
            "missing_keyword_only_argument": "is missing",
            "unexpected_keyword_argument": "is not a known parameter",
        }.get(first["type"], f"{first['msg']}, found {first['input']!r}")
        raise InputError(f"{where}: {key}: {problem}") from None
