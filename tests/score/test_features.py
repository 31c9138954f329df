import numpy as np
import pandas as pd
import pytest
import torch
from helpers import as_stored

from stages.common.cues.features import fit
from stages.common.cues.tasks import TASKS
from stages.common.network.network import Architecture, Network, to_network
from stages.common.tables.shards import write_shard
from stages.score import features
from stages.score.features import features_of, known_features


def test_nothing_in_nothing_out():
    assert features_of(torch.zeros(0, 4, 2, 2)).shape == (0, 4)


def test_features_are_means_over_the_picture():
    output = torch.arange(2 * 3 * 2 * 2, dtype=torch.bfloat16).reshape(2, 3, 2, 2)
    assert features_of(output).tolist() == [[1.5, 5.5, 9.5], [13.5, 17.5, 21.5]]


@pytest.mark.parametrize("mirror", [False, True])
@torch.inference_mode()
def test_what_is_kept_is_of_each_training_tube_and_of_its_mirror_image_where_that_was_learnt_too(tmp_path, mirror):
    torch.manual_seed(0)
    network = Network(Architecture("shallow", "narrow", 16, 1, 3, 5, tuple(TASKS))).eval()
    shards = {
        video: np.random.default_rng(ord(video)).integers(0, 256, (3, 5, 16, 16, 1), dtype=np.uint8) for video in "ab"
    }
    for video, shard in shards.items():
        write_shard(tmp_path / f"{video}.tubes", shard, shard.shape[1:])
        shards[video] = as_stored(shard)
    table = pd.DataFrame({"video": [*"aabbb"], "row": [2, 0, 0, 1, 2]})
    found = known_features(network, table, tmp_path, np.array([-1, 0, 1]), mirror, "float32", batch=2)
    tubes = np.stack([shards[video][row, 1:4] for video, row in table.to_numpy()])
    shown = np.concatenate([tubes, tubes[:, :, :, ::-1]]) if mirror else tubes
    expected = fit(features_of(network.trunk(to_network(shown, torch.device("cpu")))))
    np.testing.assert_allclose(found.deviation, expected.deviation, rtol=1e-5)
    np.testing.assert_allclose(*(np.sort(kept.features, axis=0) for kept in (found, expected)), rtol=1e-4)


@torch.inference_mode()
def test_of_many_tubes_so_many_are_kept_evenly_spread_over_all(tmp_path, monkeypatch):
    monkeypatch.setattr(features, "KEPT", 5)
    network = Network(Architecture("shallow", "narrow", 16, 1, 0, 5, ("arrow",))).eval()
    shard = np.random.default_rng(0).integers(0, 256, (101, 3, 16, 16, 1), dtype=np.uint8)
    write_shard(tmp_path / "a.tubes", shard, shard.shape[1:])
    table = pd.DataFrame({"video": "a", "row": np.arange(101)})
    found = known_features(network, table, tmp_path, np.array([-1, 0, 1]), False, "float32", batch=2)
    expected = fit(features_of(network.trunk(to_network(as_stored(shard)[::25], torch.device("cpu")))))
    np.testing.assert_allclose(found.features, expected.features, rtol=1e-4)
