from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load, save
from tiny_set import FOLDER, HALF, SETTINGS, TASKS, TUBES

from stages.common.cues import features
from stages.common.network.tubes import regular_offsets, take_offsets
from stages.common.running.errors import InputError
from stages.score.tasks import score_tubes
from stages.train import __main__ as stage
from stages.train import loop
from stages.train.loader import TubeSet

SETTINGS = replace(SETTINGS, tubes_per_epoch=40)


@pytest.fixture(autouse=True)
def small_steps(monkeypatch):
    """Fifty tubes are a step of real training."""
    for name, value in {"BATCH": 16, "LEARNING_RATE": 0.003, "WARMUP_STEPS": 2}.items():
        monkeypatch.setattr(loop, name, value)


class Watched(TubeSet):
    """Remembers which tubes are asked for, batch by batch; after `most` batches somebody presses Ctrl-C."""

    most = np.inf

    def __init__(self, *args):
        super().__init__(*args)
        self.asked = []

    def tubes(self, places):
        if len(self.asked) >= self.most:
            raise KeyboardInterrupt
        self.asked.append(places.tolist())
        return super().tubes(places)


@pytest.fixture
def sets(shards, tmp_path):
    table, class_scores = shards({("a", "train"): 30, ("b", "train"): 20, ("h", "held_out"): 24})
    folders, found = (tmp_path / FOLDER / "tubes", tmp_path / FOLDER / "teacher"), []
    for split in ("train", "held_out"):
        rows = (table["split"] == split).to_numpy()
        found.append(Watched(table[rows], class_scores[rows], *folders))
    return found


def drawn(sets, settings=SETTINGS, seed=0):
    torch.manual_seed(seed)
    sets[0].asked.clear()
    network = stage.build(sets[0], settings, TUBES)
    sets[0].asked.clear()
    return network


def trained(sets, checkpoint, settings=SETTINGS, seed=0):
    """The bytes of a trained network, and its history."""
    network = drawn(sets, settings, seed)
    history = loop.train(network, *sets, TUBES, settings, checkpoint)
    return save(network.state_dict()), history


def only(task):
    return {name: float(name == task) for name in TASKS}


def test_no_epochs_leave_the_network_as_it_was_drawn(sets, tmp_path):
    bytes_, history = trained(sets, tmp_path / "c", replace(SETTINGS, epochs=0))
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
    history = trained(sets, tmp_path / "c", settings)[1]
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
        run = [network, sets[0], np.arange(40), TUBES, settings]
        losses["held out", changed] = loop.run_epoch(*run, np.random.default_rng(0))
        losses["train", changed] = loop.run_epoch(*run, np.random.default_rng(0), optimizer, scheduler)
    assert losses["held out", True] == losses["held out", False] == losses["train", False] != losses["train", True]


def test_history_has_a_row_per_epoch_and_split_with_each_task(sets, tmp_path):
    history = trained(sets, tmp_path / "c")[1]
    splits = ("train", "held_out")
    assert [(row["epoch"], row["split"]) for row in history] == [(e, s) for e in range(3) for s in splits]
    assert all(np.isfinite([row[task] for task in TASKS]).all() for row in history)


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(sets, tmp_path):
    first, again = (trained(sets, tmp_path / f"{name}") for name in ("first", "again"))
    assert first == again
    assert first[0] != trained(sets, tmp_path / "other", replace(SETTINGS, seed=1))[0]


def test_lower_precision_learns_nearly_the_same_and_is_as_repeatable(sets, tmp_path):
    settings = replace(SETTINGS, precision="bfloat16")
    exact = trained(sets, tmp_path / "exact")
    first, again = (trained(sets, tmp_path / f"{name}", settings) for name in ("first", "again"))
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
        loop.train(networks[-1], *sets, TUBES, settings, tmp_path / f"{precision}")
    tubes = take_offsets(sets[1].tubes(np.arange(len(sets[1]))), regular_offsets(HALF))
    class_scores, vectors = sets[1].class_scores, sets[1].teacher(np.arange(len(sets[1])))
    known = features.fit(np.random.default_rng(0).normal(size=(99, 32)))
    exact, lower = (score_tubes(network.eval(), tubes, class_scores, vectors, known)[0] for network in networks)
    for task in TASKS:
        # Objects of one score differ by chance more than by precision.
        assert np.abs(lower[task] - exact[task]).max() < 0.5 * np.ptp(exact[task]), task
        assert np.corrcoef(lower[task], exact[task])[0, 1] > 0.8, task


def test_the_order_of_tubes_is_drawn_anew_for_each_epoch(sets, tmp_path):
    trained(sets, tmp_path / "c")
    epochs = [sum(sets[0].asked[start : start + 3], []) for start in (0, 3, 6)]
    assert all(len(order) == len(set(order)) == 40 for order in epochs)
    assert epochs[0] != epochs[1] != epochs[2]


def test_the_same_held_out_tubes_from_the_first_to_the_last_tell_how_it_goes_on(sets, tmp_path):
    trained(sets, tmp_path / "c")
    assert len(sets[1].asked) == 3 and len(sets[1].asked[0]) == 8
    assert sets[1].asked[0] == sets[1].asked[1] == sorted(sets[1].asked[2])
    assert sets[1].asked[0][0] == 0 and sets[1].asked[0][-1] == 23


def test_a_held_out_pass_changes_no_weight(sets):
    network = drawn(sets)
    before = save(network.state_dict())
    with torch.no_grad():
        loop.run_epoch(network, sets[1], np.arange(10), TUBES, SETTINGS, np.random.default_rng(0))
    assert save(network.state_dict()) == before


@pytest.mark.parametrize("batches", [1, 3, 4, 8], ids="stopped after {} batches".format)
def test_training_that_was_stopped_goes_on_to_the_same_bytes(sets, tmp_path, batches, capsys):
    undisturbed = trained(sets, tmp_path / "undisturbed")
    sets[0].most = batches
    with pytest.raises(KeyboardInterrupt):
        trained(sets, tmp_path / "stopped")
    assert (tmp_path / "stopped").exists() == (batches >= 3)
    sets[0].most = np.inf
    assert trained(sets, tmp_path / "stopped") == undisturbed
    said = [f"going on after epoch {batches // 3}"] if batches >= 3 else []
    assert [line.strip() for line in capsys.readouterr().err.splitlines() if "going on" in line] == said


def test_what_was_learnt_before_the_stop_comes_from_the_checkpoint(sets, tmp_path):
    undisturbed = trained(sets, tmp_path / "undisturbed")
    sets[0].most = 3
    with pytest.raises(KeyboardInterrupt):
        trained(sets, tmp_path / "stopped")
    sets[0].most = np.inf
    # The network that goes on is drawn otherwise: only the checkpoint can bring back the first.
    assert trained(sets, tmp_path / "stopped", seed=5) == undisturbed


def test_a_damaged_checkpoint_is_not_gone_on_from(sets, tmp_path, capsys):
    undisturbed = trained(sets, tmp_path / "place", replace(SETTINGS, epochs=1))
    file = tmp_path / "place/piece/checkpoint.pt"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 4  # amid the weights, of which torch itself reads anything
    file.write_bytes(content)
    assert trained(sets, tmp_path / "place", replace(SETTINGS, epochs=1)) == undisturbed
    assert "going on" not in capsys.readouterr().err


@pytest.mark.parametrize("task", TASKS)
def test_a_loss_that_is_not_finite_is_an_error_with_the_tasks_name(sets, tmp_path, task):
    network = drawn(sets)
    with torch.no_grad():
        for parameter in network.heads[task].parameters():
            parameter.fill_(float("nan"))
    with pytest.raises(InputError, match=f"the loss of {task} is nan; look for broken tubes or vectors"):
        loop.train(network, *sets, TUBES, SETTINGS, tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_vectors_that_are_not_finite_are_an_error_of_distillation(sets, tmp_path):
    network, vectors = drawn(sets), tmp_path / FOLDER / "teacher/b.npy"
    vectors.unlink()
    np.save(vectors, np.full((20, 5), np.inf, np.float16))
    sets[0].open["teacher"].cache_clear()
    with pytest.raises(InputError, match="the loss of distillation is inf"):
        loop.train(network, *sets, TUBES, SETTINGS, tmp_path / "c")
