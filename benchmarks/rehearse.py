"""Rehearsals: sets to choose settings by without anybody's test clips, in a project of their own beside the product's.

    python -m benchmarks.rehearse demo_rendered_0 ped2_rendered_0 ped2_rehearsal_0

`<set>_rendered_<draw>` is rendered anew (benchmarks/rendered.py); `<set>_rehearsal_<draw>` is made of the set's normal
clips, with anomalies pasted in (benchmarks/rehearsal.py; needs `dvc repro decode@<set>`), `<set>_fold_<draw>` of them
alone (benchmarks/folds.py). Each goes by the settings of its set in params.yaml as far as its metrics; then
benchmarks.fusion_search asks them all. The project is .work/rehearsals: `dvc` works there, and what is done stays. No
number of a rehearsal is to be reported.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from ruamel.yaml import YAML

from benchmarks import folds, rehearsal, rendered
from stages.common.running.errors import InputError
from stages.common.running.params import PARAMS, find_set, read_tree
from stages.common.running.paths import RAW_WEIGHTS, WORK, SetPaths
from stages.common.tables.verdicts import write_verdicts

PLACE = WORK / "rehearsals"
WRITERS = {"rendered": rendered.write_recipe, "rehearsal": rehearsal.write_set, "fold": folds.write_set}


def parts_of(name: str) -> tuple[str, str, int]:
    """The set that a rehearsal is like, its kind and its draw.

    >>> parts_of("ped2_rendered_0")
    ('ped2', 'rendered', 0)
    """
    found = re.fullmatch(f"(.+)_({'|'.join(WRITERS)})_([0-9]+)", name)
    if not found:
        raise InputError(f"{name}: expected <set>_<kind>_<draw> of one of the kinds {list(WRITERS)}")
    return found[1], found[2], int(found[3])


def prepare(names: list[str], place: Path) -> None:
    """A project in which these sets can be made: the code and the parameters of this one, and what each is made of."""
    tree, likes = read_tree(PARAMS), {name: parts_of(name) for name in names}
    sets = {name: find_set(tree, like, PARAMS) for name, (like, _, _) in likes.items()}
    is_rendered = [name for name, (_, kind, _) in likes.items() if kind == "rendered"]
    for folder in (Path("stages"), RAW_WEIGHTS):
        (place / folder).parent.mkdir(parents=True, exist_ok=True)
        if not (place / folder).is_symlink():
            (place / folder).symlink_to(folder.absolute())
    for file in ("dvc.yaml", ".dvcignore"):
        shutil.copyfile(file, place / file)
    yaml = YAML(typ="safe")
    yaml.dump({**tree, "sets": sets}, place / "params.yaml")
    yaml.dump({"datasets": names, "rendered": is_rendered}, place / "datasets.yaml")
    for name, (like, kind, draw) in likes.items():
        target = f"data/recipes/{name}.yaml" if kind == "rendered" else f"data/raw/{name}"
        WRITERS[kind](like, place / target, draw)
        write_verdicts(place / SetPaths(name).verdicts)


def run(*command: str) -> None:
    """Runs a module in the project."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(Path.cwd()), "DVC_NO_ANALYTICS": "1"}
    subprocess.run([sys.executable, "-m", *command], cwd=PLACE, env=environment, check=True)


def made(names: list[str], stage: str) -> None:
    """Makes these sets up to a stage."""
    prepare(names, PLACE)
    if not (PLACE / ".dvc").exists():
        run("dvc", "init", "--no-scm", "--quiet")
    run("dvc", "repro", *(f"{stage}@{name}" for name in names))


def rehearse(names: list[str]) -> None:
    made(names, "evaluate")
    run("benchmarks.fusion_search", *names)
    for table in PLACE.glob("metrics/fusion_*.csv"):
        shutil.copy(table, "metrics")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+")
    try:
        rehearse(parser.parse_args().sets)
    except InputError as error:
        raise SystemExit(str(error)) from None
    except subprocess.CalledProcessError as error:
        raise SystemExit(error.returncode) from None
