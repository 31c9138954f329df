"""The code and the libraries that decide what a stage makes."""

import ast
import functools
import hashlib
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).parents[3]
RUNNING = Path("stages/common/running")
# Another version of one of these may give other bytes.
LIBRARIES = "av numba numpy opencv-python-headless openvino pandas pyarrow scikit-learn scipy torch torchvision".split()


@functools.cache
def code_hash(stage: str, root: Path = ROOT) -> str:
    """Of all that can change what a stage makes: the code that it reaches, but for running/, and the libraries."""
    files = [file for file in stage_files(stage, root) if RUNNING not in file.parents]
    return hashlib.sha256(f"{files_hash(files, root)} {list(map(installed, LIBRARIES))}".encode()).hexdigest()


def installed(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def files_hash(files: list[Path], root: Path = ROOT) -> str:
    """One SHA-256 of the names and bytes of files below `root`."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.as_posix().encode() + b"\0" + (root / file).read_bytes())
    return digest.hexdigest()


def stage_files(stage: str, root: Path = ROOT) -> list[Path]:
    """The files of the project, relative to `root`, that a stage's code stands in, sorted; empty ones hold nothing."""
    reached = reached_files(Path("stages") / stage / "__main__.py", root)
    # The package's own says how threads wait, not what they compute.
    return sorted(file for file in reached - {Path("stages/__init__.py")} if (root / file).stat().st_size)


def reached_files(start: Path, root: Path = ROOT) -> set[Path]:
    """All files below `root` that running `start` may import, directly or not; packages by their `__init__.py`.

    A file that imports modules by names that it makes up may import whatever lies beside it.
    """
    reached, waiting = set(), [start]
    while waiting:
        file = waiting.pop()
        if file not in reached:
            reached.add(file)
            inits = [folder / "__init__.py" for folder in file.parents if (root / folder / "__init__.py").is_file()]
            found = [file_of(module, root) for module in imported_modules(file, root)]
            if re.search(r"\b(modules_in|import_module)\(", (root / file).read_text()):
                found += [path.relative_to(root) for path in (root / file.parent).glob("*.py")]
            waiting += [path for path in [*inits, *found] if path]
    return reached


def file_of(module: str, root: Path) -> Path | None:
    """The file, relative to `root`, of a dotted module or package that lies there."""
    path = Path(*module.split("."))
    files = path.with_suffix(".py"), path / "__init__.py"
    return next((file for file in files if (root / file).is_file()), None)


def imported_modules(file: Path, root: Path) -> set[str]:
    """Dotted names of all that a file may import, wherever in it the import stands."""
    names = set()
    for node in ast.walk(ast.parse((root / file).read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = file.parent.parts[: len(file.parent.parts) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            names |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return names
