from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load, save

from stages.common.network.tubes import regular_offsets, take_offsets
from stages.common.running.errors import InputError
from stages.common.tables.schemas import TASKS
from stages.score.features import fit_normal
from stages.score.tasks import score_tubes
from stages.train import __main__ as stage
from stages.train import loop
from stages.train.loader import TubeSet
from stages.train.settings import Train, Weights
from stages.tubes.settings import Tubes

HALF = 2
TUBES = Tubes(size=16, context=0.0, half_length=HALF, reach=6, train_stride=1)
SETTINGS = Train(
    depth="shallow",
    width="narrow",
    weights=Weights(arrow=1.0, irregularity=1.0, middle=1.0, distillation=0.5),
    min_step=2,
    max_step=3,
    mirror=False,
    jitter=False,
    epochs=3,
    keep="last",
    tubes_per_epoch=40,
    batch=16,
    learning_rate=0.003,
    warmup_steps=2,
    weight_decay=0.01,
    precision="float32",
    seed=0,
    threads=1,
)


@pytest.fixture
def sets(shards, tmp_path):
    table = shards({("a", "train"): 30, ("b", "train"): 20, ("h", "held_out"): 24})
    folders = tmp_path / "data/tiny/tubes", tmp_path / "data/tiny/teacher"
    return tuple(TubeSet(table[table["split"] == split], *folders) for split in ("train", "held_out"))


def drawn(sets, settings=SETTINGS, seed=0):
    torch.manual_seed(seed)
    return stage.build(sets[0], settings, TUBES)


def trained(sets, checkpoint, settings=SETTINGS, seed=0):
    """The bytes of a trained network, and its history."""
    network = drawn(sets, settings, seed)
    history = loop.train(network, *sets, HALF, settings, checkpoint)
    return save(network.state_dict()), history


def only(task):
    return Weights(**{name: float(name == task) for name in TASKS})


def test_no_epochs_leave_the_network_as_it_was_drawn(sets, tmp_path):
    bytes_, history = trained(sets, tmp_path / "c.pt", replace(SETTINGS, epochs=0))
    assert history == [] and bytes_ == save(drawn(sets).state_dict())


def test_the_learning_rate_rises_in_a_line_and_falls_along_a_cosine():
    rates = [loop.schedule(step, 100, 10) for step in range(101)]
    np.testing.assert_allclose(rates[:10], np.arange(1, 11) / 10)
    np.testing.assert_allclose([rates[10], rates[40], rates[55], rates[70], rates[100]], [1, 0.75, 0.5, 0.25, 0])
    assert (np.diff(rates[10:]) < 0).all()


def test_the_learning_rate_is_defined_without_warmup_and_with_one_longer_than_the_training():
    assert loop.schedule(0, 10, 0) == 1
    assert loop.schedule(4, 5, 20) == 0.25
    assert loop.schedule(0, 0, 0) == 1
    assert loop.schedule(20, 20, 20) == 1


def test_the_network_knows_mean_and_deviation_of_the_training_vectors(sets):
    network = drawn(sets)
    vectors = network.standardised(torch.from_numpy(sets[0].teacher(np.arange(50))))
    np.testing.assert_allclose(vectors.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(vectors.std(0, correction=0), 1, atol=0.01)
    assert network.architecture.features == 5 and network.architecture.channels == 1


@pytest.mark.parametrize("task", TASKS)
def test_training_lowers_the_loss_of_each_task(sets, tmp_path, task):
    settings = replace(SETTINGS, weights=only(task), epochs=12)
    history = trained(sets, tmp_path / "c.pt", settings)[1]
    assert set(history[0]) == {"epoch", "split", task}
    for split in ("train", "held_out"):
        losses = [row[task] for row in history if row["split"] == split]
        assert len(losses) == 12 and losses[-1] < 0.9 * losses[0], losses


@pytest.mark.parametrize("change", ["mirror", "jitter"])
def test_held_out_tubes_are_never_changed(sets, change):
    losses = {}
    for changed in (False, True):
        settings, network = replace(SETTINGS, **{change: changed}), drawn(sets)
        optimizer = torch.optim.SGD(network.parameters(), lr=0.0)
        scheduler = torch.optim.lr_scheduler.ConstantLR(optimizer)
        run = [network, sets[0], np.arange(40), HALF, settings]
        losses["held out", changed] = loop.run_epoch(*run, np.random.default_rng(0))
        losses["train", changed] = loop.run_epoch(*run, np.random.default_rng(0), optimizer, scheduler)
    assert losses["held out", True] == losses["held out", False] == losses["train", False] != losses["train", True]


def test_history_has_a_row_per_epoch_and_split_with_each_task(sets, tmp_path):
    history = trained(sets, tmp_path / "c.pt")[1]
    splits = ("train", "held_out")
    assert [(row["epoch"], row["split"]) for row in history] == [(e, s) for e in range(3) for s in splits]
    assert all(np.isfinite([row[task] for task in TASKS]).all() for row in history)


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(sets, tmp_path):
    first, again = (trained(sets, tmp_path / f"{name}.pt") for name in ("first", "again"))
    assert first == again
    assert first[0] != trained(sets, tmp_path / "other.pt", replace(SETTINGS, seed=1))[0]


def test_lower_precision_learns_nearly_the_same_and_is_as_repeatable(sets, tmp_path):
    settings = replace(SETTINGS, precision="bfloat16")
    exact = trained(sets, tmp_path / "exact.pt")
    first, again = (trained(sets, tmp_path / f"{name}.pt", settings) for name in ("first", "again"))
    assert first == again and first[0] != exact[0]
    # From the second epoch on small differences grow.
    losses = [[[row[task] for task in TASKS] for row in history[:2]] for _, history in (first, exact)]
    np.testing.assert_allclose(*losses, rtol=0.1)
    assert {tensor.dtype for tensor in load(first[0]).values()} == {torch.float32}


def test_a_network_trained_in_lower_precision_scores_nearly_the_same(sets, tmp_path):
    networks = []
    for precision in ("float32", "bfloat16"):
        networks.append(drawn(sets))
        settings = replace(SETTINGS, precision=precision, epochs=1)
        loop.train(networks[-1], *sets, HALF, settings, tmp_path / f"{precision}.pt")
    tubes = take_offsets(sets[1].tubes(np.arange(len(sets[1]))), regular_offsets(HALF))
    class_scores, vectors = sets[1].class_scores, sets[1].teacher(np.arange(len(sets[1])))
    normal = fit_normal(np.random.default_rng(0).normal(size=(99, 32)))
    exact, lower = (score_tubes(network.eval(), tubes, class_scores, vectors, normal) for network in networks)
    for task in TASKS:
        # Objects of one score differ by chance more than by precision.
        assert np.abs(lower[task] - exact[task]).max() < 0.5 * np.ptp(exact[task]), task
        assert np.corrcoef(lower[task], exact[task])[0, 1] > 0.9, task


@pytest.fixture
def worse_and_worse(monkeypatch):
    """After the second epoch every further one has a higher loss on the held-out clips."""
    run_epoch, calls = loop.run_epoch, []

    def watched(network, data, order, half, settings, random, optimizer=None, scheduler=None):
        losses = run_epoch(network, data, order, half, settings, random, optimizer, scheduler)
        if optimizer is None:
            calls.append(1)
            losses["middle"] = {1: 50.0, 2: 10.0}.get(len(calls), 20.0 * len(calls))
        return losses

    monkeypatch.setattr(loop, "run_epoch", watched)
    return calls


def weights_after(sets, folder, epochs, monkeypatch):
    """The weights at the end of epoch `epochs` of four."""
    saved, save_checkpoint = {}, loop.save_checkpoint

    def kept(path, network, optimizer, scheduler, done, *rest):
        saved[done] = save(network.state_dict())
        save_checkpoint(path, network, optimizer, scheduler, done, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(loop, "save_checkpoint", kept)
        trained(sets, folder / "watched.pt", replace(SETTINGS, epochs=4))
    return saved[epochs]


def test_the_last_epoch_or_the_best_on_held_out_clips_is_kept(sets, tmp_path, worse_and_worse, monkeypatch):
    second = weights_after(sets, tmp_path, 2, monkeypatch)
    worse_and_worse.clear()
    last = trained(sets, tmp_path / "last.pt", replace(SETTINGS, epochs=4))[0]
    worse_and_worse.clear()
    best = trained(sets, tmp_path / "best.pt", replace(SETTINGS, epochs=4, keep="best"))[0]
    assert best == second and last != second


def test_the_best_epoch_is_remembered_by_a_training_that_goes_on(sets, tmp_path, worse_and_worse, monkeypatch):
    settings = replace(SETTINGS, epochs=4, keep="best")
    undisturbed = trained(sets, tmp_path / "whole.pt", settings)
    worse_and_worse.clear()
    reported = []

    def stop(*args):
        reported.append(1)
        if len(reported) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(loop, "report", stop)
    with pytest.raises(KeyboardInterrupt):
        trained(sets, tmp_path / "stopped.pt", settings)
    assert trained(sets, tmp_path / "stopped.pt", settings) == undisturbed


def test_no_epochs_have_no_best_one(sets, tmp_path):
    settings = replace(SETTINGS, epochs=0, keep="best")
    assert trained(sets, tmp_path / "c.pt", settings)[0] == save(drawn(sets).state_dict())


def test_the_order_of_tubes_is_drawn_anew_for_each_epoch(sets, tmp_path, monkeypatch):
    orders, run_epoch = [], loop.run_epoch

    def watched(network, data, order, *rest):
        orders.append(order.tolist())
        return run_epoch(network, data, order, *rest)

    monkeypatch.setattr(loop, "run_epoch", watched)
    trained(sets, tmp_path / "c.pt")
    training, held_out = orders[::2], orders[1::2]
    assert all(len(set(order)) == 40 for order in training) and training[0] != training[1]
    assert len(held_out[0]) == 8 and held_out[0] == held_out[1]


def test_a_held_out_pass_changes_no_weight(sets):
    network = drawn(sets)
    before = save(network.state_dict())
    with torch.no_grad():
        loop.run_epoch(network, sets[1], np.arange(10), HALF, SETTINGS, np.random.default_rng(0))
    assert save(network.state_dict()) == before


@pytest.mark.parametrize("steps", [1, 4, 5, 8], ids="stopped after {} batches".format)
def test_training_that_was_stopped_goes_on_to_the_same_bytes(sets, tmp_path, monkeypatch, steps):
    undisturbed = trained(sets, tmp_path / "undisturbed.pt")
    left, task_losses = [steps], loop.task_losses

    def stopped(*args):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return task_losses(*args)

    monkeypatch.setattr(loop, "task_losses", stopped)
    with pytest.raises(KeyboardInterrupt):
        trained(sets, tmp_path / "stopped.pt")
    monkeypatch.setattr(loop, "task_losses", task_losses)
    assert (tmp_path / "stopped.pt").exists() == (steps >= 4)
    assert trained(sets, tmp_path / "stopped.pt") == undisturbed


def test_what_was_learnt_before_the_stop_comes_from_the_checkpoint(sets, tmp_path, monkeypatch, capsys):
    undisturbed = trained(sets, tmp_path / "undisturbed.pt")

    def stop(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(loop, "report", stop)
    with pytest.raises(KeyboardInterrupt):
        trained(sets, tmp_path / "stopped.pt")
    monkeypatch.undo()
    # The network that goes on is drawn otherwise: only the checkpoint can bring back the first.
    assert trained(sets, tmp_path / "stopped.pt", seed=5) == undisturbed
    assert "going on after epoch 1" in capsys.readouterr().err


LAST = {
    "arrow": "arrow_head.linear.bias",
    "irregularity": "irregularity_head.linear.bias",
    "middle": "middle_head.last.bias",
    "distillation": "distillation_head.linear.bias",
}


@pytest.mark.parametrize("task", TASKS)
def test_a_loss_that_is_not_finite_is_an_error_with_the_tasks_name(sets, tmp_path, task):
    network = drawn(sets)
    with torch.no_grad():
        network.get_parameter(LAST[task]).fill_(float("nan"))
    with pytest.raises(InputError, match=f"the loss of {task} is nan; lower train.learning_rate"):
        loop.train(network, *sets, HALF, SETTINGS, tmp_path / "c.pt")
    assert not (tmp_path / "c.pt").exists()


def test_vectors_that_are_not_finite_are_an_error_of_distillation(sets, tmp_path):
    network = drawn(sets)
    sets[0].vectors["b"] = np.full_like(sets[0].vectors["b"], np.inf)
    with pytest.raises(InputError, match="the loss of distillation is inf"):
        loop.train(network, *sets, HALF, SETTINGS, tmp_path / "c.pt")
