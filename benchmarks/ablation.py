"""The ablation: each row of ablation.yaml trained, scored and measured, beside the data set and without touching it.

    python -m benchmarks.ablation ped2

writes metrics/ablation_ped2.csv, a row as soon as it is known. Needs `make ped2`. What is done stays in .work/ablation,
so an interrupted run goes on; some rows only: --rows 'deep' 'wide'.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
from ruamel.yaml import YAML

from stages.common.errors import InputError
from stages.common.files import sha256, written_whole
from stages.common.params import find_set, merged, read_tree
from stages.common.paths import WORK, SetPaths

ROWS = Path(__file__).with_suffix(".yaml")
# Each stage with what it makes; a stage needs what those before it make. Of a network, fusion is made apart, so that
# many fusions share it.
MAKES = {
    "detect": "detections",
    "velocity": "velocity",
    "tubes": "tubes",
    "teach": "teacher",
    "train": "network",
    "score": "scores",
    "fuse": "frame_scores",
    "evaluate": "metrics",
}
TASKS_ALONE = {"fuse.weights": {"velocity": 0.0}}
METRICS = ["micro_auc", "macro_auc", "macro_auc_mixed", "rbdc", "tbdc"]


def nested(changes: dict) -> dict:
    """Changes by dotted names as a tree.

    >>> nested({"train.depth": "deep", "train.weights": {"arrow": 0.0}})
    {'train': {'depth': 'deep', 'weights': {'arrow': 0.0}}}
    """
    tree: dict = {}
    for name, value in changes.items():
        for key in reversed(name.split(".")):
            value = {key: value}
        tree = merged(tree, value)
    return tree


def changed_params(name: str, changes: dict) -> dict:
    """`params.yaml` with a tree of changes to one set; one clip at a time, since rows run beside each other."""
    tree = read_tree(Path("params.yaml"))
    machine = {**(tree.get("machine") or {}), "workers": 1}
    return {**tree, "machine": machine, "sets": {name: merged(find_set(tree, name, Path("params.yaml")), changes)}}


def stages_from(changes: dict) -> list[str]:
    """The stages up to the scores that have to run: from the first whose section is among the changes."""
    order = list(MAKES)[: list(MAKES).index("score") + 1]
    unknown = set(changes) - set(order)
    if unknown:
        raise InputError(f"{ROWS}: {sorted(unknown)[0]}: no section of a trained row; expected one of {order}")
    return order[min(map(order.index, changes), default=order.index("train")) :]


def run_in_scratch(name: str, changes: dict, stages: list[str], source: Path) -> Path:
    """A scratch folder in which `stages` have run, with all else linked from `source`."""
    paths, root, params = SetPaths(name), Path.cwd(), changed_params(name, changes)
    code = [sha256(root / "stages" / folder) for folder in ("common", *stages)]
    content = [code, source.name if source != root else sha256(paths.detections), params]
    scratch = root / WORK / "ablation" / hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]
    if not (scratch / getattr(paths, MAKES[stages[-1]])).exists():
        link_inputs(name, stages, source, scratch)
        with open(scratch / "params.yaml", "w") as file:
            YAML().dump(params, file)
        for stage in stages:
            run_stage(stage, name, scratch)
    return scratch


def link_inputs(name: str, stages: list[str], source: Path, scratch: Path) -> None:
    """Links into `scratch` to what the stages before made in `source`."""
    paths = SetPaths(name)
    made = [getattr(paths, output) for output in list(MAKES.values())[: list(MAKES).index(stages[0])]]
    for needed in [paths.footage, paths.frames, paths.weights, *made]:
        if not (source / needed).exists():
            raise InputError(f"{needed}: not found; run `make {name}` first")
        target = scratch / needed
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.is_symlink():
            target.symlink_to((source / needed).resolve())


def run_stage(stage: str, name: str, scratch: Path) -> None:
    command = [sys.executable, "-m", f"stages.{stage}", name]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd()), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=scratch, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise InputError(f"{stage} in {scratch.relative_to(Path.cwd())}: {done.stderr.strip().splitlines()[-1]}")


class Table:
    """The rows known so far, written to a file whenever there is one more, in the order of ablation.yaml."""

    def __init__(self, file: Path, order: list[str]):
        self.file, self.order, self.rows = file, order, {}

    def add(self, row: str, metrics: dict) -> None:
        values = {"row": row, **{metric: metrics[metric] for metric in METRICS}}
        self.rows[row] = values
        print("  ".join(str(value) for value in values.values()), flush=True)
        with written_whole(self.file) as aside:
            pd.DataFrame([self.rows[name] for name in self.order if name in self.rows]).to_csv(aside, index=False)


def ablate(name: str, wanted: list[str], jobs: int) -> None:
    plan = YAML(typ="safe").load(ROWS.read_text())
    order = [*plan["trained"], *plan["fused"]]
    unknown = sorted(set(wanted) - set(order))
    if unknown:
        raise InputError(f"--rows: {unknown[0]!r} is no row of {ROWS}; known: {order}")
    wanted = wanted or order
    table = Table(Path("metrics") / f"ablation_{name}.csv", order)
    first, *others = plan["trained"]

    def trained(row: str) -> Path:
        own = nested({**plan["all"], **plan["trained"][row]})
        scratch = run_in_scratch(name, own, stages_from(own), Path.cwd())
        if row in wanted:
            measure(row, nested(TASKS_ALONE), scratch)
        return scratch

    def measure(row: str, changes: dict, source: Path) -> None:
        scratch = run_in_scratch(name, changes, ["fuse", "evaluate"], source)
        table.add(row, json.loads((scratch / SetPaths(name).metrics).read_text()))

    with ThreadPoolExecutor(jobs) as pool:
        base = pool.submit(trained, first)
        rest = [pool.submit(trained, row) for row in others if row in wanted]
        for row in plan["fused"]:
            if row in wanted:
                rest.append(pool.submit(measure, row, nested(plan["fused"][row]), base.result()))
        for row in [base, *rest]:
            row.result()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set")
    parser.add_argument("--rows", nargs="+", default=[], metavar="ROW")
    parser.add_argument("--jobs", type=int, default=2, help="rows at the same time; each takes a core")
    options = parser.parse_args()
    try:
        ablate(options.set, options.rows, options.jobs)
    except InputError as error:
        raise SystemExit(str(error)) from None
