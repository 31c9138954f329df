"""How much a set's metrics depend on the network's seed: mean and deviation over several.

    python -m benchmarks.seeds ped2 0 1 2

trains one network per seed beside the set, scores and measures each by the set's own settings, and writes the mean and
the deviation (of a sample) of every metric into metrics/seeds_ped2.json. Needs `make ped2`;
what is done stays in .work/ablation.
"""

import argparse
from pathlib import Path

import numpy as np

from benchmarks.ablation import measured, nested, scored
from stages.common.errors import InputError
from stages.common.files import save_json


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


def main(name: str, seeds: list[int]) -> None:
    if len(set(seeds)) < len(seeds):
        raise InputError(f"seeds {seeds}: expected different ones")
    runs = []
    for seed in seeds:
        runs.append(measured(name, {}, scored(name, nested({"train.seed": seed}))))
        print(f"seed {seed}:", *(f"{key} {value}" for key, value in runs[-1].items() if isinstance(value, float)))
    save_json(Path("metrics") / f"seeds_{name}.json", {"seeds": seeds, **spread(runs)})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set")
    parser.add_argument("seeds", type=int, nargs="+")
    given = parser.parse_args()
    try:
        main(given.set, given.seeds)
    except InputError as error:
        raise SystemExit(str(error)) from None
