"""How fast each stage is, beside a plain way to do the same and beside what the machine could do at most.

    python -m benchmarks.speed ped2
    python -m benchmarks.speed demo --steps score train

Needs the set as `make ped2` or `make run` leaves it. Writes metrics/speed_<set>.csv, with the steps that were asked for
anew, metrics/speed_<set>_memory.csv and metrics/speed_machine.csv. Each step runs in a process of its own; a rate is
that of the fastest round, a ratio the median of rounds in which both ways took turns, so that it holds on a machine
that does other things too.
"""

import argparse
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pandas as pd

from benchmarks.speed.measure import STEPS, grown, limits, measure
from stages.common.running.errors import InputError
from stages.common.running.files import written_whole

COLUMNS = ["part", "step", "unit", "rate", "baseline", "ratio", "limit", "share", "peak_mb"]


def in_own_process(function: Callable, *arguments: str) -> list[dict]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def write(file: Path, rows: list[dict]) -> None:
    with written_whole(file) as aside:
        pd.DataFrame(rows).to_csv(aside, index=False, float_format="%.4g")


def main(name: str, parts: list[str]) -> None:
    file = Path("metrics") / f"speed_{name}.csv"
    kept = pd.read_csv(file).to_dict("records") if file.exists() else []
    write(Path("metrics/speed_machine.csv"), in_own_process(limits))
    if "growth" in parts:
        write(Path("metrics") / f"speed_{name}_memory.csv", in_own_process(grown, name))
    for part in filter(STEPS.get, parts):
        rows = in_own_process(measure, name, part)
        kept = [row for row in kept if row["part"] != part] + rows
        kept.sort(key=lambda row: list(STEPS).index(row["part"]))
        write(file, [{column: row.get(column) for column in COLUMNS} for row in kept])
        for row in rows:
            ratio = f", {row['ratio']:.2f} times {row['baseline']}" if row.get("ratio") else ""
            print(f"{row['step']}: {row['rate']:.4g} {row['unit']}/s{ratio}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set")
    parser.add_argument("--steps", nargs="+", choices=[*STEPS, "growth"], default=[*STEPS, "growth"])
    options = parser.parse_args()
    try:
        main(options.set, options.steps)
    except InputError as error:
        raise SystemExit(str(error)) from None
