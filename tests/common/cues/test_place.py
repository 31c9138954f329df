import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stages.common.cues.place import NEAREST, of_boxes

NONE = np.zeros((0, 4))


def drawn(count, seed=0, left=0.0):
    """Boxes of people, float (count, 4), who stand within 200 pixels to the right of `left`."""
    random = np.random.default_rng(seed)
    corner, size = (
        random.uniform([left, 0], [left + 200, 200], (count, 2)),
        random.uniform([8, 20], [20, 50], (count, 2)),
    )
    return np.concatenate([corner, corner + size], axis=1)


def slow_distance(box, normal):
    """Word by word."""
    unit = float(np.median([y2 - y1 for _, y1, _, y2 in normal]))

    def place(x1, y1, x2, y2):
        return (x1 + x2) / 2 / unit, y2 / unit, math.log(y2 - y1)

    nearest = sorted(math.dist(place(*box), place(*each)) for each in normal)[:NEAREST]
    return math.sqrt(sum(nearest) / len(nearest))


def test_nothing_in_nothing_out():
    assert of_boxes(NONE, drawn(9)).shape == (0,) and of_boxes(NONE, NONE).shape == (0,)
    assert np.isnan(of_boxes(drawn(3), NONE)).all()


@given(st.integers(0, 50), st.integers(1, 60))
def test_distances_are_the_mean_of_those_from_the_nearest(seed, count):
    boxes, normal = drawn(5, seed + 1), drawn(count, seed)
    found = of_boxes(boxes, normal)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [slow_distance(box, normal) for box in boxes], rtol=1e-5)


@given(st.integers(0, 50), st.floats(2, 20))
def test_a_larger_picture_of_the_same_says_the_same(seed, scale):
    boxes, normal = drawn(5, seed + 1), drawn(40, seed)
    np.testing.assert_allclose(of_boxes(scale * boxes, scale * normal), of_boxes(boxes, normal), rtol=1e-4)


def test_who_is_where_nobody_goes_or_too_tall_for_the_place_is_far():
    """People become taller to the right; nobody walks in the lower half."""
    random = np.random.default_rng(0)
    x = random.uniform(0, 300, 400)
    foot, height = random.uniform(90, 110, 400), 20 + x / 10
    normal = np.column_stack([x - 5, foot - height, x + 5, foot])
    here, elsewhere, giant = np.array([[145, 65, 155, 100], [145, 165, 155, 200], [5, 55, 15, 100]], float)
    near, far, tall = of_boxes(np.array([here, elsewhere, giant]), normal)
    assert far > 2 * near and tall > 1.7 * near
