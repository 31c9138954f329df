"""What holds of each proxy task, whatever it is."""

from dataclasses import replace

import pytest
import torch
from drawn_batches import drawn_batch

from stages.common.cues.tasks import TASKS

pytestmark = pytest.mark.parametrize("task", TASKS)


def test_its_loss_is_one_number_that_reaches_the_trunk_and_no_head_but_its_own(task):
    batch = drawn_batch()
    loss = TASKS[task].loss(batch.network, batch)
    assert loss.shape == () and loss > 0
    loss.backward()
    assert all(parameter.grad is not None for parameter in batch.network.trunk.parameters())
    for name, head in batch.network.heads.items():
        assert all((parameter.grad is not None) == (name == task) for parameter in head.parameters())


def test_its_loss_is_the_same_whatever_else_has_been_asked(task):
    batch = drawn_batch()
    alone = TASKS[task].loss(batch.network, replace(batch))
    for other in TASKS.values():
        other.loss(batch.network, batch)
    assert torch.equal(TASKS[task].loss(batch.network, batch), alone)


@torch.inference_mode()
def test_its_score_of_an_object_does_not_depend_on_the_others(task):
    batch = drawn_batch()
    scores = TASKS[task].score(batch.network, replace(batch, irregular=None))
    assert scores.shape == (3,) and scores.std() > 1e-6
    tensors = {name: getattr(batch, name) for name in ("regular", "pictures", "class_scores", "teacher")}
    for place in range(3):
        alone = replace(batch, irregular=None, **{name: tensor[[place]] for name, tensor in tensors.items()})
        torch.testing.assert_close(TASKS[task].score(batch.network, alone), scores[[place]], atol=1e-5, rtol=1e-4)
