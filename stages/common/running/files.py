"""Files and folders that are either whole or not there: written aside, then renamed. And their hashes."""

import errno
import fcntl
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

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
    """An empty folder that takes the place of `path` when the block ends without an error.

    Two processes may be at one path: what another has finished there meanwhile stays, for it has made the same.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    sweep(path.parent, f".{path.name}.*.partial")
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.partial")
    earlier, new = identity(path), aside / "new"
    aside.mkdir()
    with held(aside, fcntl.LOCK_EX):
        try:
            new.mkdir()
            yield new
            with suppress(FileNotFoundError):
                if identity(path) == earlier:
                    os.replace(path, aside / "old")
            try:
                os.replace(new, path)
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def identity(path: Path) -> int | None:
    """What tells a file or folder from others that had its name before."""
    return path.stat().st_ino if path.exists() else None


def sweep(folder: Path, pattern: str) -> None:
    """Removes what processes that are dead left half-made in a folder; the living have theirs locked."""
    for left in folder.glob(pattern):
        with suppress(OSError), held(left, fcntl.LOCK_EX | fcntl.LOCK_NB) as dead:
            # An empty one is of a process that has not come to lock it yet.
            if dead and any(left.iterdir()):
                shutil.rmtree(left)


@contextmanager
def held(folder: Path, how: int) -> Iterator[bool]:
    """Whether this process has the lock on a folder, until the block ends, or else the process, in whatever way.

    False where another has it or the file system knows no locks.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        has = True
        try:
            fcntl.flock(descriptor, how)
        except OSError:
            has = False
        yield has
    finally:
        os.close(descriptor)


def sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes; of a folder, that of its sorted file names and their bytes.

    Raises:
        InputError: there is neither.
    """
    if not path.exists():
        raise InputError(f"{path}: not found; run `dvc repro` to make it")
    if path.is_file():
        with open(path, "rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
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
