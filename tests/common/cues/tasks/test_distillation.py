from dataclasses import replace

import pytest
import torch
from drawn_batches import changed_frames, drawn_batch

from stages.common.cues.tasks import distillation
from stages.common.cues.tasks.distillation import CLASS_SCALE, loss, score


def answers(batch):
    """What the head says of the pictures: class scores and vector."""
    said = batch.network.heads["distillation"](batch.network.trunk.of_pictures(batch.pictures))
    return said.split([batch.class_scores.shape[1], 4], 1)


def test_vectors_and_enlarged_class_scores_of_the_picture_are_learnt():
    batch = drawn_batch()
    classes, vectors = answers(batch)
    expected = (vectors - batch.teacher).abs().mean() + CLASS_SCALE * (classes - batch.class_scores).abs().mean()
    torch.testing.assert_close(loss(batch.network, batch), expected)


def unseen(batch, place):
    """The batch, of which the detector did not see one object."""
    class_scores = batch.class_scores.clone()
    class_scores[place] = 0
    return replace(batch, class_scores=class_scores)


def test_what_the_detector_did_not_see_teaches_no_class():
    batch = unseen(drawn_batch(), 1)
    classes, vectors = answers(batch)
    difference = (classes - batch.class_scores)[[0, 2]].abs().sum() / classes.numel()
    expected = (vectors - batch.teacher).abs().mean() + CLASS_SCALE * difference
    torch.testing.assert_close(loss(batch.network, batch), expected)


def test_without_class_scores_the_vectors_alone_are_learnt():
    batch = drawn_batch(classes=0)
    torch.testing.assert_close(loss(batch.network, batch), (answers(batch)[1] - batch.teacher).abs().mean())


def test_it_is_shown_nothing_but_the_picture():
    batch = drawn_batch()
    others, turned = changed_frames(batch, [0, 1, 2, 3, 4]), replace(batch, pictures=batch.pictures.flip(3))
    before, of_others, of_turned = (loss(batch.network, each) for each in (batch, others, turned))
    assert of_others == before != of_turned


@torch.inference_mode()
def test_the_score_is_the_mean_difference_from_the_vectors_where_they_are_given_else_from_the_class_scores():
    batch = drawn_batch()
    classes, vectors = answers(batch)
    torch.testing.assert_close(score(batch.network, batch), (vectors - batch.teacher).abs().mean(1))
    by_classes = score(batch.network, replace(batch, teacher=None))
    torch.testing.assert_close(by_classes, (classes - batch.class_scores).abs().mean(1))


@torch.inference_mode()
def test_what_the_detector_did_not_see_has_no_score_by_it():
    batch = unseen(drawn_batch(), 1)
    assert score(batch.network, replace(batch, teacher=None)).isnan().tolist() == [False, True, False]
    assert score(batch.network, batch).isfinite().all()


@pytest.mark.parametrize("classes", [0, 3])
def test_the_head_says_as_many_numbers_as_there_are_classes_and_features(classes):
    assert distillation.head(drawn_batch(classes).network.architecture).outputs == classes + 4
