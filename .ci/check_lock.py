"""Whether the committed dvc.lock still goes with the committed code and parameters; needs no data.

    python .ci/check_lock.py

`dvc repro --dry` fails where data is missing and succeeds where stages are stale, so this asks `dvc status` in a clean
clone, of every set in the lock, and leaves out what is merely not there. Exit status 1 and a line for each stale stage.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from ruamel.yaml import YAML

# What `dvc status` says of data that has not been pulled.
MISSING = {"deleted", "not in cache"}


def changes(entry: object) -> list[str]:
    """What of one stage's status is no missing data, as `dvc status --json` has it."""
    if isinstance(entry, str):
        return [entry]
    found = []
    for path, said in (pair for paths in entry.values() for pair in paths.items()):
        if isinstance(said, dict):  # a parameter file, with its values
            found += [f"{name} ({change})" for name, change in said.items()]
        elif said not in MISSING:
            found.append(f"{path} ({said})")
    return found


def stale(status: dict) -> dict[str, list[str]]:
    """The stages that have changed, each with what has.

    >>> stale({"a": [{"changed deps": {"x": "deleted"}}], "b": [{"changed deps": {"y": "modified"}}]})
    {'b': ['y (modified)']}
    >>> stale({"c": ["changed command", {"changed deps": {"params.yaml": {"train.seed": "modified"}}}]})
    {'c': ['changed command', 'train.seed (modified)']}
    """
    found = {stage: [text for entry in entries for text in changes(entry)] for stage, entries in status.items()}
    return {stage: texts for stage, texts in found.items() if texts}


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "-c", "advice.detachedHead=false", "clone", "--quiet", ".", clone], check=True)
        yaml = YAML()
        params = yaml.load(clone / "params.yaml")
        locked = {stage.split("@")[1] for stage in YAML(typ="safe").load(clone / "dvc.lock")["stages"]}
        params["datasets"] = sorted(locked & set(params["sets"]))
        yaml.dump(params, clone / "params.yaml")
        command = [sys.executable, "-m", "dvc", "status", "--json"]
        said = subprocess.run(command, cwd=clone, check=True, capture_output=True, text=True).stdout
    found = stale(json.loads(said))
    for stage, texts in found.items():
        print(f"{stage}: {', '.join(texts)}: run `dvc repro {stage}` and commit dvc.lock")
    if not found:
        print(f"dvc.lock goes with the code and the parameters of {', '.join(sorted(locked))}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
