"""Files that are either whole or not there: written aside, then renamed. Same content, same bytes."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from stages.common.running.errors import InputError


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A temporary name beside `path`, renamed to `path` when the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield aside
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def folder_whole(path: Path) -> Iterator[Path]:
    """An empty folder beside `path` that takes its place when the block ends without an error."""
    for left_behind in path.parent.glob(f".{path.name}.*.partial"):
        shutil.rmtree(left_behind, ignore_errors=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.partial")
    aside.mkdir(parents=True)
    try:
        yield aside
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    shutil.rmtree(path, ignore_errors=True)
    os.replace(aside, path)


def save_array(path: Path, array: np.ndarray) -> None:
    """`array` as `.npy`, whole."""
    with written_whole(path) as aside, open(aside, "wb") as file:
        np.save(file, np.ascontiguousarray(array))


def save_json(path: Path, content: dict) -> None:
    """`content` as JSON with sorted keys and a final newline, whole."""
    with written_whole(path) as aside:
        aside.write_text(json.dumps(content, indent=2, sort_keys=True, allow_nan=False) + "\n")


def sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes; of a folder, that of its sorted file names and their bytes.

    Raises:
        InputError: there is neither.
    """
    if not path.exists():
        raise InputError(f"{path}: not found; run `dvc repro` to make it")
    if path.is_file():
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    digest = hashlib.sha256()
    for file in sorted(p for p in path.rglob("*") if p.is_file()):
        digest.update(f"{file.relative_to(path).as_posix()}\0{sha256(file)}\n".encode())
    return digest.hexdigest()


def link_or_copy(source: Path, target: Path) -> None:
    """`target` with the bytes of `source`, sharing the disk space where the file system can."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
