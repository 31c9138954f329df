import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stages.score.features import KEPT, RIDGE, distances, features_of, fit_normal


def drawn(count, size=4, seed=0):
    """Features that go together, some of them in pairs."""
    random = np.random.default_rng(seed)
    return random.normal(size=(count, size)) @ random.normal(size=(size, size)) + random.normal(size=size)


def test_nothing_in_nothing_out():
    assert features_of(torch.zeros(0, 4, 2, 2)).shape == (0, 4)
    assert distances(np.zeros((0, 4)), fit_normal(drawn(9))).shape == (0,)


def test_features_are_means_over_the_picture():
    output = torch.arange(2 * 3 * 2 * 2, dtype=torch.bfloat16).reshape(2, 3, 2, 2)
    assert features_of(output).tolist() == [[1.5, 5.5, 9.5], [13.5, 17.5, 21.5]]


@given(st.integers(0, 50), st.integers(1, 200))
def test_distances_are_those_from_the_nearest_in_deviations_of_each_feature(seed, count):
    learnt, others = drawn(count, seed=seed), drawn(7, seed=seed + 1)
    variance = learnt.var(axis=0)
    deviation = np.sqrt(variance + RIDGE * variance.mean()) if count > 1 else np.ones(4)
    expected = [min(np.sqrt((((row - one) / deviation) ** 2).sum()) for one in learnt) for row in others]
    np.testing.assert_allclose(distances(others, fit_normal(learnt)), expected, rtol=1e-5)


@given(st.integers(0, 50), st.floats(0.01, 100))
def test_the_scale_of_the_features_does_not_matter(seed, scale):
    learnt, others = drawn(30, seed=seed), drawn(7, seed=seed + 1)
    scaled = distances(scale * others, fit_normal(scale * learnt))
    np.testing.assert_allclose(scaled, distances(others, fit_normal(learnt)), rtol=1e-4)


def test_what_has_been_learnt_is_no_distance_away():
    learnt = drawn(KEPT, size=6)
    assert (distances(learnt[:50], fit_normal(learnt)) < 1e-5).all()


@pytest.mark.parametrize("learnt", [drawn(1), np.repeat(drawn(1), 5, axis=0), drawn(3)])
def test_few_or_equal_features_still_tell_what_is_far(learnt):
    far, near = distances(np.stack([learnt[0] + 3, learnt[0]]), fit_normal(learnt))
    assert np.isfinite(far) and near < far
