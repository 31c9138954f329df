"""Whether the committed dvc.lock still goes with the committed code and parameters; needs no data.

    python .ci/check_lock.py

`dvc repro --dry` fails where data is missing and succeeds where stages are stale, so this asks `dvc status` in a clean
clone, of every set in the lock, and leaves out what is merely not there. What one stage has made and another has read,
DVC cannot compare without data; the lock has both, so this does. Exit status 1 and a line for each stale stage.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from ruamel.yaml import YAML

# What `dvc status` says of data that has not been pulled. Code is in git: where it is gone, it has been taken away.
MISSING, CODE = {"deleted", "not in cache"}, "stages/"


def changes(entry: object) -> list[str]:
    """What of one stage's status is no missing data, as `dvc status --json` has it."""
    if isinstance(entry, str):
        return [entry]
    found = []
    for path, said in (pair for paths in entry.values() for pair in paths.items()):
        if isinstance(said, dict):  # a parameter file, with its values
            found += [f"{name} ({change})" for name, change in said.items()]
        elif said not in MISSING or path.startswith(CODE):
            found.append(f"{path} ({said})")
    return found


def stale(status: dict) -> dict[str, list[str]]:
    """The stages that have changed, each with what has.

    >>> stale({"a": [{"changed deps": {"x": "deleted"}}], "b": [{"changed deps": {"y": "modified"}}]})
    {'b': ['y (modified)']}
    >>> stale({"c": ["changed command", {"changed deps": {"params.yaml": {"train.seed": "modified"}}}]})
    {'c': ['changed command', 'train.seed (modified)']}
    >>> stale({"d": [{"changed deps": {"stages/train": "deleted", "data/ped2": "deleted"}}]})
    {'d': ['stages/train (deleted)']}
    """
    found = {stage: [text for entry in entries for text in changes(entry)] for stage, entries in status.items()}
    return {stage: texts for stage, texts in found.items() if texts}


def disagreements(stages: dict) -> dict[str, list[str]]:
    """The stages of a lock that have read something else than what another stage of it has made.

    >>> made, read = {"path": "x", "md5": "1"}, {"path": "x", "md5": "2"}
    >>> disagreements({"a": {"outs": [made]}, "b": {"deps": [read]}, "c": {"deps": [made, {"path": "y", "md5": "3"}]}})
    {'b': ['x (another than in the lock)']}
    """
    made = {out["path"]: out["md5"] for stage in stages.values() for out in stage.get("outs", [])}
    found = {
        name: [
            f"{dep['path']} (another than in the lock)"
            for dep in stage.get("deps", [])
            if dep["md5"] != made.get(dep["path"], dep["md5"])
        ]
        for name, stage in stages.items()
    }
    return {name: texts for name, texts in found.items() if texts}


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "-c", "advice.detachedHead=false", "clone", "--quiet", ".", clone], check=True)
        yaml = YAML(typ="safe")
        lock, sets = yaml.load(clone / "dvc.lock")["stages"], yaml.load(clone / "params.yaml")["sets"]
        locked = [name.split("@") for name in lock]
        names = sorted({*yaml.load(clone / "datasets.yaml")["datasets"], *(name for _, name in locked)} & {*sets})
        rendered = [name for stage, name in locked if stage == "render"]
        yaml.dump({"datasets": names, "rendered": rendered}, clone / "datasets.yaml")
        command = [sys.executable, "-m", "dvc", "status", "--json"]
        said = subprocess.run(command, cwd=clone, check=True, capture_output=True, text=True).stdout
    found = stale(json.loads(said))
    for name, texts in disagreements(lock).items():
        found[name] = found.get(name, []) + texts
    for name, texts in found.items():
        print(f"{name}: {', '.join(texts)}: run `dvc repro {name}` and commit dvc.lock")
    if not found:
        print(f"dvc.lock goes with the code and the parameters of {', '.join(names)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
