import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stages.common.network.network import Architecture, Network, to_network
from stages.score.features import KEPT, RIDGE, distances, features_of, fit_normal, normal_features


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


@pytest.mark.parametrize("mirror", [False, True])
@torch.inference_mode()
def test_what_is_kept_is_of_each_training_tube_and_of_its_mirror_image_where_that_was_learnt_too(tmp_path, mirror):
    torch.manual_seed(0)
    network = Network(Architecture("shallow", "narrow", 16, 1, 3, 5)).eval()
    shards = {
        video: np.random.default_rng(ord(video)).integers(0, 256, (3, 5, 16, 16, 1), dtype=np.uint8) for video in "ab"
    }
    for video, shard in shards.items():
        np.save(tmp_path / f"{video}.npy", shard)
    table = pd.DataFrame({"video": [*"aabbb"], "row": [2, 0, 0, 1, 2]})
    found = normal_features(network, table, tmp_path, np.array([-1, 0, 1]), mirror, "float32", batch=2)
    tubes = np.stack([shards[video][row, 1:4] for video, row in table.to_numpy()])
    shown = np.concatenate([tubes, tubes[:, :, :, ::-1]]) if mirror else tubes
    expected = fit_normal(features_of(network.trunk(to_network(shown, torch.device("cpu")))))
    np.testing.assert_allclose(found.deviation, expected.deviation, rtol=1e-5)
    np.testing.assert_allclose(*(np.sort(kept.known, axis=0) for kept in (found, expected)), rtol=1e-4)
