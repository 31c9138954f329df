"""How far objects are from the nearest of the training clips."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.common.tables import BOX
from stages.fuse.nearest import LEAST_DEVIATION, NEAREST, motion_of, nearest_distances, shape_of


def drawn(count, seed=0):
    """People who walk either way, at a twentieth of their height per frame."""
    random = np.random.default_rng(seed)
    corner, size = random.uniform(0, 200, (count, 2)), random.uniform([8, 20], [20, 50], (count, 2))
    objects = pd.DataFrame(np.concatenate([corner, corner + size], axis=1), columns=BOX)
    walks = size[:, 1] / 20 * random.choice([-1, 1], count)
    return objects.assign(vx=walks, vy=random.normal(0, 0.1, count))


def walker(width=12.0, height=30.0, vx=1.5, vy=0.0):
    return pd.DataFrame([[50.0, 100.0 - height, 50.0 + width, 100.0, vx, vy]], columns=[*BOX, "vx", "vy"])


def shapes(objects, normal):
    return nearest_distances(shape_of(objects), shape_of(normal))


def motions(objects, normal):
    return nearest_distances(motion_of(objects), motion_of(normal))


def slow_distance(value, normal):
    """Word by word."""
    units = [max(float(np.std(column)), LEAST_DEVIATION) for column in zip(*normal, strict=True)]
    distances = []
    for each in normal:
        apart = [(a - b) / unit for a, b, unit in zip(value, each, units, strict=True)]
        distances.append(math.sqrt(sum(part**2 for part in apart)))
    nearest = sorted(distances)[:NEAREST]
    return sum(nearest) / len(nearest)


def slow_motion(row):
    return row.vx, row.vy, math.log(row.x2 - row.x1), math.log(row.y2 - row.y1)


@pytest.mark.parametrize("distances", [shapes, motions])
def test_nothing_in_nothing_out(distances):
    none = drawn(0)
    assert distances(none, drawn(9)).shape == (0,) and distances(none, none).shape == (0,)


@pytest.mark.parametrize("distances", [shapes, motions])
def test_without_training_objects_nothing_is_known(distances):
    assert np.isnan(distances(drawn(3), drawn(0))).all()


@given(st.integers(0, 50), st.integers(1, 60))
def test_distances_are_the_mean_of_those_from_the_nearest(seed, count):
    objects, normal = drawn(5, seed + 1), drawn(count, seed)
    known = [slow_motion(row) for row in normal.itertuples()]
    found = motions(objects, normal)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [slow_distance(slow_motion(o), known) for o in objects.itertuples()], rtol=1e-5)
    expected = [slow_distance(slow_motion(o)[2:], [each[2:] for each in known]) for o in objects.itertuples()]
    np.testing.assert_allclose(shapes(objects, normal), expected, rtol=1e-5)


@given(st.integers(0, 50), st.floats(2, 20))
def test_a_larger_picture_of_the_same_says_the_same(seed, scale):
    objects, normal = drawn(5, seed + 1), drawn(40, seed)
    for distances in (shapes, motions):
        np.testing.assert_allclose(distances(scale * objects, scale * normal), distances(objects, normal), rtol=1e-4)


def test_where_it_is_does_not_matter():
    objects, normal = drawn(5, 1), drawn(40)
    moved = objects + [70, -8, 70, -8, 0, 0]
    for distances in (shapes, motions):
        np.testing.assert_allclose(distances(moved, normal), distances(objects, normal), rtol=1e-5)


def crowd():
    random = np.random.default_rng(0)
    near = [walker(*random.uniform(0.9, 1.1, 3) * [12, 30, 1.5], vy=random.normal(0, 0.1)) for _ in range(60)]
    far = [walker(*random.uniform(0.9, 1.1, 3) * [24, 60, 3.0], vy=random.normal(0, 0.1)) for _ in range(60)]
    return pd.concat([*near, *far], ignore_index=True)


@pytest.mark.parametrize(
    "other",
    [walker(width=70), walker(width=3), walker(height=120), walker(height=12), walker(width=30, height=12)],
    ids=["wide", "narrow", "high", "low", "lying"],
)
def test_who_is_of_another_shape_than_walkers_is_far_from_them(other):
    one_more, unlike = shapes(pd.concat([walker(), other]), crowd())
    assert unlike > 3 * one_more


@pytest.mark.parametrize(
    "other",
    [walker(vx=3.0), walker(24, 60, vx=6.0), walker(vx=-1.5), walker(vy=1.5), walker(24, 60, vx=0.0)],
    ids=["as fast as who is near", "faster than who is near", "the other way", "across", "still"],
)
def test_who_moves_otherwise_than_walkers_of_its_size_is_far_from_them(other):
    one_more, one_more_near, unlike = motions(pd.concat([walker(), walker(24, 60, vx=3.0), other]), crowd())
    assert unlike > 3 * max(one_more, one_more_near)


@pytest.mark.parametrize("count", [1, 5])
def test_equal_training_objects_still_tell_what_is_far(count):
    equal = pd.concat([walker()] * count)
    for distances, other in ((shapes, walker(width=24)), (motions, walker(vx=1.7))):
        same, unlike = distances(pd.concat([walker(), other]), equal)
        assert same == 0 and np.isfinite(unlike) and unlike > 1
