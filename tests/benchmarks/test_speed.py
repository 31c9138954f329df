import time

import numpy as np
import pytest
import torch

from benchmarks.speed.plain import plain_answers, plain_losses, read_files, write_files
from benchmarks.speed.sample import own_memory, paired, peak_memory
from stages.common.network.network import Architecture, Network, to_network
from stages.score.features import fit_normal
from stages.score.tasks import score_tubes
from stages.train.losses import Batch, task_losses

CPU = torch.device("cpu")


@pytest.fixture(params=["shallow", "deep"])
def network(request):
    torch.manual_seed(0)
    return Network(Architecture(request.param, "narrow", 16, 1, 3, 5)).eval()


def drawn_tubes(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 7, 16, 16, 1), dtype=np.uint8)


def test_the_plain_losses_are_those_of_training(network):
    regular, irregular = (to_network(drawn_tubes(6, seed), CPU) for seed in (0, 1))
    class_scores, teacher = torch.rand(6, 3), torch.randn(6, 5)
    class_scores[2] = 0  # an object that the detector has not seen
    plain = plain_losses(network, regular, irregular, class_scores, teacher)
    ours = task_losses(network, Batch(regular, irregular, regular[:, :, 3], class_scores, teacher), set(plain))
    assert set(plain) == set(ours) and len(plain) == 4
    for task, loss in plain.items():
        assert loss.item() == pytest.approx(ours[task].item(), abs=1e-5), task


@torch.inference_mode()
def test_the_plain_answers_are_those_of_scoring(network):
    tubes = drawn_tubes(5)
    found = plain_answers(network, to_network(tubes, CPU))
    scores = score_tubes(network, tubes, np.ones((5, 3), np.float32), None, fit_normal(np.ones((2, 32))))
    for task in ("arrow", "irregularity"):
        np.testing.assert_allclose(found[task][:, 1] - found[task][:, 0], scores[task], atol=1e-5)
    middle = to_network(tubes[:, 3:4], CPU)[:, :, 0]
    np.testing.assert_allclose((found["middle"] - middle).abs().mean((1, 2, 3)), scores["middle"], atol=1e-5)
    np.testing.assert_allclose((found["distillation"][:, :3] - 1).abs().mean(1), scores["distillation"], atol=1e-5)


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
