import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import mahalanobis

from stages.score.features import FITTED, RIDGE, distances, features_of, fit_normal


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


@given(st.integers(0, 50), st.integers(20, 200))
def test_distances_are_those_of_mahalanobis(seed, count):
    learnt, others = drawn(count, seed=seed), drawn(7, seed=seed + 1)
    covariance = np.cov(learnt.T, bias=True)
    inverse = np.linalg.inv(covariance + RIDGE * np.trace(covariance) / 4 * np.eye(4))
    expected = [mahalanobis(row, learnt.mean(axis=0), inverse) for row in others]
    np.testing.assert_allclose(distances(others, fit_normal(learnt)), expected, rtol=1e-5)


def test_of_normal_features_the_mean_square_is_their_number():
    learnt = drawn(FITTED, size=6)
    assert (distances(learnt, fit_normal(learnt)) ** 2).mean() == pytest.approx(6, rel=0.05)


@pytest.mark.parametrize("learnt", [drawn(1), np.repeat(drawn(1), 5, axis=0), drawn(3)])
def test_few_or_equal_features_still_tell_what_is_far(learnt):
    far, near = distances(np.stack([learnt[0] + 3, learnt[0]]), fit_normal(learnt))
    assert np.isfinite(far) and near < far
