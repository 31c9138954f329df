"""The project's code as it is loaded in this process, and the libraries that it computes with."""

import functools
import hashlib
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).parents[3]
# Another version of one of these may give other bytes.
LIBRARIES = (
    "av",
    "numba",
    "numpy",
    "opencv-python-headless",
    "openvino",
    "pandas",
    "pyarrow",
    "scikit-learn",
    "scipy",
    "torch",
    "torchvision",
)


def loaded_files() -> list[str]:
    """The files of the stages' modules that are loaded now, relative to the project's root, sorted."""
    modules = [module for name, module in sys.modules.items() if name.split(".")[0] in ("stages", "__main__")]
    files = [Path(module.__file__) for module in modules if getattr(module, "__file__", None)]
    own = {file.relative_to(ROOT).as_posix() for file in files if file.is_relative_to(ROOT / "stages")}
    return sorted(file for file in own if (ROOT / file).stat().st_size)


def files_hash(files: list[str]) -> str:
    """One SHA-256 of the names and bytes of files of the project."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.encode() + b"\0" + (ROOT / file).read_bytes())
    return digest.hexdigest()


@functools.cache
def code_hash(stage: str) -> str:
    """The hash of all code that can change what a stage makes: its own and the rooms', as loaded, and the libraries.

    Nothing in `running/` can; nor can another stage, of which a rule for its settings may be loaded.
    """
    files = [file for file in loaded_files() if file.startswith((f"stages/{stage}/", "stages/common/"))]
    code = files_hash([file for file in files if not file.startswith("stages/common/running/")])
    return hashlib.sha256(f"{code} {list(map(installed, LIBRARIES))}".encode()).hexdigest()


def installed(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None
