"""Figures: there for any number of videos, and of the same bytes for the same scores."""

import math

import numpy as np
import pandas as pd
import pytest
from helpers import tree

from stages.common.drawing.figures import PANELS, draw_roc, draw_scores, score_span


def scores_of(videos: list[str]) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    rows = [pd.DataFrame({"video": video, "frame": np.arange(20), "score": np.sin(np.arange(20))}) for video in videos]
    return pd.concat(rows, ignore_index=True), {video: np.arange(21) / 10 for video in videos}


@pytest.mark.parametrize("count, pages", [(1, 1), (PANELS + 1, 2)])
def test_every_video_is_in_a_figure(tmp_path, count, pages):
    frames, seconds = scores_of([f"v{number:03}" for number in range(count)])
    labels = frames.assign(anomalous=frames["frame"] > 15)
    names = draw_scores(tmp_path, frames, labels, seconds, 0.5, (-1, 1))
    assert names == [f"scores_{page}" for page in range(1, pages + 1)]
    assert set(tree(tmp_path)) == {f"{name}.{kind}" for name in names for kind in ("png", "svg")}


def test_the_same_scores_give_the_same_bytes_with_no_day_in_them(tmp_path):
    frames, seconds = scores_of(["a $x$ & <b>", "c"])
    labels = frames.assign(anomalous=frames["frame"] > 15)
    made = []
    for folder in (tmp_path / "one", tmp_path / "other"):
        folder.mkdir()
        draw_scores(folder, frames, labels[:0], seconds, math.inf, (-1, 1))
        draw_roc(folder, labels, 0.7)
        made.append(tree(folder))
    assert made[0] == made[1] and len(made[0]) == 4
    assert all(b"dc:date" not in content and b"Matplotlib" not in content for content in made[0].values())


def test_the_span_has_room_for_scores_and_threshold():
    assert score_span(np.array([]), math.inf) == pytest.approx((0, 1.05))
    low, high = score_span(np.array([-1.0, 2.0]), 4.0)
    assert low == -1 and high > 4
    low, high = score_span(np.array([3.0]), math.inf)
    assert low == 3 and high > 3
