import pytest
import torch
from drawn_batches import drawn_batch

from stages.common.cues.tasks import irregularity


def test_it_is_learnt_to_tell_regular_from_irregular_tubes():
    batch = drawn_batch()
    network, head = batch.network, batch.network.heads["irregularity"]
    regular, irregular = (head(network.trunk(tubes)) for tubes in (batch.regular, batch.irregular))
    torch.testing.assert_close(irregularity.loss(network, batch), network.two_way(regular, irregular))


@torch.inference_mode()
def test_the_score_is_the_logit_of_irregular_minus_that_of_regular():
    batch = drawn_batch()
    head = batch.network.heads["irregularity"]
    regular, irregular = head(batch.network.trunk(batch.regular)).T
    torch.testing.assert_close(irregularity.score(batch.network, batch), irregular - regular)
    head.linear.weight.zero_()
    head.linear.bias.copy_(torch.tensor([3.0, -1.0]))
    assert irregularity.score(batch.network, batch).tolist() == pytest.approx([-4.0] * 3)
