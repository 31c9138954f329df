"""Frame-level metrics against counting pairs by hand, known values and invariances."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from stages.common.metrics.frame import (
    auc_per_video,
    average_precision,
    equal_error_rate,
    macro_auc,
    micro_auc,
    roc,
)

MASKS = Path(__file__).parents[3] / "shared/data/ped2/testing/masks"
# Frames of Ped2's test clips 01 to 12, and how many of them are anomalous.
PED2_FRAMES = [180, 180, 150, 180, 150, 180, 180, 180, 120, 150, 180, 180]
PED2_ANOMALOUS = [120, 86, 146, 150, 129, 159, 135, 180, 120, 150, 180, 93]

frame = st.tuples(st.booleans(), st.integers(-3, 3), st.sampled_from("abc"))
relaxed = settings(deadline=None)


def columns(frames):
    """Labels, scores (many of them equal) and videos of generated frames."""
    labels, scores, videos = zip(*frames, strict=True)
    return np.array(labels), np.array(scores, dtype=float), np.array(videos)


def slow_auc(labels, scores):
    """Share of (anomalous, normal) pairs in the right order, ties half."""
    pairs = [(a, n) for a in scores[labels] for n in scores[~labels]]
    return np.mean([(a > n) + 0.5 * (a == n) for a, n in pairs]) if pairs else np.nan


def slow_macro(labels, scores, videos, policy):
    """The frames that a policy adds really put in."""
    if labels.all() or not labels.any():
        return np.nan
    aucs = []
    for video in np.unique(videos):
        own, clip = labels[videos == video], scores[videos == video]
        if policy == "pad":
            own, clip = np.append(own, [False, True]), np.append(clip, [clip.min() - 1, clip.max() + 1])
        aucs.append(slow_auc(own, clip))
    aucs = [auc for auc in aucs if not np.isnan(auc)]
    return np.mean(aucs) if aucs else np.nan


def slow_equal_error_rate(labels, scores):
    """Walk the ROC polygon until misses no longer exceed false positives, then go back along the last side."""
    point = (0.0, 1.0)
    for threshold in sorted(set(scores), reverse=True):
        called = scores >= threshold
        after = (np.mean(called[~labels]), np.mean(~called[labels]))
        if after[0] >= after[1]:
            before_gap, after_gap = point[1] - point[0], after[0] - after[1]
            return point[0] + (after[0] - point[0]) * before_gap / (before_gap + after_gap)
        point = after


def slow_average_precision(labels, scores):
    total, recall = 0.0, 0.0
    for threshold in sorted(set(scores), reverse=True):
        called = scores >= threshold
        found = np.sum(labels & called) / np.sum(labels)
        total, recall = total + (found - recall) * np.mean(labels[called]), found
    return total


@relaxed
@given(st.lists(frame, min_size=1, max_size=25))
def test_micro_auc_counts_pairs(frames):
    labels, scores, _ = columns(frames)
    assert_allclose(micro_auc(labels, scores), slow_auc(labels, scores), atol=1e-12)


@relaxed
@given(st.lists(frame, min_size=1, max_size=25), st.sampled_from(["pad", "mixed"]))
def test_macro_auc_is_the_mean_over_clips_with_the_added_frames_put_in(frames, policy):
    assert_allclose(macro_auc(*columns(frames), policy), slow_macro(*columns(frames), policy), atol=1e-12)


@relaxed
@given(st.lists(frame, min_size=1, max_size=25))
def test_equal_error_rate_and_average_precision_by_walking_down(frames):
    labels, scores, _ = columns(frames)
    labels, scores = np.append(labels, [True, False]), np.append(scores, [0, 0])
    assert_allclose(equal_error_rate(labels, scores), slow_equal_error_rate(labels, scores), atol=1e-12)
    assert_allclose(average_precision(labels, scores), slow_average_precision(labels, scores), atol=1e-12)


@settings(deadline=None, max_examples=40)
@given(st.lists(frame, min_size=1, max_size=25), st.randoms(use_true_random=False))
def test_only_the_order_of_scores_counts(frames, random):
    labels, scores, videos = columns(frames)
    shuffled = random.sample(range(len(labels)), len(labels))
    renamed = np.array([{"a": 7, "b": 30, "c": 2}[video] for video in videos])
    for metric in (micro_auc, equal_error_rate, average_precision):
        assert_allclose(metric(labels[shuffled], 1e6 * np.exp(scores[shuffled])), metric(labels, scores), atol=1e-12)
    for policy in ("pad", "mixed"):
        expected = macro_auc(labels, scores, videos, policy)
        changed = macro_auc(labels[shuffled], 1e6 * np.exp(scores[shuffled]), renamed[shuffled], policy)
        assert_allclose(changed, expected, atol=1e-12)


def test_perfect_reversed_and_constant_scores():
    labels = np.array([0, 0, 1, 1, 1])
    videos = ["a"] * 5
    for scores, expected in ((labels, 1.0), (-labels, 0.0), (labels * 0, 0.5)):
        assert micro_auc(labels, scores) == expected
        assert macro_auc(labels, scores, videos, "mixed") == expected
        assert equal_error_rate(labels, scores) == pytest.approx(1 - expected)
    assert average_precision(labels, labels) == 1.0
    assert average_precision(labels, labels * 0) == pytest.approx(0.6)


@pytest.mark.parametrize("anomalous, normal", [(1, 1), (3, 5), (6, 0), (0, 4)])
def test_pad_is_the_closed_form_of_two_extra_frames(anomalous, normal):
    rng = np.random.default_rng(anomalous)
    labels = np.arange(anomalous + normal) < anomalous
    scores = rng.normal(size=len(labels))
    raw = slow_auc(labels, scores) if anomalous and normal else 0
    expected = (anomalous * normal * raw + anomalous + normal + 1) / ((anomalous + 1) * (normal + 1))
    assert auc_per_video(labels, scores, ["a"] * len(labels), "pad")["a"] == pytest.approx(expected)


def test_clips_with_one_class_count_as_their_policy_says():
    labels, scores = [1, 1, 0, 0, 0, 1], [0.3, 0.4, 0.1, 0.2, 0.6, 0.5]
    videos = ["all", "all", "none", "none", "both", "both"]
    aucs = {policy: auc_per_video(labels, scores, videos, policy) for policy in ("pad", "mixed")}
    assert aucs["pad"].to_dict() == {"all": 1.0, "both": 0.75, "none": 1.0}
    assert_array_equal(aucs["mixed"][["all", "both", "none"]], [np.nan, 0, np.nan])
    assert [macro_auc(labels, scores, videos, policy) for policy in aucs] == pytest.approx([2.75 / 3, 0])


@pytest.mark.parametrize("labels", [[], [0, 0, 0], [1, 1, 1]])
def test_what_one_class_leaves_undefined_is_nan(labels):
    scores, videos = np.arange(len(labels)), ["a"] * len(labels)
    assert np.isnan(micro_auc(labels, scores))
    assert np.isnan(equal_error_rate(labels, scores))
    assert np.isnan(roc(labels, scores)).all()
    assert np.isnan(average_precision(labels, scores))
    for policy in ("pad", "mixed"):
        assert np.isnan(macro_auc(labels, scores, videos, policy))


def test_roc_runs_from_corner_to_corner():
    curve = roc([1, 0, 1, 0], [4, 3, 2, 1])
    assert curve.false_positive_rate.tolist() == [0, 0, 0.5, 0.5, 1]
    assert curve.true_positive_rate.tolist() == [0, 0.5, 0.5, 1, 1]
    assert curve.thresholds.tolist() == [np.inf, 4, 3, 2, 1]


@pytest.mark.parametrize(
    "scores, message", [([1, np.nan], "got nan at frame 1 of 2"), ([np.inf, 0], "got inf at frame 0 of 2")]
)
def test_scores_that_are_not_finite_are_refused(scores, message):
    for metric in (micro_auc, equal_error_rate, average_precision, roc):
        with pytest.raises(ValueError, match=f"^scores: expected finite numbers, {message}$"):
            metric([0, 1], scores)
    with pytest.raises(ValueError, match=f"^scores: expected finite numbers, {message}$"):
        macro_auc([0, 1], scores, ["a", "a"])


def ped2_labels():
    """Labels with Ped2's counts (their order in a clip makes no difference to a random scorer), and the clips."""
    counts = list(zip(PED2_FRAMES, PED2_ANOMALOUS, strict=True))
    labels = np.concatenate([np.arange(frames) < anomalous for frames, anomalous in counts])
    return labels, np.repeat(np.arange(12), PED2_FRAMES)


def test_padding_lends_a_random_scorer_68_percent_on_ped2():
    labels, videos = ped2_labels()
    rng = np.random.default_rng(0)
    aucs = [macro_auc(labels, rng.random(len(labels)), videos, "pad") for _ in range(20)]
    assert np.mean(aucs) == pytest.approx(0.682, abs=0.005)
    assert macro_auc(labels, np.zeros(len(labels)), videos, "pad") == pytest.approx(0.685, abs=0.0005)


def test_four_of_the_twelve_clips_of_ped2_tell_nothing():
    labels, videos = ped2_labels()
    mixed = auc_per_video(labels, np.zeros(len(labels)), videos, "mixed")
    assert mixed[mixed.isna()].index.tolist() == [7, 8, 9, 10]
    assert macro_auc(labels, np.zeros(len(labels)), videos, "mixed") == 0.5


@pytest.mark.skipif(not MASKS.is_dir(), reason=f"Ped2's pixel masks are not in {MASKS}")
def test_counts_of_ped2_are_those_of_its_masks():
    clips = sorted(MASKS.iterdir())
    labels = [[cv2.imread(str(mask), cv2.IMREAD_GRAYSCALE).any() for mask in sorted(clip.iterdir())] for clip in clips]
    assert [len(clip) for clip in labels] == PED2_FRAMES
    assert [sum(clip) for clip in labels] == PED2_ANOMALOUS
