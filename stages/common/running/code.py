"""The project's own code as it is loaded in this process, and its hash."""

import hashlib
import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def stages_modules() -> list[str]:
    """Names of the stages' modules that are loaded now."""
    return [name for name in sys.modules if name.split(".")[0] == "stages"]


def own_files(modules: list[str]) -> list[str]:
    """The files of those of `modules` that are the project's, relative to its root, sorted."""
    files = {getattr(sys.modules[name], "__file__", None) for name in modules}
    own = {Path(file) for file in files if file and Path(file).is_relative_to(ROOT) and os.path.getsize(file)}
    return sorted(file.relative_to(ROOT).as_posix() for file in own)


def files_hash(files: list[str]) -> str:
    """One SHA-256 of the names and bytes of files of the project."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.encode() + b"\0" + (ROOT / file).read_bytes())
    return digest.hexdigest()
