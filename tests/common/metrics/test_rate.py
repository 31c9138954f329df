"""The tail of normal peaks against adding up all exponentials, and against what was drawn."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import gamma, poisson

from stages.common.metrics.rate import EXCESS, KNOWN, LEAST, UNSEEN, at_most, can_tell, fit_rate, threshold

heights_lists = st.lists(st.floats(-1, 20), max_size=40)
hours_given, rates = st.floats(0.001, 100), st.floats(0.01, 1000)


def slow_rate(heights, hours, height):
    """Peaks per hour as high, by all exponentials, each as likely as the prior and the peaks make it."""
    edge = np.median(heights)
    excesses = [each - edge for each in heights if each >= edge]
    inverse = np.linspace(1e-4, 60, 400_000)
    likely = gamma.pdf(inverse, KNOWN, scale=1 / (KNOWN * EXCESS)) * inverse ** len(excesses)
    likely *= np.exp(-inverse * sum(excesses))
    share = (likely * np.exp(-inverse * (height - edge))).sum() / likely.sum()
    return (len(excesses) + UNSEEN) / hours * share


def test_without_a_peak_what_was_not_seen_is_not_impossible():
    nothing = fit_rate([], 2.0)
    assert nothing.per_hour([0.0, -3.0]).tolist() == [UNSEEN / 2] * 2 and nothing.per_hour([]).shape == (0,)
    assert nothing.per_hour(1.0) < UNSEEN / 2
    # Ten hours in which nothing rises can tell one alarm an hour; a minute can not.
    assert threshold([], 10.0, 1.0) == 0 and threshold([], 1 / 60, 1.0) == math.inf


@pytest.mark.parametrize("heights", [[1.0], [0.2, 0.4, 3.0], [1.0] * 7, list(np.linspace(0, 4, 30))])
def test_the_tail_is_that_of_all_exponentials(heights):
    for height in (np.median(heights), 2.0, 5.0, 9.0):
        if height >= np.median(heights):
            assert fit_rate(heights, 0.5).per_hour(height) == pytest.approx(slow_rate(heights, 0.5, height), rel=1e-3)


@given(heights_lists, hours_given, rates)
def test_a_height_and_its_rate_are_each_other_s(heights, hours, per_hour):
    rate = fit_rate(heights, hours)
    height = rate.height(per_hour)
    assert height >= rate.edge and rate.height(0.0) == math.inf
    if height > rate.edge + 1e-6:
        assert rate.per_hour(height) == pytest.approx(per_hour, rel=1e-3)
    else:
        assert rate.at_edge <= per_hour * (1 + 1e-3)
    assert rate.height(per_hour / 2) >= height
    assert (np.diff(rate.per_hour(np.linspace(-2, 40, 50))) <= 0).all()


@given(heights_lists, hours_given, rates)
def test_a_threshold_wants_enough_to_tell_it(heights, hours, per_hour):
    enough = len(heights) >= LEAST or hours * per_hour >= 1
    assert can_tell(len(heights), hours, per_hour) == enough
    assert (threshold(heights, hours, per_hour) < math.inf) == enough
    assert threshold(heights, 0.0, per_hour) == math.inf


def test_the_rate_of_what_was_drawn_is_found():
    """Exponential peaks of many footages: the threshold for ten an hour gives about ten an hour."""
    random, given_by = np.random.default_rng(0), []
    for _ in range(300):
        heights = random.exponential(0.7, random.poisson(200 * 0.5))
        given_by.append(200 * np.exp(-threshold(heights, 0.5, 10.0) / 0.7))
    assert np.mean(given_by) == pytest.approx(10, rel=0.1)


def test_few_peaks_widen_the_tail_and_one_odd_one_is_not_the_threshold():
    few, many = np.linspace(0, 2, 12), np.linspace(0, 2, 600)
    assert threshold(few, 0.1, 1.0) > 1.3 * threshold(many, 5.0, 1.0)
    # Twelve clips, a peak in each, one of them odd: for ten a minute of them.
    odd = [3.0, 3.2, 3.4, 3.5, 3.7, 3.9, 4.0, 4.2, 4.4, 4.5, 4.7, 7.8]
    assert 4.7 < threshold(odd, 59 / 3600, 60.0) < 7.8


@given(st.integers(0, 20), st.floats(0.01, 10))
def test_the_highest_rate_that_goes_with_a_count(count, hours):
    assert poisson.cdf(count, at_most(count, hours) * hours) == pytest.approx(0.05)
