"""RBDC and TBDC against a reference that starts again at every threshold, and against cases counted by hand."""

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from stages.common.metrics.region import area, region_track_curve
from stages.common.tables.schemas import BOX
from stages.common.tables.track_files import read_folder

SHANGHAITECH = Path(__file__).parents[3] / "shared/data/tracks/shanghaitech"
DETECTION = ["video", "frame", *BOX, "score"]
REGION = ["video", "track", "frame", *BOX]

videos, places = st.sampled_from("ab"), st.integers(0, 2)
boxes = st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(1, 6), st.integers(1, 6)).map(
    lambda box: (box[0], box[1], box[0] + box[2], box[1] + box[3])
)
detection_rows = st.lists(st.tuples(videos, places, boxes, st.integers(0, 3)), max_size=25)
region_rows = st.lists(st.tuples(videos, st.integers(0, 2), places, boxes), min_size=1, max_size=12)
relaxed = settings(deadline=None)


def detection_table(rows):
    return pd.DataFrame([(video, frame, *box, score) for video, frame, box, score in rows], columns=DETECTION)


def region_table(rows):
    return pd.DataFrame([(video, track, frame, *box) for video, track, frame, box in rows], columns=REGION)


def pixels(box):
    return set(product(range(box[0], box[2]), range(box[1], box[3])))


def finds(detection, region, beta):
    """A detection row and a region row that share a frame, compared pixel by pixel."""
    if (detection[0], detection[1]) != (region[0], region[2]):
        return False
    first, second = pixels(detection[2]), pixels(region[3])
    return len(first & second) / len(first | second) >= beta


def slow_point(taken, regions, frames, alpha, beta):
    """Rates with the detections of `taken`, counted from nothing."""
    false = sum(not any(finds(d, r, beta) for r in regions) for d in taken)
    found = [any(finds(d, r, beta) for d in taken) for r in regions]
    tracks = {}
    for (video, track, _, _), hit in zip(regions, found, strict=True):
        tracks.setdefault((video, track), []).append(hit)
    return false / frames, np.mean(found), np.mean([np.mean(hits) >= alpha for hits in tracks.values()])


def slow_areas(detections, regions, frames, alpha, beta):
    order = sorted(detections, key=lambda d: (-d[3], *d[:3]))
    points = [slow_point(order[:count], regions, frames, alpha, beta) for count in range(len(order) + 1)]
    points = [point for point in points if point[0] <= 1]
    points.append((1, *points[-1][1:]))
    sides = list(zip(points, points[1:], strict=False))
    return [sum((q[0] - p[0]) * (p[kind] + q[kind]) / 2 for p, q in sides) for kind in (1, 2)]


@relaxed
@given(detection_rows, region_rows, st.integers(6, 9), st.sampled_from([0.1, 0.5, 1]), st.sampled_from([0.1, 0.3, 1]))
def test_areas_are_those_of_counting_again_at_every_threshold(detections, regions, frames, alpha, beta):
    curve = region_track_curve(detection_table(detections), region_table(regions), frames, alpha, beta)
    assert_allclose(area(curve), slow_areas(detections, regions, frames, alpha, beta), atol=1e-12)
    assert curve.false_positive_rate[0] == 0 and curve.false_positive_rate[-1] == 1
    for rates in curve:
        assert (np.diff(rates) >= 0).all() and rates.min() >= 0 and rates.max() <= 1


@settings(deadline=None, max_examples=40)
@given(detection_rows, region_rows, st.randoms(use_true_random=False))
def test_order_of_rows_scale_of_scores_and_names_make_no_difference(detections, regions, random):
    expected = area(region_track_curve(detection_table(detections), region_table(regions), 9))
    random.shuffle(detections)
    random.shuffle(regions)
    tables = detection_table(detections), region_table(regions)
    assert area(region_track_curve(*tables, 9)) == expected
    name = {"a": 3, "b": 12}  # in the order of the names, which only equal scores look at
    found, truth = (table.assign(video=table["video"].map(name)) for table in tables)
    found["score"] = 5 * np.exp(found["score"].astype(float)) - 100
    assert area(region_track_curve(found, truth.assign(track=truth["track"].map("t{}".format)), 9)) == expected


def tbdc(detections, regions, frames, alpha=0.1):
    return area(region_track_curve(detections, regions, frames, alpha)).tbdc


ONE = region_table([("a", 0, 0, (0, 0, 10, 10))])


def scored(*rows):
    return area(region_track_curve(detection_table(rows), ONE, frames=4))


def test_perfect_detections_give_one():
    regions = region_table([(v, t, f, (10 * t, 0, 10 * t + 5, 5)) for v in "ab" for t in range(2) for f in range(5)])
    assert area(region_track_curve(regions.assign(score=1.0), regions, frames=10)) == (1, 1)


def test_one_detection_in_all_videos():
    regions = region_table([("a", 0, f, (0, 0, 5, 5)) for f in range(10)] + [("b", 0, 0, (0, 0, 5, 5))])
    one = detection_table([("a", 3, (0, 0, 5, 5), 0.5)])
    assert area(region_track_curve(one, regions, frames=20)) == pytest.approx((1 / 11, 1 / 2))


def test_no_detections_give_zero_and_no_regions_nan():
    assert scored() == (0, 0)
    for detections in (detection_table([]), detection_table([("a", 0, (0, 0, 1, 1), 0.5)])):
        curve = region_track_curve(detections, ONE.head(0), frames=4)
        assert_array_equal(area(curve), [np.nan, np.nan])
        assert np.isnan(curve.region_detection_rate).all() and np.isnan(curve.track_detection_rate).all()


def test_a_region_found_twice_costs_nothing():
    box = (0, 0, 10, 10)
    assert scored(("a", 0, box, 3), ("a", 0, box, 2), ("a", 0, (1, 1, 10, 10), 1)) == (1, 1)


def test_detections_on_frames_without_regions_are_false_positives():
    curve = region_track_curve(
        detection_table([("a", 1, (0, 0, 10, 10), 3), ("b", 0, (0, 0, 10, 10), 2), ("a", 0, (0, 0, 10, 10), 1)]), ONE, 4
    )
    assert curve.false_positive_rate.tolist() == [0, 0.25, 0.5, 0.5, 1]
    assert curve.region_detection_rate.tolist() == [0, 0, 0, 1, 1]


def test_one_box_finds_several_regions():
    regions = region_table([("a", t, 0, (5 * t, 0, 5 * t + 5, 10)) for t in range(3)])
    over_all = detection_table([("a", 0, (0, 0, 15, 10), 1)])
    assert area(region_track_curve(over_all, regions, 4)) == (1, 1)


def test_a_bad_box_with_a_better_one_behind_it_delays_the_region():
    """The false positive comes first: the rate rises from 0 at 1/4 to 1 on the vertical there."""
    assert scored(("a", 0, (50, 50, 60, 60), 2), ("a", 0, (0, 0, 10, 10), 1)) == (0.75, 0.75)


def test_equal_scores_are_taken_by_video_frame_and_box():
    hit, miss_before, miss_after = (0, 0, 10, 10), (-60, 0, -50, 10), (50, 0, 60, 10)
    assert scored(("a", 0, hit, 1), ("a", 0, miss_after, 1)) == (1, 1)
    assert scored(("a", 0, hit, 1), ("a", 0, miss_before, 1)) == (0.75, 0.75)
    assert scored(("a", 0, hit, 1), ("a", 1, miss_before, 1), ("b", 0, miss_before, 1)) == (1, 1)


@pytest.mark.parametrize("width, found", [(10, True), (9, False)])
def test_overlap_of_exactly_beta_is_enough(width, found):
    regions = region_table([("a", 0, 0, (0, 0, 100, 1))])
    assert area(region_track_curve(detection_table([("a", 0, (0, 0, width, 1), 1)]), regions, 1)).rbdc == found


@pytest.mark.parametrize("alpha, length, enough", [(0.1, 10, 1), (0.1, 11, 2), (0.1, 70, 7), (0.07, 100, 7)])
def test_a_track_needs_exactly_the_share_alpha_of_its_regions(alpha, length, enough):
    """0.07 * 100 is a little more than 7 in floating point: seven regions of a hundred have to be enough."""
    regions = region_table([("a", 0, f, (0, 0, 5, 5)) for f in range(length)])
    found = regions.head(enough).assign(score=1)
    assert tbdc(found, regions, length, alpha) == 1
    assert tbdc(found.iloc[1:], regions, length, alpha) == 0


def test_points_beyond_one_false_positive_per_frame_are_dropped():
    misses = [("a", 1, (50 + i, 50, 60 + i, 60), 9 - i) for i in range(5)]
    hit = ("a", 0, (0, 0, 10, 10), 0)
    for before, expected in ((4, 1.0), (5, 0.0)):  # found at a rate of exactly 1, and beyond it
        curve = region_track_curve(detection_table([*misses[:before], hit]), ONE, frames=4)
        assert curve.false_positive_rate[-1] == 1
        assert curve.region_detection_rate[-1] == expected
        assert area(curve) == (0, 0)


def test_no_interpolation_where_the_curve_is_cut():
    """Two misses and a hit in three frames: the flat end starts at 2/3, at the last rate kept."""
    rows = [("a", 0, (0, 0, 10, 10), 1), ("b", 0, (0, 0, 10, 10), 3), ("b", 0, (1, 0, 10, 10), 2)]
    curve = region_track_curve(detection_table(rows), ONE, frames=3)
    assert_allclose(curve.false_positive_rate, [0, 1 / 3, 2 / 3, 2 / 3, 1])
    assert_allclose(area(curve), [1 / 3, 1 / 3])


def test_tracks_of_one_number_in_two_videos_are_two():
    regions = region_table([("a", 0, 0, (0, 0, 5, 5)), ("b", 0, 0, (0, 0, 5, 5))])
    assert tbdc(regions.head(1).assign(score=1), regions, 2) == 0.5


def test_narrow_column_types_do_not_wrap_around():
    regions = region_table([(v, 0, f, (0, 0, 5, 5)) for v in "abc" for f in (0, 255)]).astype({"frame": "uint8"})
    in_one_video = regions.head(2).assign(score=np.float32(1))
    assert area(region_track_curve(in_one_video, regions, 6)) == pytest.approx((1 / 3, 1 / 3))


HIT = detection_table([("a", 0, (0, 0, 10, 10), 1.0)])


@pytest.mark.parametrize(
    "change, message",
    [
        ({"score": np.nan}, "detections: expected finite scores, got nan"),
        ({"frame": 1}, "frames: expected the number of all test frames, got 1, but 2 frames hold boxes"),
    ],
)
def test_inputs_that_cannot_be_meant_are_refused(change, message):
    with pytest.raises(ValueError) as error:
        region_track_curve(HIT.assign(**change), ONE, 1)
    assert str(error.value) == message


@pytest.mark.skipif(not SHANGHAITECH.is_dir(), reason=f"ShanghaiTech's tracks are not in {SHANGHAITECH}")
def test_tracks_of_shanghaitech():
    regions = read_folder(SHANGHAITECH)
    assert (regions["video"].nunique(), len(regions)) == (107, 18_937)
    assert len(regions[["video", "track"]].drop_duplicates()) == 158
    perfect = regions.assign(score=np.random.default_rng(0).random(len(regions)))
    assert area(region_track_curve(perfect, regions, frames=40_791)) == (1, 1)
    away = perfect.assign(x1=perfect["x1"] + 1000, x2=perfect["x2"] + 1000)
    assert area(region_track_curve(away, regions, frames=40_791)) == (0, 0)
    behind = pd.concat([perfect, away.head(10_000).assign(score=2.0)])  # about a quarter false alarm a frame first
    assert_allclose(area(region_track_curve(behind, regions, frames=40_791)), 1 - 10_000 / 40_791)
