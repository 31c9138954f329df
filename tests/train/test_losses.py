import math
from dataclasses import replace

import pytest
import torch

from stages.common.network.network import Architecture, Network
from stages.common.tables.schemas import TASKS
from stages.train.losses import CLASS_SCALE, Batch, task_losses, two_way_loss

HEADS = {task: f"{task}_head" for task in TASKS}


@pytest.fixture
def network():
    torch.manual_seed(0)
    return Network(Architecture("shallow", "narrow", 16, 1, 3, 4))


@pytest.fixture
def batch():
    torch.manual_seed(1)
    regular, irregular, pictures = torch.rand(3, 1, 5, 16, 16), torch.rand(3, 1, 5, 16, 16), torch.rand(3, 1, 16, 16)
    return Batch(regular, irregular, pictures, torch.rand(3, 3), torch.randn(3, 4))


def changed_frames(batch, frames):
    regular = batch.regular.clone()
    regular[:, :, frames] = torch.rand_like(regular[:, :, frames])
    return replace(batch, regular=regular)


def test_no_tasks_no_losses(network, batch):
    assert task_losses(network, batch, set()) == {}


def test_two_way_loss_by_hand():
    normal = torch.tensor([[2.0, 0.0], [0.0, 0.0]])
    changed = torch.tensor([[1.0, 0.0], [0.0, 3.0]])

    def surprise(right, wrong):
        return -math.log(math.exp(right) / (math.exp(right) + math.exp(wrong)))

    of_normal = (surprise(2, 0) + surprise(0, 0)) / 2
    of_changed = (surprise(0, 1) + surprise(3, 0)) / 2
    assert two_way_loss(normal, changed).item() == pytest.approx((of_normal + of_changed) / 2)


def test_two_way_loss_is_that_of_a_coin_where_nothing_is_known_and_0_where_all_is():
    unsure, sure = torch.zeros(5, 2), torch.tensor([[50.0, -50.0]])
    assert two_way_loss(unsure, unsure).item() == pytest.approx(math.log(2))
    assert two_way_loss(sure, -sure).item() == pytest.approx(0)
    assert two_way_loss(-sure, sure).item() == pytest.approx(100)


@pytest.mark.parametrize(
    "tasks", [*({task} for task in TASKS), {"arrow", "middle"}, set(TASKS)], ids=lambda tasks: "+".join(sorted(tasks))
)
def test_losses_are_of_the_asked_tasks_and_reach_only_their_heads(network, batch, tasks):
    losses = task_losses(network, batch, tasks)
    assert set(losses) == tasks
    sum(losses.values()).backward()
    for task, head in HEADS.items():
        gradients = [parameter.grad for parameter in getattr(network, head).parameters()]
        assert all((gradient is not None) == (task in tasks) for gradient in gradients)


@pytest.mark.parametrize("task", TASKS)
def test_a_loss_is_the_same_whatever_else_is_asked(network, batch, task):
    alone = task_losses(network, batch, {task})[task]
    torch.testing.assert_close(alone, task_losses(network, batch, set(TASKS))[task])


def test_arrow_tells_tubes_from_their_own_reversal(network, batch):
    expected = two_way_loss(
        network.arrow(network.trunk(batch.regular)), network.arrow(network.trunk(batch.regular.flip(2)))
    )
    torch.testing.assert_close(task_losses(network, batch, {"arrow"})["arrow"], expected)


def test_irregularity_tells_regular_from_irregular_tubes(network, batch):
    expected = two_way_loss(
        network.irregularity(network.trunk(batch.regular)), network.irregularity(network.trunk(batch.irregular))
    )
    torch.testing.assert_close(task_losses(network, batch, {"irregularity"})["irregularity"], expected)


def test_distillation_compares_vectors_and_enlarged_class_scores_of_the_picture(network, batch):
    scores, vectors = network.distillation(batch.pictures)
    expected = (vectors - batch.teacher).abs().mean() + CLASS_SCALE * (scores - batch.class_scores).abs().mean()
    torch.testing.assert_close(task_losses(network, batch, {"distillation"})["distillation"], expected)


def test_what_the_detector_did_not_see_teaches_no_class(network, batch):
    batch = replace(batch, class_scores=batch.class_scores.clone())
    batch.class_scores[1] = 0
    scores, vectors = network.distillation(batch.pictures)
    others = [0, 2]
    difference = (scores - batch.class_scores)[others].abs().sum() / scores.numel()
    expected = (vectors - batch.teacher).abs().mean() + CLASS_SCALE * difference
    torch.testing.assert_close(task_losses(network, batch, {"distillation"})["distillation"], expected)


def test_distillation_without_class_scores_compares_the_vectors_alone(batch):
    network = Network(Architecture("shallow", "narrow", 16, 1, 0, 4))
    batch = replace(batch, class_scores=torch.zeros(3, 0))
    expected = (network.distillation(batch.pictures)[1] - batch.teacher).abs().mean()
    torch.testing.assert_close(task_losses(network, batch, {"distillation"})["distillation"], expected)


def test_the_predicted_middle_is_never_shown_to_the_network(network, batch, monkeypatch):
    predictions, predict = [], network.middle
    monkeypatch.setattr(network, "middle", lambda tubes: predictions.append(predict(tubes)) or predictions[-1])

    before = task_losses(network, batch, {"middle"})["middle"]
    hidden = task_losses(network, changed_frames(batch, [2]), {"middle"})["middle"]
    task_losses(network, changed_frames(batch, [1]), {"middle"})

    torch.testing.assert_close(before, (predictions[0] - batch.regular[:, :, 2]).abs().mean())
    assert hidden != before
    assert torch.equal(predictions[1], predictions[0])
    assert not torch.equal(predictions[2], predictions[0])


def test_distillation_is_shown_nothing_but_the_picture(network, batch):
    before = task_losses(network, batch, {"distillation"})["distillation"]
    others = task_losses(network, changed_frames(batch, [0, 1, 2, 3, 4]), {"distillation"})["distillation"]
    picture = task_losses(network, replace(batch, pictures=batch.pictures.flip(3)), {"distillation"})["distillation"]
    assert others == before != picture
