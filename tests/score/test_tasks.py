import numpy as np
import pandas as pd
import pytest
import torch
from drawn_objects import HALF, REACH, TASKS, drawn_network, objects, save_network
from helpers import as_stored

from stages.common.cues.features import Known
from stages.common.tables.schemas import BOX, CUE_VALUES, FEATURES, OBJECTS, read_table, write_table
from stages.common.tables.shards import write_shard
from stages.score.settings import Score
from stages.score.tasks import Learnt, score_clip, score_tubes

NAMES = [*TASKS, "features"]
# The nearest of the two is the first.
KNOWN = Known(np.ones(32), np.repeat([[0.1], [9.0]], 32, axis=1))


@torch.inference_mode()
def slow_scores(network, tube, class_scores, vector):
    """The scores of one object, uint8 (frames, side, side, channels), word by word."""
    frames = [torch.tensor(frame / 255, dtype=torch.float32).permute(2, 0, 1) for frame in tube]
    middle, heads = len(frames) // 2, network.heads
    maps = network.trunk(torch.stack(frames, 1)[None])
    forward_or_backward, regular_or_irregular = heads["arrow"](maps)[0], heads["irregularity"](maps)[0]
    rest = torch.stack(frames[:middle] + frames[middle + 1 :], 1)[None]
    predicted = heads["middle"](network.trunk.unpooled(rest))[0]
    said = heads["distillation"](network.trunk.of_pictures(frames[middle][None]))[0]
    if vector is None:
        distances = [abs(float(a) - float(b)) for a, b in zip(said[: len(class_scores)], class_scores, strict=True)]
    else:
        wanted = [
            (float(v) - float(m)) / float(d)
            for v, m, d in zip(vector, network.teacher_mean, network.teacher_deviation, strict=True)
        ]
        distances = [abs(float(a) - b) for a, b in zip(said[len(class_scores) :], wanted, strict=True)]
    return {
        "arrow": float(forward_or_backward[1]) - float(forward_or_backward[0]),
        "irregularity": float(regular_or_irregular[1]) - float(regular_or_irregular[0]),
        "middle": float((predicted - frames[middle]).abs().mean()),
        "distillation": sum(distances) / len(distances),
        "features": float((maps[0].mean((1, 2)) - 0.1).norm()),
    }


@pytest.mark.parametrize("depth", ["shallow", "deep"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("by", ["detector", "classifier"])
def test_scores_are_those_of_each_object_on_its_own(channels, by, depth):
    network = drawn_network(channels, depth=depth)
    tubes, class_scores, vectors = objects(5, channels)
    teacher = vectors if by == "classifier" else None
    found, seen = score_tubes(network, tubes, class_scores, teacher, KNOWN)
    np.testing.assert_allclose(np.linalg.norm(seen - np.float32(0.1), axis=1), found["features"], rtol=1e-4)
    assert list(found) == NAMES
    for task in NAMES:
        assert found[task].shape == (5,) and found[task].dtype == np.float32 and found[task].std() > 1e-6
    for index in range(5):
        expected = slow_scores(network, tubes[index], class_scores[index], None if teacher is None else vectors[index])
        for task in NAMES:
            assert found[task][index] == pytest.approx(expected[task], abs=1e-5), task


def test_bfloat16_scores_are_those_of_float32_to_its_precision():
    network = drawn_network()
    tubes, class_scores, vectors = objects(40)
    for teacher in (None, vectors):
        plain, short = (
            score_tubes(network, tubes, class_scores, teacher, KNOWN, precision)[0]
            for precision in ("float32", "bfloat16")
        )
        for task in NAMES:
            assert short[task].dtype == np.float32 and (short[task] != plain[task]).any()
            np.testing.assert_allclose(short[task], plain[task], atol=0.04 * np.abs(plain[task]).max(), err_msg=task)


def test_an_unlearnt_task_has_no_score_and_the_features_always_have_one():
    network = drawn_network(tasks=("arrow", "distillation"))
    tubes, class_scores, _ = objects(3)
    found, _ = score_tubes(network, tubes, class_scores, None, KNOWN)
    assert list(found) == ["arrow", "distillation", "features"]
    assert all(np.isfinite(scores).all() for scores in found.values())


def clip_scores(folder, network, shard, class_scores, vectors=None, batch=256, numbers=None):
    """The table that `score_clip` writes, and the same with a column per cue."""
    folder.mkdir(parents=True, exist_ok=True)
    card = save_network(network, folder / "network")
    write_shard(folder / "clip.tubes", shard, shard.shape[1:])
    teacher = None
    if vectors is not None:
        teacher = folder / "vectors.npy"
        np.save(teacher, vectors.astype(np.float16))
    numbers = np.arange(len(shard)) if numbers is None else numbers
    score = Score(precision="float32", batch=batch)
    learnt = {0: Learnt(folder / "network/0.safetensors", card, KNOWN, score, "cpu")}
    rows = pd.DataFrame({"video": "clip", "object": numbers})
    facts = {"frame": 0, **dict.fromkeys(BOX, 0.0), "score": 1.0, "label": 0, "source": "boxes"}
    found = rows.assign(**facts, class_scores=pd.Series(list(class_scores), dtype=object))
    write_table(folder / "objects.parquet", found, OBJECTS)
    score_clip(rows, folder / "objects.parquet", folder / "clip.tubes", teacher, learnt, folder)
    table = read_table(folder / "scores.parquet", CUE_VALUES)
    return table, table.pivot(index="object", columns="cue", values="value")


@pytest.mark.parametrize("taught", [False, True])
def test_a_clip_without_objects_has_a_table_without_rows(tmp_path, taught):
    tubes, class_scores, vectors = objects(0)
    assert len(clip_scores(tmp_path, drawn_network(), tubes, class_scores, vectors if taught else None)[0]) == 0


def test_a_clips_table_has_a_value_of_each_object_by_its_number_and_cue(tmp_path):
    tubes, class_scores, vectors = objects(4)
    numbers = np.array([7, 2, 3, 40])
    table, wide = clip_scores(tmp_path, drawn_network(), tubes, class_scores, vectors, numbers=numbers, batch=3)
    assert set(table["video"]) == {"clip"} and len(table) == 4 * len(NAMES)
    vectors = vectors.astype(np.float16).astype(np.float32)
    expected, seen = score_tubes(drawn_network(), as_stored(tubes), class_scores, vectors, KNOWN)
    features = read_table(tmp_path / "features.parquet", FEATURES)
    assert features["object"].tolist() == numbers.tolist() and set(features["network"]) == {0}
    np.testing.assert_allclose(np.stack(features["vector"]), seen, atol=1e-5)
    assert set(wide.columns) == set(expected) == set(NAMES)
    for cue in NAMES:
        np.testing.assert_allclose(wide.loc[numbers, cue], expected[cue], atol=1e-5)


@pytest.mark.parametrize("batch", [1, 3, 7])
@pytest.mark.parametrize("taught", [False, True], ids=["detector", "classifier"])
def test_scores_do_not_depend_on_the_size_of_the_batches(tmp_path, batch, taught):
    tubes, class_scores, vectors = objects(7)
    vectors = vectors if taught else None
    whole, parts = (
        clip_scores(tmp_path / name, drawn_network(), tubes, class_scores, vectors, size)[1]
        for name, size in (("whole", 256), ("parts", batch))
    )
    np.testing.assert_allclose(parts[NAMES], whole[NAMES], atol=1e-5)


def test_wide_tubes_of_normal_clips_score_as_the_same_objects_in_a_test_clip(tmp_path):
    wide, class_scores, vectors = objects(5, frames=2 * REACH + 1)
    narrow = wide[:, REACH - HALF : REACH + HALF + 1]
    as_normal, as_test = (
        clip_scores(tmp_path / name, drawn_network(), tubes, class_scores, vectors)[0]
        for name, tubes in (("normal", wide), ("test", narrow))
    )
    pd.testing.assert_frame_equal(as_normal, as_test)
