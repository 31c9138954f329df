"""Figures: there for any number of videos, right side up, and of the same bytes for the same scores."""

import math

import numpy as np
import pandas as pd
import pytest
from helpers import tree
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb

from stages.common.drawing.figures import ALARM, CURVE, LABEL, PANELS, POINTS, roc_figure, save, score_figures


def scores_of(videos: list[str], count: int = 20) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    times = np.arange(count)
    rows = [pd.DataFrame({"video": video, "frame": times, "score": np.sin(times)}) for video in videos]
    return pd.concat(rows, ignore_index=True), {video: np.arange(count + 1) / 10 for video in videos}


def pixels(figure, panel: int = 0):
    """A function from a place in the data of a panel to its colour, red, green, blue in 0 to 1."""
    figure.dpi = 600
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    picture, axis = np.asarray(canvas.buffer_rgba()), figure.axes[panel]

    def at(x: float, y: float) -> tuple[float, float, float]:
        column, row = axis.transData.transform((x, y))
        return tuple(picture[len(picture) - 1 - int(row), int(column), :3] / 255)

    return at


def near(colour: str):
    return pytest.approx(to_rgb(colour), abs=0.25)


WHITE = pytest.approx((1, 1, 1), abs=0.01)


@pytest.mark.parametrize("count, pages", [(1, 1), (PANELS + 1, 2)])
def test_every_video_has_a_panel(count, pages):
    videos = [f"v{number:03}" for number in range(count)]
    frames, seconds = scores_of(videos)
    figures = score_figures(frames, frames.assign(anomalous=frames["frame"] > 15), seconds, 0.5, (-1, 1))
    assert len(figures) == pages
    shown = [axis.get_title(loc="left") for figure in figures for axis in figure.axes if axis.get_visible()]
    assert shown == videos


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_a_name_in_letters_that_the_font_lacks_is_drawn_without_a_word(tmp_path, recwarn, kind):
    frames, seconds = scores_of(["大门 😀\t$x_{$"])
    save(score_figures(frames, frames.assign(anomalous=False), seconds, 0.5, (-1, 1))[0], tmp_path / "a", kind)
    assert not recwarn.list and (tmp_path / "a").stat().st_size > 1000


def test_a_panel_has_its_scores_its_threshold_and_what_is_labelled_where_they_are():
    frames, seconds = scores_of(["a"])
    frames["score"] = np.where(frames["frame"] < 10, 0.0, 8.0)
    labels = frames.assign(anomalous=frames["frame"].between(5, 7))
    at = pixels(score_figures(frames, labels, seconds, 6.0, (-1, 10))[0])
    assert at(0.3, 0.0) == near(CURVE) and at(1.5, 8.0) == near(CURVE)
    assert at(0.3, 8.0) == WHITE and at(1.5, 0.0) == WHITE
    assert at(0.65, 9.0) == near(LABEL) and at(0.65, -0.5) == near(LABEL)
    assert at(0.4, 9.0) == WHITE and at(0.85, 9.0) == WHITE
    dashes = [at(x, 6.0) == near(ALARM) for x in np.linspace(1.2, 1.8, 60)]
    assert 0.2 < np.mean(dashes) < 0.9
    assert not any(at(x, 3.0) == near(ALARM) for x in np.linspace(1.2, 1.8, 60))


def test_a_long_video_has_no_more_points_than_are_seen_and_keeps_its_peak():
    frames, seconds = scores_of(["a"], count=9 * POINTS)
    frames.loc[12_345, "score"] = 50.0
    (line,) = score_figures(frames, frames[:0].assign(anomalous=False), seconds, math.inf, (-1, 60))[0].axes[0].lines
    assert len(line.get_xdata()) == POINTS
    peak = np.argmax(line.get_ydata())
    assert line.get_ydata()[peak] == 50 and line.get_xdata()[peak] == pytest.approx(1234.5, abs=1)


def test_nothing_is_drawn_where_nothing_was_recorded():
    frames, seconds = scores_of(["a"], count=40)
    frames["score"] = 5.0
    recorded = frames[~frames["frame"].between(10, 29)]
    at = pixels(score_figures(recorded, frames[:0].assign(anomalous=False), seconds, math.inf, (0, 10))[0])
    assert at(0.5, 5.0) == near(CURVE) and at(3.5, 5.0) == near(CURVE) and at(2.0, 5.0) == WHITE


def test_a_long_video_with_a_gap_keeps_the_peak_at_its_edge():
    frames, seconds = scores_of(["a"], count=9 * POINTS)
    frames.loc[12_345, "score"] = 50.0
    recorded = frames[~frames["frame"].between(12_346, 15_000)]
    (line,) = score_figures(recorded, frames[:0].assign(anomalous=False), seconds, math.inf, (-1, 60))[0].axes[0].lines
    assert np.nanmax(line.get_ydata()) == 50 and np.isnan(line.get_ydata()).sum() == pytest.approx(2655 / 9, abs=2)


def test_a_roc_goes_by_the_upper_left():
    # Nine of ten that are anomalous score above all that is not, and one in the midst of it.
    ranked = [True] * 9 + [False] * 5 + [True] + [False] * 5
    known = pd.DataFrame({"anomalous": ranked, "score": np.arange(20.0)[::-1]})
    figure = roc_figure(known, 0.9)
    axis = figure.axes[0]
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("false positive rate", "true positive rate")
    at = pixels(figure)
    assert at(0.25, 0.9) == near(CURVE) and at(0.5, 0.95) == near(CURVE)
    assert at(0.9, 0.25) == WHITE and at(0.95, 0.5) == WHITE


def test_the_same_scores_give_the_same_bytes_with_no_day_in_them(tmp_path):
    frames, seconds = scores_of(["a $x$ & <b>", "c"])
    labels = frames.assign(anomalous=frames["frame"] > 15)
    found = []
    for folder in (tmp_path / "one", tmp_path / "other"):
        folder.mkdir()
        (figure,) = score_figures(frames, labels[:0], seconds, math.inf, (-1, 1))
        for kind in ("png", "svg"):
            save(figure, folder / f"scores.{kind}", kind)
            save(roc_figure(labels, 0.7), folder / f"roc.{kind}", kind)
        found.append(tree(folder))
    assert found[0] == found[1] and len(found[0]) == 4
    assert all(b"dc:date" not in content and b"Matplotlib" not in content for content in found[0].values())
