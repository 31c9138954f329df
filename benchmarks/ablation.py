"""The ablation: each row of a plan trained, scored and measured, beside the data set and without touching it.

    python -m benchmarks.ablation ped2
    python -m benchmarks.ablation ped2 --plan benchmarks/detectors.yaml

writes metrics/ablation_ped2.csv (metrics/detectors_ped2.csv), a row as soon as it is known. Needs `make ped2`. What is
done stays in .work/ablation, so an interrupted run goes on; some rows only: --rows 'deep' 'wide'.
"""

import argparse
import functools
import hashlib
import json
import os
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pandas as pd
from ruamel.yaml import YAML

from stages.common.errors import InputError
from stages.common.files import sha256, written_whole
from stages.common.params import find_set, merged, read_tree
from stages.common.paths import RAW_WEIGHTS, WORK, SetPaths

PLAN = Path("benchmarks/ablation.yaml")
# Each stage with what it makes; a stage needs what those before it make. Of a network, fusion is made apart, so that
# many fusions share it.
MAKES = {
    "weights": "weights",
    "detect": "detections",
    "velocity": "velocity",
    "tubes": "tubes",
    "teach": "teacher",
    "train": "network",
    "score": "scores",
    "fuse": "frame_scores",
    "evaluate": "metrics",
}
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
        raise InputError(f"{sorted(unknown)[0]}: no section of a trained row; expected one of {order}")
    return order[min(map(order.index, changes), default=order.index("train")) :]


def scratch_of(name: str, changes: dict, stages: list[str], source: Path) -> Path:
    """The scratch folder for what `stages` make of `source` with these changes: named by all that determines it."""
    code = code_of(stages)
    content = [
        [(file.as_posix(), sha256(file)) for file in code],
        [(path.as_posix(), hash_of(source / path)) for path in inputs(name, stages)],
        changed_params(name, changes),
    ]
    return Path.cwd() / WORK / "ablation" / hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def code_of(stages: list[str]) -> list[Path]:
    """The files that these stages run, as dvc.yaml knows them."""
    deps = {dep for stage in stages for dep in pipeline()[stage]["deps"] if dep.startswith("stages/")}
    files = {file for dep in deps for file in ([Path(dep)] if Path(dep).is_file() else Path(dep).rglob("*.py"))}
    return sorted(files)


@functools.cache
def pipeline() -> dict:
    return YAML(typ="safe").load(Path("dvc.yaml"))["stages"]


def inputs(name: str, stages: list[str]) -> list[Path]:
    """What the stages before these make, and what no stage here makes."""
    paths = SetPaths(name)
    made = [getattr(paths, output) for output in list(MAKES.values())[: list(MAKES).index(stages[0])]]
    return [paths.footage, paths.frames, *([RAW_WEIGHTS] if stages[0] == "weights" else []), *made]


@functools.cache
def hash_of(path: Path) -> str:
    if not path.exists():
        raise InputError(f"{path}: not found; make the set first, as by `make ped2`")
    return sha256(path)


def run_in_scratch(name: str, changes: dict, stages: list[str], source: Path, scratch: Path) -> Path:
    """`scratch`, in which `stages` have run, with all else linked from `source`."""
    if not (scratch / getattr(SetPaths(name), MAKES[stages[-1]])).exists():
        for path in inputs(name, stages):
            (scratch / path).parent.mkdir(parents=True, exist_ok=True)
            if not (scratch / path).is_symlink():
                (scratch / path).symlink_to((source / path).resolve())
        with open(scratch / "params.yaml", "w") as file:
            YAML().dump(changed_params(name, changes), file)
        for stage in stages:
            run_stage(stage, name, scratch)
    return scratch


def run_stage(stage: str, name: str, scratch: Path) -> None:
    command = [sys.executable, "-m", f"stages.{stage}", name]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd()), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=scratch, env=environment, capture_output=True, text=True)
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"ended with {done.returncode}"]
        raise InputError(f"{stage} in {scratch.relative_to(Path.cwd())}: {said[-1]}")


class Table:
    """The rows known so far, in a file, in the order of the plan; a row that is there already is replaced."""

    def __init__(self, file: Path, order: list[str]):
        self.file, self.order, self.rows = file, order, {}
        if file.exists():
            self.rows = {row["row"]: row for row in pd.read_csv(file).to_dict("records")}

    def add(self, row: str, metrics: dict) -> None:
        values = {"row": row, **{metric: metrics[metric] for metric in METRICS}}
        self.rows[row] = values
        print("  ".join(str(value) for value in values.values()), flush=True)
        with written_whole(self.file) as aside:
            pd.DataFrame([self.rows[name] for name in self.order if name in self.rows]).to_csv(aside, index=False)


def ablate(name: str, plan_file: Path, wanted: list[str], jobs: int) -> None:
    plan = YAML(typ="safe").load(plan_file.read_text())
    order = [*plan["trained"], *plan["fused"]]
    unknown = sorted(set(wanted) - set(order))
    if unknown:
        raise InputError(f"--rows: {unknown[0]!r} is no row of {plan_file}; known: {order}")
    wanted = wanted or order
    table = Table(Path("metrics") / f"{plan_file.stem}_{name}.csv", order)
    first = next(iter(plan["trained"]))
    networks: dict[Path, Future] = {}
    with ThreadPoolExecutor(jobs) as pool:

        def trained(row: str) -> Future:
            """The network of a row; rows that come to the same share one."""
            own = nested({**plan["all"], **plan["trained"][row]})
            scratch = scratch_of(name, own, stages_from(own), Path.cwd())
            if scratch not in networks:
                networks[scratch] = pool.submit(scored, name, own)
            return networks[scratch]

        wanted_networks = {row: trained(row) for row in plan["trained"] if row in wanted}
        base = trained(first) if set(plan["fused"]) & set(wanted) else None
        for row, network in wanted_networks.items():
            table.add(row, measured(name, nested(plan["trained_as"]), network.result()))
        for row in plan["fused"]:
            if row in wanted:
                table.add(row, measured(name, nested(plan["fused"][row]), base.result()))


def scored(name: str, changes: dict) -> Path:
    """A scratch folder with the scores of the set's network with these changes."""
    stages = stages_from(changes)
    return run_in_scratch(name, changes, stages, Path.cwd(), scratch_of(name, changes, stages, Path.cwd()))


def measured(name: str, changes: dict, source: Path) -> dict:
    """The metrics of the scores in a scratch folder, fused with these changes."""
    stages = ["fuse", "evaluate"]
    scratch = run_in_scratch(name, changes, stages, source, scratch_of(name, changes, stages, source))
    return json.loads((scratch / SetPaths(name).metrics).read_text())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set")
    parser.add_argument("--plan", type=Path, default=PLAN, help=f"the rows (default: {PLAN})")
    parser.add_argument("--rows", nargs="+", default=[], metavar="ROW")
    parser.add_argument("--jobs", type=int, default=2, help="rows at the same time; each takes a core")
    options = parser.parse_args()
    try:
        ablate(options.set, options.plan, options.rows, options.jobs)
    except InputError as error:
        raise SystemExit(str(error)) from None
