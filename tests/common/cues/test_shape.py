import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.common.cues.shape import LEAST_DEVIATION, NEAREST, of_boxes

NONE = np.zeros((0, 4))


def drawn(count, seed=0):
    """Boxes of people, float (count, 4)."""
    random = np.random.default_rng(seed)
    corner, size = random.uniform(0, 200, (count, 2)), random.uniform([8, 20], [20, 50], (count, 2))
    return np.concatenate([corner, corner + size], axis=1)


def walker(width=12.0, height=30.0):
    return [50.0, 100.0 - height, 50.0 + width, 100.0]


def slow_distance(box, normal):
    """Word by word."""

    def shape(x1, y1, x2, y2):
        return math.log(x2 - x1), math.log(y2 - y1)

    columns = list(zip(*(shape(*each) for each in normal), strict=True))
    units = [max(float(np.std(column)), LEAST_DEVIATION) for column in columns]
    distances = []
    for each in normal:
        apart = [(a - b) / unit for a, b, unit in zip(shape(*box), shape(*each), units, strict=True)]
        distances.append(math.sqrt(sum(part**2 for part in apart)))
    nearest = sorted(distances)[:NEAREST]
    return sum(nearest) / len(nearest)


def test_nothing_in_nothing_out():
    assert of_boxes(NONE, drawn(9)).shape == (0,) and of_boxes(NONE, NONE).shape == (0,)


def test_without_training_boxes_nothing_is_known():
    assert np.isnan(of_boxes(drawn(3), NONE)).all()


@given(st.integers(0, 50), st.integers(1, 60))
def test_distances_are_the_mean_of_those_from_the_nearest(seed, count):
    boxes, normal = drawn(5, seed + 1), drawn(count, seed)
    expected = [slow_distance(box, normal) for box in boxes]
    found = of_boxes(boxes, normal)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@given(st.integers(0, 50), st.floats(2, 20))
def test_a_larger_picture_of_the_same_says_the_same(seed, scale):
    boxes, normal = drawn(5, seed + 1), drawn(40, seed)
    np.testing.assert_allclose(of_boxes(scale * boxes, scale * normal), of_boxes(boxes, normal), rtol=1e-4)


def test_where_it_is_does_not_matter():
    boxes, normal = drawn(5, 1), drawn(40)
    moved = boxes + [70, -8, 70, -8]
    np.testing.assert_allclose(of_boxes(moved, normal), of_boxes(boxes, normal), rtol=1e-5)


@pytest.mark.parametrize(
    "other",
    [walker(width=30), walker(width=3), walker(height=60), walker(height=12), walker(width=30, height=12)],
    ids=["wide", "narrow", "high", "low", "lying"],
)
def test_who_is_of_another_shape_than_walkers_is_far_from_them(other):
    random = np.random.default_rng(0)
    normal = [walker(12 * random.uniform(0.9, 1.1), 30 * random.uniform(0.9, 1.1)) for _ in range(60)]
    one_more, unlike = of_boxes(np.array([walker(), other]), np.array(normal))
    assert unlike > 3 * one_more


@pytest.mark.parametrize("count", [1, 5])
def test_equal_training_boxes_still_tell_what_is_far(count):
    same, wide = of_boxes(np.array([walker(), walker(width=24)]), np.repeat([walker()], count, axis=0))
    assert same == 0 and np.isfinite(wide) and wide > 1
