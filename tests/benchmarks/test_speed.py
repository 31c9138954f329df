import time

import numpy as np
import pytest
import torch

from benchmarks.speed.plain import PlainBatch, plain_scores, read_files, write_files
from benchmarks.speed.sample import own_memory, paired, peak_memory
from benchmarks.speed.training import losses_of
from stages.common.cues.features import fit
from stages.common.cues.tasks import TASKS
from stages.common.network.network import Architecture, Batch, Network, to_network
from stages.score.tasks import score_tubes

CPU = torch.device("cpu")


@pytest.fixture(params=["shallow", "deep"])
def network(request):
    torch.manual_seed(0)
    return Network(Architecture(request.param, "narrow", 16, 1, 3, 5, tuple(TASKS))).eval()


def drawn_tubes(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 7, 16, 16, 1), dtype=np.uint8)


def test_the_plain_losses_are_those_of_training(network):
    regular, irregular = (to_network(drawn_tubes(6, seed), CPU) for seed in (0, 1))
    class_scores, teacher = torch.rand(6, 3), torch.randn(6, 5)
    class_scores[2] = 0  # an object that the detector has not seen
    what = network, regular, irregular, regular[:, :, 3], class_scores, teacher
    plain, ours = losses_of(network, PlainBatch(*what)), losses_of(network, Batch(*what))
    assert set(plain) == set(TASKS)
    for task, loss in plain.items():
        assert loss.item() == pytest.approx(ours[task].item(), abs=1e-5), task


def test_the_plain_scores_are_those_of_scoring(network):
    tubes, class_scores = drawn_tubes(5), np.ones((5, 3), np.float32)
    ours, _ = score_tubes(network, tubes, class_scores, None, fit(np.ones((2, 32))))
    for task, scores in plain_scores(network, tubes, class_scores).items():
        np.testing.assert_allclose(scores, ours[task], atol=1e-5)


def test_files_hold_what_shards_hold(tmp_path):
    tubes = drawn_tubes(4)
    places = np.array([2, 0, 3])
    assert read_files(write_files(tubes, tmp_path), places).equal(to_network(tubes[places], CPU))


def test_two_ways_are_timed_in_turn():
    calls = []

    def way(name, seconds):
        calls.append(name)
        time.sleep(seconds)

    fastest, ratio = paired(lambda: way("ours", 0.01), lambda: way("other", 0.04), rounds=3)
    assert calls == ["ours", "other"] * 4
    assert fastest >= 0.01 and 2 < ratio <= 4.5
    assert paired(lambda: None)[1] is None


def test_memory_that_is_given_back_counts_at_its_peak():
    before = own_memory()
    with peak_memory() as peak:
        held = np.ones(60 * 2**20, np.uint8)
        time.sleep(0.1)
        del held
    assert peak[0] >= before + 50
