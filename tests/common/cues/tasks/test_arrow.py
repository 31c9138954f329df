import pytest
import torch
from drawn_batches import drawn_batch

from stages.common.cues.tasks import arrow


def test_it_is_learnt_to_tell_tubes_from_their_own_reversal():
    batch = drawn_batch()
    network, head = batch.network, batch.network.heads["arrow"]
    forwards, backwards = (head(network.trunk(tubes)) for tubes in (batch.regular, batch.regular.flip(2)))
    torch.testing.assert_close(arrow.loss(network, batch), network.two_way(forwards, backwards))


@torch.inference_mode()
def test_the_score_is_the_logit_of_backward_minus_that_of_forward():
    batch = drawn_batch()
    head = batch.network.heads["arrow"]
    forward, backward = head(batch.network.trunk(batch.regular)).T
    torch.testing.assert_close(arrow.score(batch.network, batch), backward - forward)
    head.linear.weight.zero_()
    head.linear.bias.copy_(torch.tensor([3.0, -1.0]))
    assert arrow.score(batch.network, batch).tolist() == pytest.approx([-4.0] * 3)
