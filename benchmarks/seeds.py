"""How much a set's metrics depend on the network's seed: mean and deviation over several.

    python -m benchmarks.seeds ped2 0 1 2

takes the set's own network for its own seed, trains one for each other seed beside the set, on one thread each, and
scores and measures them by the set's own settings. metrics/seeds_ped2.json has the mean and the deviation (of a sample)
of every metric, metrics/seeds_ped2.csv those of the rows of benchmarks/ablation.yaml that fuse otherwise. Needs `make
ped2`; what is done stays in .work/ablation.
"""

import argparse
import functools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.ablation import PLAN, SCORED, made, measured, nested, read_plan
from stages.common.metrics.headline import METRICS
from stages.common.running.errors import InputError
from stages.common.running.files import written_whole
from stages.common.running.params import load, merged
from stages.common.tables.json_files import save_json
from stages.train.settings import Train


def spread(runs: list[dict]) -> dict:
    """Mean and deviation of each number in nested mappings of the same keys; what is undefined in a run is left out.

    >>> spread([{"a": {"b": 1.0}, "policy": "pad", "c": None}, {"a": {"b": 3.0}, "policy": "pad", "c": 1.0}])
    {'a': {'b': {'mean': 2.0, 'deviation': 1.414214}}}
    """
    found = {}
    for key in runs[0]:
        values = [run[key] for run in runs]
        if isinstance(values[0], dict):
            found[key] = spread(values)
        elif all(isinstance(value, int | float) for value in values):
            deviation = np.std(values, ddof=1) if len(values) > 1 else 0.0
            found[key] = {"mean": round(float(np.mean(values)), 6), "deviation": round(float(deviation), 6)}
    return found


def table(runs: list[dict[str, dict]]) -> pd.DataFrame:
    """A row per fusion: of each of METRICS its mean and its deviation. Of each run: its rows' metrics."""
    rows = []
    for row in runs[0]:
        found = spread([{metric: run[row][metric] for metric in METRICS} for run in runs])
        rows.append({"row": row} | {f"{key}_{what}": found[key][what] for key in METRICS for what in found[key]})
    return pd.DataFrame(rows)


def main(name: str, seeds: list[int], jobs: int) -> None:
    if len(set(seeds)) < len(seeds):
        raise InputError(f"seeds {seeds}: expected different ones")
    set_to = load("train", Train, name).seed
    changes = [nested({} if seed == set_to else {"train.seed": seed, "train.threads": 1}) for seed in seeds]
    fused = {row: [merged(changed, other) for changed in changes] for row, other in read_plan(PLAN)["fused"].items()}
    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(functools.partial(made, name, stages=SCORED), changes))
        measure = functools.partial(measured, name)
        whole = list(pool.map(measure, changes))
        by_row = {row: pool.map(measure, trees) for row, trees in fused.items()}
        runs = [dict(zip(by_row, found, strict=True)) for found in zip(*by_row.values(), strict=True)]
    for seed, metrics in zip(seeds, whole, strict=True):
        print(f"seed {seed}:", *(f"{key} {value}" for key, value in metrics.items() if isinstance(value, float)))
    save_json(Path("metrics") / f"seeds_{name}.json", {"seeds": seeds, **spread(whole)})
    with written_whole(Path("metrics") / f"seeds_{name}.csv") as aside:
        table(runs).to_csv(aside, index=False)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set")
    parser.add_argument("seeds", type=int, nargs="+")
    parser.add_argument("--jobs", type=int, default=2, help="networks at the same time; each takes a core")
    given = parser.parse_args()
    try:
        main(given.set, given.seeds, given.jobs)
    except InputError as error:
        raise SystemExit(str(error)) from None
