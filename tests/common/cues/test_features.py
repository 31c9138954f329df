import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.common.cues.features import RIDGE, fit, of_features


def drawn(count, size=4, seed=0):
    """Features that go together, some of them in pairs."""
    random = np.random.default_rng(seed)
    return random.normal(size=(count, size)) @ random.normal(size=(size, size)) + random.normal(size=size)


def test_nothing_in_nothing_out():
    assert of_features(np.zeros((0, 4)), fit(drawn(9))).shape == (0,)


@given(st.integers(0, 50), st.integers(1, 200))
def test_distances_are_those_from_the_nearest_in_deviations_of_each_feature(seed, count):
    learnt, others = drawn(count, seed=seed), drawn(7, seed=seed + 1)
    variance = learnt.var(axis=0)
    deviation = np.sqrt(variance + RIDGE * variance.mean()) if count > 1 else np.ones(4)
    expected = [min(np.sqrt((((row - one) / deviation) ** 2).sum()) for one in learnt) for row in others]
    np.testing.assert_allclose(of_features(others, fit(learnt)), expected, rtol=1e-5)


@given(st.integers(0, 50), st.floats(0.01, 100))
def test_the_scale_of_the_features_does_not_matter(seed, scale):
    learnt, others = drawn(30, seed=seed), drawn(7, seed=seed + 1)
    scaled = of_features(scale * others, fit(scale * learnt))
    np.testing.assert_allclose(scaled, of_features(others, fit(learnt)), rtol=1e-4)


def test_what_has_been_learnt_is_no_distance_away():
    learnt = drawn(500, size=6)
    assert (of_features(learnt[:50], fit(learnt)) < 1e-5).all()


@pytest.mark.parametrize("learnt", [drawn(1), np.repeat(drawn(1), 5, axis=0), drawn(3)])
def test_few_or_equal_features_still_tell_what_is_far(learnt):
    far, near = of_features(np.stack([learnt[0] + 3, learnt[0]]), fit(learnt))
    assert np.isfinite(far) and near < far
