"""Draws the rows of an ablation as bars, for a paper.

    python -m benchmarks.bars metrics/ablation_ped2.csv ablation.png ablation.svg
    python -m benchmarks.bars metrics/ablation_ped2.csv ablation.svg --metrics micro_auc rbdc

The same table gives the same bytes.
"""

import argparse
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from stages.common.drawing.figures import STYLE, save
from stages.common.metrics.headline import METRICS
from stages.common.running.errors import InputError
from stages.common.running.files import written_whole

DRAWN = ["micro_auc", "rbdc", "tbdc"]
COLOURS = {"first": "#c8322b", "other": "#7fa6c4"}


def draw(table: pd.DataFrame, metrics: list[str]) -> Figure:
    """A panel of horizontal bars per metric, a bar per row; what the first row has is marked in all.

    Args:
        table: `row` and the metrics, 0 to 1.

    Raises:
        InputError: a metric that the table has not, or no row.
    """
    unknown = [metric for metric in metrics if metric not in table]
    if unknown or table.empty:
        problem = f"no column {unknown[0]!r}; there are {list(table.columns[1:])}" if unknown else "no row"
        raise InputError(problem)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(2 + 1.9 * len(metrics), 0.6 + 0.19 * len(table)), layout="constrained")
        axes = figure.subplots(1, len(metrics), sharey=True, squeeze=False)[0]
        places = np.arange(len(table))
        for metric, axis in zip(metrics, axes, strict=True):
            values = 100 * table[metric].to_numpy(float)
            colours = [COLOURS["first"], *[COLOURS["other"]] * (len(table) - 1)]
            axis.barh(places, values, color=colours, height=0.72)
            axis.axvline(values[0], color=COLOURS["first"], linewidth=0.6, linestyle=(0, (3, 3)), zorder=0)
            for place, value in zip(places, values, strict=True):
                if np.isfinite(value):
                    axis.text(value - 1, place, f"{value:.1f}", ha="right", va="center", color="white", fontsize=6)
            axis.set_xlim(0, 100)
            axis.set_title(METRICS.get(metric, metric) + ", %", fontsize=8, loc="left")
            axis.spines[["top", "right", "left"]].set_visible(False)
            axis.tick_params(axis="y", length=0)
            axis.tick_params(axis="x", length=2, width=0.5, labelsize=6)
        axes[0].set_yticks(places, table["row"], fontsize=7, parse_math=False)
        axes[0].set_ylim(len(table) - 0.4, -0.6)
    return figure


def main(source: Path, targets: list[Path], metrics: list[str]) -> None:
    if not source.exists():
        raise InputError(f"{source}: not found; `python -m benchmarks.ablation ped2` makes metrics/ablation_ped2.csv")
    try:
        figure = draw(pd.read_csv(source), metrics)
    except InputError as error:
        raise InputError(f"{source}: {error}") from None
    for target in targets:
        with written_whole(target) as aside:
            save(figure, aside, target.suffix[1:])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path)
    parser.add_argument("pictures", type=Path, nargs="+", help="to write: .png or .svg")
    parser.add_argument("--metrics", nargs="+", default=DRAWN)
    given = parser.parse_args()
    try:
        main(given.table, given.pictures, given.metrics)
    except InputError as error:
        raise SystemExit(str(error)) from None
