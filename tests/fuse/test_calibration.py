import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from small_tables import CUES, FULL, LONG, clips_of, random_cues, videos

from stages.common.cues.tasks import TASKS
from stages.fuse.believable import believable
from stages.fuse.calibration import LEAST_ALIKE, by_kind, calibrated, fit_zscore, mean_of_known, of_network
from stages.fuse.calibration import fit as fit_by

NONE = np.zeros(0)
TAIL = 0.2
METHODS = ["zscore", "tail", "mean"]
# Eighths are exact in binary, so that equal scores are equal.
values = st.integers(-400, 400).map(lambda number: number / 8)


def fit(task, normal, method):
    return fit_by(task, replace(FULL, method=method, tail_share=TAIL), normal)


def normals(seed=0, count=1000):
    return np.random.default_rng(seed).normal(3, 2, count)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("task", TASKS)
def test_no_scores_in_no_scores_out(method, task):
    assert fit(task, normals(), method)(NONE).shape == (0,)


@given(arrays(float, st.integers(2, 60), elements=values))
def test_zscores_of_the_normal_scores_have_mean_0_and_deviation_1(normal):
    scores = fit("arrow", normal, "zscore")(normal)
    assert scores.mean() == pytest.approx(0, abs=1e-9)
    assert scores.std() == pytest.approx(0 if np.ptp(normal) == 0 else 1)


def test_zscore_by_hand():
    calibration = fit("middle", np.array([1.0, 3.0]), "zscore")
    np.testing.assert_allclose(calibration(np.array([2.0, 3.0, 7.0, -1.0])), [0, 1, 5, -3])


@given(arrays(float, st.integers(1, 60), elements=values), arrays(float, st.integers(1, 40), elements=values))
def test_a_higher_score_is_never_less_surprising(normal, scores):
    surprise = fit("arrow", normal, "tail")(np.sort(scores))
    assert np.isfinite(surprise).all() and (surprise >= 0).all()
    assert (np.diff(surprise) >= -1e-9).all()


@given(arrays(float, st.integers(1, 150), elements=values))
def test_up_to_the_edge_surprise_is_minus_log_of_the_share_of_normal_scores_as_high(normal):
    edge = np.quantile(normal, 1 - TAIL)
    below = [score for score in normal if score <= edge]
    expected = [-math.log(max(sum(other >= score for other in normal) / len(normal), TAIL)) for score in below]
    np.testing.assert_allclose(fit("arrow", normal, "tail")(np.array(below)), expected, atol=1e-12)


@given(arrays(float, st.integers(2, 150), elements=values), st.integers(1, 20))
def test_beyond_the_edge_surprise_rises_strictly(normal, count):
    beyond = np.quantile(normal, 1 - TAIL) + np.arange(count + 1) / 8
    assert (np.diff(fit("arrow", normal, "tail")(beyond)) > 0).all()


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5])
def test_the_tail_goes_on_by_the_mean_excess_of_the_highest(share):
    normal = np.arange(1000) / 10
    edge = np.quantile(normal, 1 - share)
    excess = np.mean([score - edge for score in normal if score > edge])
    surprise = fit_by("arrow", replace(FULL, method="tail", tail_share=share), normal)
    assert surprise(np.array([40.0]))[0] == pytest.approx(-math.log(0.6))
    far, farther = surprise(np.array([200.0, 200.0 + excess]))
    assert farther - far == pytest.approx(1)
    assert surprise(np.array([edge + excess]))[0] == pytest.approx(-math.log(share) + 1)


def test_mean_is_the_papers_probability_for_the_two_way_tasks_and_nothing_for_the_others():
    logits = np.array([-1000.0, -2.0, 0.0, 1.0, 1000.0])
    expected = [0, 1 / (1 + math.exp(2)), 0.5, math.e / (1 + math.e), 1]
    for task in ("arrow", "irregularity"):
        np.testing.assert_allclose(fit(task, normals(), "mean")(logits), expected, atol=1e-12)
    for task in ("middle", "distillation"):
        np.testing.assert_array_equal(fit(task, normals(), "mean")(logits), logits)


@pytest.mark.parametrize("method", METHODS)
def test_what_is_scored_never_changes_the_calibration(method):
    calibration = fit("arrow", normals(), method)
    alone = calibration(np.array([4.0]))
    assert calibration(np.array([4.0, 100.0, -7.0]))[0] == alone[0]


def test_normal_objects_have_mean_0_and_deviation_1_by_each_cue():
    fuse = replace(FULL, edge_margin=0.0)
    objects = calibrated(believable(random_cues(), clips_of(videos(LONG)), fuse), fuse)
    normal = objects[objects["split"] == "held_out"][CUES]
    np.testing.assert_allclose(normal.mean(), 0, atol=1e-6)
    np.testing.assert_allclose(normal.std(ddof=0), 1)


@pytest.mark.parametrize("method", ["zscore", "tail"])
def test_objects_that_the_edge_cuts_are_calibrated_among_themselves(method):
    fuse = replace(FULL, method=method, edge_margin=16.0, min_height=0.0)
    table = random_cues().assign(y1=20, y2=40)
    objects = believable(table, clips_of(videos(LONG)), fuse)
    together = calibrated(objects, fuse)
    for kind in (True, False):
        alone = objects["cut"] == kind
        assert (alone & (objects["split"] == "held_out")).sum() >= LEAST_ALIKE
        assert together[alone][CUES].equals(calibrated(objects[alone], fuse)[CUES])


def test_a_kind_with_too_few_normal_ones_is_held_against_those_of_all_kinds_and_nan_stays_nan():
    values, kinds = np.arange(2.0 * LEAST_ALIKE), np.repeat([0, 1], LEAST_ALIKE)
    values[3], normal = np.nan, np.ones(len(values), bool)
    found = by_kind(values, kinds, normal, fit_zscore)
    known = values[np.arange(len(values)) != 3]
    assert np.isnan(found[3])
    np.testing.assert_allclose(found[4], (4 - known.mean()) / known.std())
    np.testing.assert_allclose(found[-1], (values[-1] - values[LEAST_ALIKE:].mean()) / values[LEAST_ALIKE:].std())


def test_without_normal_objects_values_stay_as_they_are():
    values = np.array([1.0, np.nan, 5.0])
    np.testing.assert_array_equal(by_kind(values, np.zeros(3), np.zeros(3, bool), fit_zscore), values)


def test_a_network_is_calibrated_by_its_own_held_out_objects_and_the_mean_of_all_counts():
    table = believable(random_cues(), clips_of(videos(LONG)), FULL)
    held_out, random = np.flatnonzero(table["split"] == "held_out"), np.random.default_rng(0)
    by_two = table.drop(columns="arrow").assign(**{of_network("arrow", number): np.nan for number in (0, 1)})
    of_first = np.isin(np.arange(len(table)), held_out[: len(held_out) // 2]) | (table["split"] == "test").to_numpy()
    of_other = ~np.isin(np.arange(len(table)), held_out[: len(held_out) // 2])
    by_two.loc[of_first, of_network("arrow", 0)] = table["arrow"][of_first]
    by_two.loc[of_other, of_network("arrow", 1)] = random.normal(100, 30, of_other.sum())
    found, expected = calibrated(by_two, FULL)["arrow"].to_numpy(), []
    for name in (of_network("arrow", number) for number in (0, 1)):
        alone = calibrated(by_two.assign(arrow=by_two[name])[["split", "cut", "arrow"]], FULL)["arrow"]
        expected.append(alone.to_numpy())
    np.testing.assert_allclose(found, np.nanmean(expected, axis=0))


def test_the_mean_of_what_is_known():
    assert mean_of_known(np.zeros((0, 2))).tolist() == pytest.approx([math.nan, math.nan], nan_ok=True)
    found = mean_of_known(np.array([[1, math.nan, math.nan], [3, 4, math.nan]]))
    assert found.tolist() == pytest.approx([2, 4, math.nan], nan_ok=True)
