"""`params.yaml` into one frozen, checked dataclass per stage."""

import json
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import ConfigDict, PositiveInt, StringConstraints, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from stages.common.running.errors import InputError

PARAMS = Path("params.yaml")
SECTIONS = frozenset(
    {"footage", "weights", "decode", "detect", "tubes", "teach", "train", "score", "fuse", "evaluate", "report"}
)
Settings = TypeVar("Settings")

# Stages declare their section with this: frozen, no unknown key, no silent conversion ("3" is not 3).
settings = dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid", strict=True))


@settings
class Machine:
    """What does not change results; no stage depends on it."""

    workers: PositiveInt
    device: str
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
    """The settings of one stage for one data set: `<section>` with `sets.<set>.<section>` over it.

    Raises:
        InputError: unknown, missing or wrongly typed keys, each named by its path in the file.
    """
    tree = read_tree(path)
    own = find_set(tree, set_name, path)
    values = merged(mapping(tree, section, f"{path}: "), mapping(own, section, f"{path}: sets.{set_name}."))
    return checked(values, kind, f"{path}: {section} (with sets.{set_name}.{section})")


def load_machine(path: Path = PARAMS) -> Machine:
    """The section `machine`: worker processes, device and cluster."""
    return checked(read_tree(path).get("machine") or {}, Machine, f"{path}: machine")


def read_tree(path: Path) -> dict:
    try:
        tree = YAML(typ="safe").load(path.read_text())
    except FileNotFoundError:
        raise InputError(f"{path}: not found; run from the repository's root") from None
    except YAMLError as error:
        raise InputError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(tree, dict):
        raise InputError(f"{path}: expected a mapping of sections, found {type(tree).__name__}")
    unknown = set(tree) - SECTIONS - {"sets", "datasets", "machine"}
    if unknown:
        raise InputError(f"{path}: unknown section {sorted(unknown)[0]!r}; expected one of {sorted(SECTIONS)}")
    return tree


def find_set(tree: dict, set_name: str, path: Path) -> dict:
    sets = mapping(tree, "sets", f"{path}: ")
    if set_name not in sets:
        raise InputError(f"{path}: no data set sets.{set_name}; known: {', '.join(sorted(map(str, sets)))}")
    own = mapping(sets, set_name, f"{path}: sets.")
    unknown = set(own) - SECTIONS
    if unknown:
        raise InputError(f"{path}: unknown key sets.{set_name}.{sorted(unknown)[0]}; expected {sorted(SECTIONS)}")
    return own


def mapping(tree: dict, key: str, where: str) -> dict:
    """The mapping at a key; {} where there is none or nothing in it."""
    value = tree.get(key)
    if not isinstance(value, dict | None):
        raise InputError(f"{where}{key}: expected a mapping, found {value!r}")
    return value or {}


def checked(values: dict, kind: type[Settings], where: str) -> Settings:
    try:
        return TypeAdapter(kind).validate_json(json.dumps(values, default=str))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        problem = {
            "missing": "is missing",
            "missing_keyword_only_argument": "is missing",
            "unexpected_keyword_argument": "is not a known parameter",
        }.get(first["type"], f"{first['msg']}, found {first['input']!r}")
        raise InputError(f"{where}: {key}: {problem}") from None
