"""Figures for papers, as PNG and SVG, of the same bytes for the same scores."""

import math
import warnings
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stages.common.drawing.curve import thin
from stages.common.metrics.frame import roc
from stages.common.metrics.incidents import stretches

# Ids in an SVG are drawn from this in place of chance; letters are drawn as shapes, so that they look alike everywhere.
STYLE = {"svg.hashsalt": "oddreel", "svg.fonttype": "path", "font.size": 8, "axes.linewidth": 0.6}
CURVE, ALARM, LABEL = "#2f6690", "#c8322b", "#f3d3cf"
# Videos in one figure, and points of a curve: more than a printer shows.
PANELS, POINTS = 12, 2000


def save(figure: Figure, path: Path, kind: str) -> None:
    """As png or svg, without the day and the program that would be noted in it."""
    nothing = {"png": ["Software"], "svg": ["Date", "Creator"]}[kind]
    with matplotlib.rc_context(STYLE), warnings.catch_warnings():
        # Of the letters of a clip's name that the font lacks.
        warnings.filterwarnings("ignore", message="Glyph")
        figure.savefig(path, format=kind, dpi=150, metadata=dict.fromkeys(nothing))


def score_figures(
    frames: pd.DataFrame, labels: pd.DataFrame, seconds: dict, threshold: float, score_range: tuple[float, float]
) -> list[Figure]:
    """The score of each video over time, PANELS to a figure.

    Args:
        frames, labels: FRAME_SCORES of the videos, at least one; their LABELS. What was not recorded has no row.
        seconds: by video, when each frame begins and the last one ends, float (frames + 1,).
        threshold: infinite for none.
        score_range: lowest and highest score that there is room for.
    """
    videos = sorted(frames["video"].unique())
    scores = {video: np.full(len(seconds[video]) - 1, np.nan) for video in videos}
    marked = {video: np.zeros(len(seconds[video]) - 1, bool) for video in videos}
    for columns, table, name in ((scores, frames, "score"), (marked, labels, "anomalous")):
        for video, part in table.groupby("video"):
            columns[video][part["frame"]] = part[name]
    panels = [(video, scores[video], marked[video], seconds[video]) for video in videos]
    pages = [panels[at : at + PANELS] for at in range(0, len(panels), PANELS)]
    return [score_figure(page, threshold, score_range) for page in pages]


def score_figure(panels: list[tuple], threshold: float, score_range: tuple[float, float]) -> Figure:
    """A panel for each video, of its name, scores, labels and seconds."""
    with matplotlib.rc_context(STYLE):
        columns = min(2, len(panels))
        rows = -(-len(panels) // columns)
        figure = Figure(figsize=(3.4 * columns, 1.1 * rows + 0.35), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
        for axis in axes[len(panels) :]:
            axis.set_visible(False)
        for panel, axis in zip(panels, axes, strict=False):
            draw_panel(axis, panel, threshold)
            axis.set_ylim(*score_range)
        figure.supylabel("anomaly score", fontsize=8)
        figure.supxlabel("seconds", fontsize=8)
        return figure


def draw_panel(axis: Axes, panel: tuple, threshold: float) -> None:
    video, scores, anomalous, seconds = panel
    for first, last in stretches(anomalous):
        axis.axvspan(seconds[first], seconds[last + 1], color=LABEL, linewidth=0)
    if math.isfinite(threshold):
        axis.axhline(threshold, color=ALARM, linewidth=0.7, linestyle=(0, (4, 3)))
    begins = seconds[:-1]
    if len(scores) > POINTS:
        scores, begins = thin(scores, seconds, POINTS), np.linspace(seconds[0], seconds[-1], POINTS, endpoint=False)
    axis.plot(begins, scores, color=CURVE, linewidth=1)
    axis.set_xlim(seconds[0], seconds[-1])
    # A name with dollars is no formula.
    axis.set_title(video, fontsize=8, loc="left", pad=2, parse_math=False)
    axis.spines[["top", "right"]].set_visible(False)
    axis.tick_params(length=2, width=0.5)


def roc_figure(known: pd.DataFrame, area: float) -> Figure:
    """The ROC of frames of both classes, from their columns anomalous and score, and in words the area below it."""
    curve = roc(known["anomalous"], known["score"])
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(3.2, 3.2), layout="constrained")
        axis = figure.subplots()
        axis.plot([0, 1], [0, 1], color="#bbbbbb", linewidth=0.7)
        axis.plot(curve.false_positive_rate, curve.true_positive_rate, color=CURVE, linewidth=1.4)
        axis.set(xlim=(0, 1), ylim=(0, 1.005), aspect="equal")
        axis.set(xlabel="false positive rate", ylabel="true positive rate")
        axis.set_title(f"frames, AUC {100 * area:.1f} %", fontsize=8, loc="left")
        axis.spines[["top", "right"]].set_visible(False)
        return figure
