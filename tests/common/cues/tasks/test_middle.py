from dataclasses import replace

import numpy as np
import pytest
import torch
from drawn_batches import HALF, changed_frames, drawn_batch

from stages.common.cues.tasks import middle


def test_the_predicted_crop_is_never_shown_to_the_network():
    batch = drawn_batch()
    network = batch.network
    hidden, shown = changed_frames(batch, [HALF]), changed_frames(batch, [HALF - 1])
    predicted, of_hidden, of_shown = (network.heads["middle"](b.without_middle) for b in (batch, hidden, shown))
    assert torch.equal(of_hidden, predicted) and not torch.equal(of_shown, predicted)
    assert middle.loss(network, hidden) != middle.loss(network, batch)


def test_what_is_to_become_small_is_the_mean_absolute_error_of_the_crop():
    batch = drawn_batch()
    rest = torch.cat([batch.regular[:, :, :HALF], batch.regular[:, :, HALF + 1 :]], 2)
    predicted = batch.network.heads["middle"](batch.network.trunk.unpooled(rest))
    off = (predicted - batch.regular[:, :, HALF]).abs()
    torch.testing.assert_close(middle.loss(batch.network, batch), off.mean())
    torch.testing.assert_close(middle.score(batch.network, batch), off.mean((1, 2, 3)))


@torch.inference_mode()
def test_a_crop_that_is_predicted_exactly_scores_0_and_a_darker_one_what_it_lacks():
    batch = drawn_batch()
    head = batch.network.heads["middle"]
    head.last.weight.zero_()
    head.last.bias.fill_(0.2)
    regular = batch.regular.clone()
    regular[:, :, HALF] = torch.tensor([0.2, 0.15, 0.0])[:, None, None, None]
    scores = middle.score(batch.network, replace(batch, regular=regular))
    np.testing.assert_allclose(scores, [0, 0.05, 0.2], atol=1e-6)


@torch.inference_mode()
def test_the_score_of_an_object_is_its_own():
    batch = drawn_batch()
    alone = [middle.score(batch.network, replace(batch, regular=batch.regular[[place]])).item() for place in range(3)]
    assert middle.score(batch.network, batch).tolist() == pytest.approx(alone, abs=1e-6)
