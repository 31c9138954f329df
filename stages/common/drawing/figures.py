"""Figures for papers, as PNG and SVG, of the same bytes for the same scores."""

import math
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from stages.common.metrics.frame import roc
from stages.report.faults import runs

# Ids in an SVG are drawn from this in place of chance; letters are drawn as shapes, so that they look alike everywhere.
STYLE = {"svg.hashsalt": "oddreel", "svg.fonttype": "path", "font.size": 8, "axes.linewidth": 0.6}
CURVE, ALARM, LABEL = "#2f6690", "#c8322b", "#f3d3cf"
KINDS = ("png", "svg")
# Videos in one figure.
PANELS = 12


def save(figure: Figure, path: Path, kind: str) -> None:
    """As png or svg, without the day and the program that would be noted in it."""
    nothing = {"png": ["Software"], "svg": ["Date", "Creator"]}[kind]
    with matplotlib.rc_context(STYLE):
        figure.savefig(path, format=kind, dpi=150, metadata=dict.fromkeys(nothing))


def draw_scores(
    folder: Path,
    frames: pd.DataFrame,
    labels: pd.DataFrame,
    seconds: dict[str, np.ndarray],
    least: float,
    span: tuple[float, float],
) -> list[str]:
    """The score of each test video over time, PANELS to a figure; the names of the figures.

    Args:
        frames: FRAME_SCORES of the test clips.
        labels: LABELS.
        seconds: by video, when each frame begins and the last one ends, float (frames + 1,).
        least: the threshold; infinite for none.
        span: lowest and highest score that there is room for.
    """
    videos = sorted(frames["video"].unique())
    names = []
    with matplotlib.rc_context(STYLE):
        for page, start in enumerate(range(0, len(videos), PANELS), 1):
            own = videos[start : start + PANELS]
            columns = min(2, len(own))
            rows = -(-len(own) // columns)
            figure = Figure(figsize=(3.4 * columns, 1.1 * rows + 0.35), layout="constrained")
            axes = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
            for place, axis in enumerate(axes):
                axis.set_visible(place < len(own))
            for video, axis in zip(own, axes, strict=False):
                draw_one(axis, video, frames, labels, seconds[video], least)
                axis.set_ylim(*span)
            figure.supylabel("anomaly score", fontsize=8)
            figure.supxlabel("seconds", fontsize=8)
            names.append(f"scores_{page}")
            for kind in KINDS:
                save(figure, folder / f"{names[-1]}.{kind}", kind)
    return names


def draw_one(axis, video: str, frames: pd.DataFrame, labels: pd.DataFrame, seconds: np.ndarray, least: float) -> None:
    score = frames[frames["video"] == video].sort_values("frame")["score"].to_numpy()
    known = labels[labels["video"] == video].sort_values("frame")
    for first, last in runs(known["anomalous"].to_numpy(bool)):
        axis.axvspan(seconds[first], seconds[last + 1], color=LABEL, linewidth=0)
    if math.isfinite(least):
        axis.axhline(least, color=ALARM, linewidth=0.7, linestyle=(0, (4, 3)))
    axis.plot(seconds[:-1], score, color=CURVE, linewidth=1)
    axis.set_xlim(seconds[0], seconds[-1])
    # A name with dollars is no formula.
    axis.set_title(video, fontsize=8, loc="left", pad=2, parse_math=False)
    axis.spines[["top", "right"]].set_visible(False)
    axis.tick_params(length=2, width=0.5)


def draw_roc(folder: Path, known: pd.DataFrame, area: float) -> None:
    """The ROC of frames of both classes.

    Args:
        known: anomalous and score of the labelled frames.
        area: below the curve.
    """
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
        for kind in KINDS:
            save(figure, folder / f"roc.{kind}", kind)


def score_span(scores: np.ndarray, least: float) -> tuple[float, float]:
    """Lowest and highest of the scores and the threshold, with some room above."""
    values = np.append(scores, least) if math.isfinite(least) else scores
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    return low, high + max(0.05 * (high - low), 1e-6)
