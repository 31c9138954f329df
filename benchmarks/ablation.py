"""The ablation: each row of a plan trained, scored and measured, beside the data set and without touching it.

    python -m benchmarks.ablation ped2
    python -m benchmarks.ablation ped2 --plan benchmarks/detectors.yaml

writes metrics/ablation_ped2.csv (metrics/detectors_ped2.csv), a row as soon as it is known. Needs `make ped2`. What is
done stays in .work/ablation, a folder per stage, named by all that the stage depends on, so that an interrupted run
goes on and rows share what they have in common; some rows only: --rows 'deep' 'wide'.
"""

import argparse
import fcntl
import functools
import hashlib
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
from ruamel.yaml import YAML

from benchmarks.cue_weights import each, spelt_out
from stages.common.metrics.headline import METRICS
from stages.common.running.errors import InputError
from stages.common.running.files import sha256, written_whole
from stages.common.running.params import all_values, merged, read_tree
from stages.common.running.paths import RAW_WEIGHTS, WORK, SetPaths

PLAN = Path("benchmarks/ablation.yaml")
# The stages that a row may run again, in their order, and which of them make a set's scores.
STAGES = ["weights", "detect", "velocity", "tubes", "teach", "train", "score", "fuse", "evaluate"]
SCORED = STAGES[: STAGES.index("score") + 1]
# Where each file or folder of the pipeline is, for one row; what is not among them is where it always is.
Places = dict[str, Path]


def nested(changes: dict) -> dict:
    """Changes by dotted names, and by the words of `spelt_out`, as a tree.

    >>> nested({"train.depth": "deep", "train.weights": {"arrow": 0.0}})
    {'train': {'depth': 'deep', 'weights': {'arrow': 0.0}}}
    """
    tree: dict = {}
    for name, value in spelt_out(changes).items():
        for key in reversed(name.split(".")):
            value = {key: value}
        tree = merged(tree, value)
    return tree


def made(name: str, changes: dict, stages: list[str]) -> Places:
    """What those of `stages` make that depend on a tree of changes to the set."""
    unknown = sorted(set(changes) - set(STAGES))
    if unknown:
        raise InputError(f"{unknown[0]}: no section that a row may change; expected one of {STAGES}")
    places: Places = {}
    set_to = all_values(name)
    params = merged(set_to, changes)
    for stage in stages:
        spec = pipeline(name)[stage]
        data = [dep for dep in spec["deps"] if not dep.startswith("stages/")]
        changed = any(params[section] != set_to[section] for section in spec["params"])
        if changed or any(dep in places for dep in data):
            scratch = run_stage(stage, name, {dep: places.get(dep, Path.cwd() / dep) for dep in data}, params)
            places |= {out: scratch / out for out in spec["outs"]}
    return places


@functools.cache
def pipeline(name: str) -> dict:
    """Of each stage of dvc.yaml, for one set: deps and outs (metrics and plots too) as paths, params as sections."""
    found = {}
    for stage, spec in YAML(typ="safe").load(Path("dvc.yaml"))["stages"].items():
        listed = {}
        for key in ("deps", "params", "outs", "metrics", "plots"):
            entries = [next(iter(entry)) if isinstance(entry, dict) else entry for entry in spec.get(key, [])]
            listed[key] = [entry.replace("${item.set}", name) for entry in entries]
        sections = [section for section in listed["params"] if "." not in section]
        outs = listed["outs"] + listed["metrics"] + listed["plots"]
        found[stage] = {"deps": listed["deps"], "params": sections, "outs": outs}
    return found


def run_stage(stage: str, name: str, inputs: dict[str, Path], params: dict) -> Path:
    """The scratch folder, named by all that the stage depends on, in which it has run; `params` are all sections."""
    code = [(file.as_posix(), sha256(file)) for file in code_of(stage, name)]
    hashes = {path: hash_of(place) for path, place in inputs.items()}
    read = {section: params[section] for section in pipeline(name)[stage]["params"]}
    content = json.dumps([stage, name, code, hashes, read], sort_keys=True)
    scratch = Path.cwd() / WORK / "ablation" / f"{stage}_{hashlib.sha256(content.encode()).hexdigest()[:16]}"
    scratch.parent.mkdir(parents=True, exist_ok=True)
    with open(scratch.with_suffix(".lock"), "w") as lock:
        # Another row, or another run, may need the same.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (scratch / "done").exists():
            fill_scratch(scratch, stage, name, inputs, params)
    return scratch


def fill_scratch(scratch: Path, stage: str, name: str, inputs: dict[str, Path], params: dict) -> None:
    """Links `inputs` into the folder and runs the stage there, one clip at a time, since rows run beside each other."""
    beside = {RAW_WEIGHTS.as_posix(): Path.cwd() / RAW_WEIGHTS} if stage == "weights" else {}
    for path, place in {**inputs, **beside}.items():
        (scratch / path).parent.mkdir(parents=True, exist_ok=True)
        if not (scratch / path).is_symlink():
            (scratch / path).symlink_to(place.resolve())
    machine = {**(read_tree(Path("params.yaml")).get("machine") or {}), "workers": 1}
    with open(scratch / "params.yaml", "w") as file:
        YAML().dump({**params, "machine": machine, "sets": {name: {}}}, file)
    command = [sys.executable, "-m", f"stages.{stage}", name]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd()), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=scratch, env=environment, capture_output=True, text=True)
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"ended with {done.returncode}"]
        raise InputError(f"{stage} in {scratch.relative_to(Path.cwd())}: {said[-1]}")
    (scratch / "done").touch()


def code_of(stage: str, name: str) -> list[Path]:
    """The files that a stage runs, as dvc.yaml knows them."""
    deps = [Path(dep) for dep in pipeline(name)[stage]["deps"] if dep.startswith("stages/")]
    return sorted({file for dep in deps for file in ([dep] if dep.is_file() else dep.rglob("*.py"))})


@functools.cache
def hash_of(path: Path) -> str:
    if not path.exists():
        raise InputError(f"{path.relative_to(Path.cwd())}: not found; make the set first, as by `make ped2`")
    return sha256(path)


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


def read_plan(file: Path) -> dict[str, dict]:
    """The rows of a plan as trees of changes: a network each (`trained`), how these are fused (`trained_as`), and how
    else the first one is (`fused`)."""
    plan = YAML(typ="safe").load(file.read_text())
    trained = {row: nested({**plan["all"], **changes}) for row, changes in each(plan["trained"]).items()}
    fused = {row: nested(changes) for row, changes in each(plan["fused"]).items()}
    return {"trained": trained, "trained_as": nested(plan["trained_as"]), "fused": fused}


def ablate(name: str, plan_file: Path, wanted: list[str], jobs: int) -> None:
    plan = read_plan(plan_file)
    order = [*plan["trained"], *plan["fused"]]
    unknown = sorted(set(wanted) - set(order))
    if unknown:
        raise InputError(f"--rows: {unknown[0]!r} is no row of {plan_file}; known: {order}")
    wanted = wanted or order
    table = Table(Path("metrics") / f"{plan_file.stem}_{name}.csv", order)
    first, *_ = plan["trained"].values()
    rows = {row: (changes, merged(changes, plan["trained_as"])) for row, changes in plan["trained"].items()}
    rows |= {row: (first, merged(first, changes)) for row, changes in plan["fused"].items()}
    rows = {row: rows[row] for row in order if row in wanted}
    with ThreadPoolExecutor(jobs) as pool:
        networks = [pool.submit(made, name, trained, SCORED) for trained, _ in rows.values()]
        for network, (row, (_, changes)) in zip(networks, rows.items(), strict=True):
            network.result()
            table.add(row, measured(name, changes))


def measured(name: str, changes: dict) -> dict:
    """The metrics of a set with a tree of changes."""
    metrics = SetPaths(name).metrics
    return json.loads(made(name, changes, STAGES).get(str(metrics), metrics).read_text())


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
