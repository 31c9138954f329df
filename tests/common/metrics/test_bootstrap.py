"""Metrics of drawn videos against the metrics of tables in which those videos really stand several times."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from stages.common.metrics import bootstrap
from stages.common.metrics import frame as frame_metrics
from stages.common.metrics import region as region_metrics
from stages.common.tables.schemas import BOX

frame = st.tuples(st.booleans(), st.integers(-3, 3), st.sampled_from("abc"))
weights = st.lists(st.integers(0, 3), min_size=3, max_size=3)
relaxed = settings(deadline=None)


def repeated(table, weights):
    """The rows of each video as often as its weight says, under a name of their own each time."""
    copies = [
        table[table["video"] == video].assign(video=f"{video}{copy}")
        for video, weight in zip("abc", weights, strict=True)
        for copy in range(weight)
    ]
    return pd.concat([table[:0], *copies], ignore_index=True)


@relaxed
@given(st.lists(frame, max_size=25), weights)
def test_frame_metrics_of_a_drawing_are_those_of_its_frames(frames, weights):
    # Each video has a frame, so that each has its weight.
    rows = [*frames, *((False, 0, video) for video in "abc")]
    table = pd.DataFrame(rows, columns=["label", "score", "video"])
    drawn, one = repeated(table, weights), np.array([weights])
    columns = [table["label"].astype(bool), table["score"], table["video"]]
    drawn_columns = [drawn["label"].astype(bool), drawn["score"], drawn["video"]]
    assert_allclose(bootstrap.micro_auc(*columns, one)[0], frame_metrics.micro_auc(*drawn_columns[:2]))
    for policy in ("pad", "mixed"):
        expected = frame_metrics.macro_auc(*drawn_columns, policy)
        assert_allclose(bootstrap.macro_auc(*columns, one, policy)[0], expected)


@relaxed
@given(st.integers(0, 2**32 - 1), weights.filter(any))
def test_areas_of_a_drawing_are_those_of_its_boxes(seed, weights):
    random = np.random.default_rng(seed)

    def boxes(count):
        corner = random.integers(0, 8, (count, 2))
        sides = np.column_stack([corner, corner + random.integers(1, 8, (count, 2))])
        table = pd.DataFrame(sides, columns=BOX)
        return table.assign(video=random.choice(list("abc"), count), frame=random.integers(0, 4, count))

    detections = boxes(random.integers(0, 20)).assign(score=lambda t: random.permutation(len(t)))
    regions = boxes(random.integers(0, 8)).assign(track=lambda t: random.integers(0, 2, len(t)))
    # So many that false positives never outnumber them: what is cut off there depends on the steps.
    frames = pd.Series({"a": 30, "b": 35, "c": 40})
    total = int((frames.to_numpy() * weights).sum())
    areas = bootstrap.region_track_areas(detections, regions, frames, np.array([weights]))
    drawn = region_metrics.region_track_curve(repeated(detections, weights), repeated(regions, weights), total)
    assert_allclose(np.ravel(areas), region_metrics.area(drawn), atol=1e-12)


def test_every_video_once_is_the_metric_itself():
    random = np.random.default_rng(0)
    labels, scores, videos = random.random(60) < 0.4, random.normal(size=60), np.repeat(list("abcdef"), 10)
    once = np.ones((1, 6), int)
    assert_allclose(bootstrap.micro_auc(labels, scores, videos, once), frame_metrics.micro_auc(labels, scores))


def test_a_drawing_without_a_class_or_a_region_has_no_value():
    labels, scores, videos = [1, 0], [1.0, 0.0], ["a", "b"]
    weights = np.array([[2, 0], [0, 2], [1, 1]])
    assert_allclose(bootstrap.micro_auc(labels, scores, videos, weights), [np.nan, np.nan, 1])
    regions = pd.DataFrame({"video": ["a"], "track": 0, "frame": 0, "x1": 0, "y1": 0, "x2": 2, "y2": 2})
    areas = bootstrap.region_track_areas(regions.assign(score=1.0), regions, pd.Series({"a": 1, "b": 1}), weights)
    assert_allclose(areas, [[1, np.nan, 1]] * 2)


def test_drawings_draw_as_many_videos_as_there_are_and_the_same_ones_each_time():
    drawn = bootstrap.drawings(7, 200)
    assert drawn.shape == (200, 7) and (drawn.sum(axis=1) == 7).all() and len(np.unique(drawn, axis=0)) > 100
    assert (drawn == bootstrap.drawings(7, 200)).all()


@pytest.mark.parametrize("videos", [0, 1])
def test_fewer_than_two_videos_give_no_drawings_and_no_interval(videos):
    drawn = bootstrap.drawings(videos)
    assert drawn.shape == (0, videos)
    names = ["a"] * videos
    assert len(bootstrap.micro_auc([True] * videos, [1.0] * videos, names, drawn)) == 0
    nothing = pd.DataFrame(columns=["video", "track", "frame", *BOX, "score"])
    areas = bootstrap.region_track_areas(nothing, nothing, pd.Series(3, index=names, dtype=int), drawn)
    assert [len(values) for values in areas] == [0, 0] and np.isnan(bootstrap.interval(areas[0])).all()


def test_boxes_of_a_video_that_is_not_known_are_refused():
    regions = pd.DataFrame({"video": ["z"], "track": 0, "frame": 0, "x1": 0, "y1": 0, "x2": 2, "y2": 2})
    with pytest.raises(ValueError, match="frames_of: expected every video with boxes, 'z' is missing"):
        bootstrap.region_track_areas(regions.assign(score=1.0), regions, pd.Series({"a": 1}), np.ones((2, 1), int))


def test_the_interval_of_a_mean_is_that_of_its_standard_error():
    """Of many videos whose AUCs vary by chance, the interval is two standard errors to either side."""
    random = np.random.default_rng(1)
    aucs = random.uniform(0, 1, 400)
    low, high = bootstrap.interval(bootstrap.drawings(400) @ aucs / 400)
    assert_allclose((high - low) / 2, 1.96 * aucs.std() / 20, rtol=0.1)


@pytest.mark.parametrize("values", [[], [np.nan, np.nan]])
def test_the_interval_of_nothing_is_unknown(values):
    assert np.isnan(bootstrap.interval(np.array(values))).all()
