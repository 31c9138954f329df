import subprocess
import sys

import numpy as np
import pytest
import torch
from helpers import ROOT
from tiny_set import FOLDER, TASKS, TUBES

from stages.common.network.network import Architecture, Network
from stages.common.tables.shards import Shard
from stages.train.loader import TubeSet, batches


@pytest.fixture
def folders(tmp_path):
    return tmp_path / FOLDER / "tubes", tmp_path / FOLDER / "teacher"


def slow_rows(folder, table, places):
    """The rows at `places` of the table, one file after the other."""
    picked = []
    for place in places:
        row = table.iloc[place]
        file = folder / f"{row['video']}.{'tubes' if folder.name == 'tubes' else 'npy'}"
        picked.append((Shard(file)[:] if folder.name == "tubes" else np.load(file))[row["row"]])
    return np.stack(picked)


def test_a_clip_with_an_empty_shard_is_passed_over(shards, folders):
    table, class_scores = shards({("a", "train"): 2, ("empty", "train"): 0, ("z", "train"): 2})
    (folders[1] / "empty.npy").unlink()
    data = TubeSet(table, class_scores, *folders)
    assert len(data) == 4
    np.testing.assert_array_equal(data.tubes(np.array([3, 1])), slow_rows(folders[0], table, [3, 1]))


@pytest.mark.parametrize("shuffled", [False, True], ids=["sorted", "shuffled"])
def test_rows_come_in_the_order_asked_from_a_table_in_any_order(shards, folders, shuffled):
    table, class_scores = shards({("b", "train"): 4, ("a", "train"): 5, ("c", "train"): 1}, classes=3)
    if shuffled:
        table = table.sample(frac=1, random_state=0)
    data = TubeSet(table, class_scores, *folders)
    for places in (np.arange(10), np.array([9, 0, 4, 4, 7, 2]), np.array([3])):
        np.testing.assert_array_equal(data.tubes(places), slow_rows(folders[0], table, places))
        vectors = data.teacher(places)
        assert vectors.dtype == np.float32
        np.testing.assert_array_equal(vectors, slow_rows(folders[1], table, places).astype(np.float32))


def collected(data, order, size, seed=0, **changes):
    network = Network(Architecture("shallow", "narrow", 16, 1, 3, 5, tuple(TASKS)))
    network.teacher_mean.fill_(2.0)
    random = np.random.default_rng(seed)
    return list(batches(data, order, size, TUBES, random, network, torch.device("cpu"), **changes))


def test_an_epoch_over_nothing_has_no_batches(shards, folders):
    data = TubeSet(*shards({("a", "train"): 3}, classes=3), *folders)
    assert collected(data, np.zeros(0, int), 2) == []


def test_batches_hold_the_tubes_of_the_order_with_scores_and_standardised_vectors(shards, folders):
    table, class_scores = shards({("b", "train"): 4, ("a", "train"): 3}, classes=3)
    data, order = TubeSet(table, class_scores, *folders), np.array([6, 2, 0, 5, 3])
    found = collected(data, order, 2)
    assert [len(batch.regular) for batch in found] == [2, 2, 1]
    wide = slow_rows(folders[0], table, order)
    regular = torch.cat([batch.regular for batch in found])
    expected = torch.from_numpy(wide[:, 4:9] / 255).permute(0, 4, 1, 2, 3).float()
    torch.testing.assert_close(regular, expected)
    torch.testing.assert_close(torch.cat([batch.pictures for batch in found]), expected[:, :, 2])
    scores = torch.cat([batch.class_scores for batch in found]).numpy()
    np.testing.assert_array_equal(scores, class_scores[order])
    vectors = torch.cat([batch.teacher for batch in found]).numpy()
    np.testing.assert_allclose(vectors, slow_rows(folders[1], table, order).astype(np.float32) - 2)


def test_the_irregular_twin_is_the_same_tube_with_frames_skipped(shards, folders):
    table, class_scores = shards({("a", "train"): 6}, classes=3)
    order = np.arange(6)
    irregular = torch.cat([batch.irregular for batch in collected(TubeSet(table, class_scores, *folders), order, 4)])
    wide = torch.from_numpy(slow_rows(folders[0], table, order) / 255).permute(0, 4, 1, 2, 3).float()
    for tube, source in zip(irregular, wide, strict=True):
        places = [next(t for t in range(13) if torch.equal(tube[:, i], source[:, t])) for i in range(5)]
        assert places[2] == 6 and set(np.diff(places)) <= {2, 3}


def test_irregular_twins_are_drawn_anew_with_the_generator(shards, folders):
    data = TubeSet(*shards({("a", "train"): 6}, classes=3), *folders)
    first, again, other = (collected(data, np.arange(6), 6, seed)[0].irregular for seed in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_mirrored_tubes_are_about_half_and_what_the_teachers_saw_is_none_of_them(shards, folders):
    table, class_scores = shards({("a", "train"): 64}, classes=3)
    data, order = TubeSet(table, class_scores, *folders), np.arange(64)
    (batch,) = collected(data, order, 64, mirror=True)
    wide = torch.from_numpy(slow_rows(folders[0], table, order) / 255).permute(0, 4, 1, 2, 3).float()
    turned = []
    for regular, irregular, source in zip(batch.regular, batch.irregular, wide, strict=True):
        turned.append(torch.equal(regular, source[:, 4:9].flip(3)))
        shown = source.flip(3) if turned[-1] else source
        assert torch.equal(regular, shown[:, 4:9]) and torch.equal(irregular[:, 2], shown[:, 6])
    assert 16 < sum(turned) < 48
    assert torch.equal(batch.pictures, wide[:, :, 6])
    np.testing.assert_array_equal(data.tubes(order), slow_rows(folders[0], table, order))


def test_jittered_tubes_and_their_irregular_twins_are_changed_alike_and_what_the_teachers_saw_is_not(shards, folders):
    data, order = TubeSet(*shards({("a", "train"): 64}, classes=3), *folders), np.arange(64)
    (plain,), (batch,) = (collected(data, order, 64, jitter=jitter) for jitter in (False, True))
    changed = [not torch.equal(*pair) for pair in zip(plain.regular, batch.regular, strict=True)]
    assert sum(changed) > 60
    assert torch.equal(batch.regular[:, :, 2], batch.irregular[:, :, 2])
    assert torch.equal(batch.pictures, plain.pictures) and torch.equal(batch.teacher, plain.teacher)


FEW_FILES = """
import resource, sys
from pathlib import Path
import numpy as np
import pandas as pd
from stages.common.tables.schemas import TUBES, read_table
from stages.train.loader import TubeSet
resource.setrlimit(resource.RLIMIT_NOFILE, (60,) * 2)
folder = Path(sys.argv[1])
table = read_table(folder / "tubes/tubes.parquet", TUBES)
assert len(table) > 3 * 60
data = [TubeSet(table, np.zeros((len(table), 0)), folder / "tubes", folder / "teacher") for _ in range(2)]
for _ in range(2):
    for one in data:
        order = np.random.default_rng(0).permutation(len(one))
        print(one.tubes(order).sum(), one.teacher(order).shape)
"""


def test_more_clips_than_a_process_may_have_files_open(shards, folders):
    shards({(f"{clip:03d}", "train"): 1 for clip in range(400)})
    command = [sys.executable, "-c", FEW_FILES, folders[0].parent]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(set(done.stdout.splitlines())) == 1 and done.stdout.count("\n") == 4
