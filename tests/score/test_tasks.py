import json

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import save_file

from stages.common.network.network import Architecture, Network, architecture_card
from stages.common.objects.coco import PERSON, class_names
from stages.common.running.errors import InputError
from stages.common.tables.json_files import save_json
from stages.common.tables.schemas import BOX, SCORES, TASKS, TUBES, read_table, write_table
from stages.score.__main__ import run
from stages.score.features import NormalFeatures
from stages.score.tasks import Score, person_scores, score_clip, score_tubes

HALF, REACH, SIDE, FEATURES = 2, 6, 16, 5
NAMES = [*TASKS, "features"]
# The nearest of the two is the first.
NORMAL = NormalFeatures(np.ones(32), np.repeat([[0.1], [9.0]], 32, axis=1))
PARAMS = """
machine: {{workers: 1, device: cpu}}
score: {{distillation: {distillation}, precision: float32, batch: {batch}}}
sets: {{tiny: {{score: {{}}}}}}
"""


def drawn_network(channels=1, classes=3, depth="shallow"):
    torch.manual_seed(0)
    network = Network(Architecture(depth, "narrow", SIDE, channels, classes, FEATURES))
    network.teacher_mean.normal_()
    network.teacher_deviation.uniform_(0.5, 2)
    return network.eval()


def save_network(network, folder):
    folder.mkdir(parents=True, exist_ok=True)
    save_file({k: v.contiguous() for k, v in network.state_dict().items()}, folder / "model.safetensors")
    card = {"architecture": architecture_card(network.architecture), "half_length": HALF, "mirror": True}
    card["tasks"] = TASKS
    save_json(folder / "model.json", card)
    return card


def objects(count, channels=1, classes=3, frames=2 * HALF + 1, seed=0):
    """Tubes, class scores and teacher's vectors of `count` objects."""
    random = np.random.default_rng(seed)
    tubes = random.integers(0, 256, (count, frames, SIDE, SIDE, channels), dtype=np.uint8)
    return tubes, random.random((count, classes), np.float32), random.normal(size=(count, FEATURES)).astype(np.float32)


def rows_of(class_scores, video="clip", split="test"):
    count = len(class_scores)
    facts = {"video": video, "row": np.arange(count), "split": split, "frame": np.arange(count) * 2}
    table = pd.DataFrame({**facts, **{edge: np.arange(count) + place for place, edge in enumerate(BOX)}})
    return table.assign(class_scores=pd.Series(list(class_scores), dtype=object))


@torch.inference_mode()
def slow_scores(network, tube, class_scores, vector):
    """The scores of one object, uint8 (frames, side, side, channels), word by word."""
    frames = [torch.tensor(frame / 255, dtype=torch.float32).permute(2, 0, 1) for frame in tube]
    middle = len(frames) // 2
    features = network.trunk(torch.stack(frames, 1)[None])
    forward_or_backward, regular_or_irregular = network.arrow(features)[0], network.irregularity(features)[0]
    predicted = network.middle(torch.stack(frames[:middle] + frames[middle + 1 :], 1)[None])[0]
    classes, taught = network.distillation(frames[middle][None])
    if vector is None:
        distances = [abs(float(a) - float(b)) for a, b in zip(classes[0], class_scores, strict=True)]
    else:
        wanted = [
            (float(v) - float(m)) / float(d)
            for v, m, d in zip(vector, network.teacher_mean, network.teacher_deviation, strict=True)
        ]
        distances = [abs(float(a) - b) for a, b in zip(taught[0], wanted, strict=True)]
    return {
        "arrow": float(forward_or_backward[1]) - float(forward_or_backward[0]),
        "irregularity": float(regular_or_irregular[1]) - float(regular_or_irregular[0]),
        "middle": float((predicted - frames[middle]).abs().mean()),
        "distillation": sum(distances) / len(distances),
        "features": float((features[0].mean((1, 2)) - 0.1).norm()),
    }


@pytest.mark.parametrize("depth", ["shallow", "deep"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("by", ["detector", "classifier"])
def test_scores_are_those_of_each_object_on_its_own(channels, by, depth):
    network = drawn_network(channels, depth=depth)
    tubes, class_scores, vectors = objects(5, channels)
    teacher = vectors if by == "classifier" else None
    found = score_tubes(network, tubes, class_scores, teacher, NORMAL)
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
        plain, short = (score_tubes(network, tubes, class_scores, teacher, NORMAL, p) for p in ("float32", "bfloat16"))
        for task in NAMES:
            assert short[task].dtype == np.float32 and (short[task] != plain[task]).any()
            np.testing.assert_allclose(short[task], plain[task], atol=0.04 * np.abs(plain[task]).max(), err_msg=task)


def test_a_task_that_succeeds_scores_low():
    network = drawn_network()
    tubes, class_scores, _ = objects(1)
    with torch.no_grad():
        network.arrow_head.linear.weight.zero_()
        network.arrow_head.linear.bias.copy_(torch.tensor([3.0, -1.0]))
        network.middle_head.last.weight.zero_()
        network.middle_head.last.bias.fill_(0.2)
    tubes[:, HALF] = 51
    found = score_tubes(network, tubes, class_scores, None, NORMAL)
    assert found["arrow"] == pytest.approx([-4.0])
    assert found["middle"] == pytest.approx([0.0], abs=1e-6)


def test_the_middle_crop_is_predicted_from_the_others_alone():
    network = drawn_network()
    with torch.no_grad():
        network.middle_head.last.bias.fill_(-1.0)  # every error has one sign, so that it tells what was predicted
    tubes, class_scores, _ = objects(2)
    darker = tubes.copy()
    darker[:, HALF] = tubes[:, HALF] // 2
    change = tubes[:, HALF].mean((1, 2, 3)) / 255 - darker[:, HALF].mean((1, 2, 3)) / 255
    before, after = (score_tubes(network, part, class_scores, None, NORMAL)["middle"] for part in (tubes, darker))
    np.testing.assert_allclose(before - after, change, atol=1e-5)


def clip_scores(folder, network, shard, class_scores, vectors=None, batch=256, rows=None):
    folder.mkdir(parents=True, exist_ok=True)
    card = save_network(network, folder / "network")
    np.save(folder / "shard.npy", shard)
    teacher = None
    if vectors is not None:
        teacher = folder / "vectors.npy"
        np.save(teacher, vectors.astype(np.float16))
    by = "detector" if vectors is None else "classifier"
    rows = rows_of(class_scores) if rows is None else rows
    score = Score(distillation=by, precision="float32", batch=batch)
    score_clip(rows, folder / "shard.npy", teacher, folder / "network", card, NORMAL, score, "cpu", folder)
    return read_table(folder / "scores.parquet", SCORES)


@pytest.mark.parametrize("taught", [False, True])
def test_a_clip_without_objects_has_a_table_without_rows(tmp_path, taught):
    tubes, class_scores, vectors = objects(0)
    assert len(clip_scores(tmp_path, drawn_network(), tubes, class_scores, vectors if taught else None)) == 0


def test_a_clips_table_keeps_its_rows_and_their_order(tmp_path):
    tubes, class_scores, vectors = objects(4)
    table = clip_scores(tmp_path, drawn_network(), tubes, class_scores, vectors)
    pd.testing.assert_frame_equal(
        table[["video", "split", "frame", *BOX]],
        rows_of(class_scores)[["video", "split", "frame", *BOX]],
        check_dtype=False,
    )
    expected = score_tubes(drawn_network(), tubes, class_scores, vectors.astype(np.float16).astype(np.float32), NORMAL)
    for task in NAMES:
        np.testing.assert_allclose(table[task], expected[task], atol=1e-5)


def test_a_task_that_was_not_trained_has_no_score(tmp_path):
    tubes, class_scores, _ = objects(3)
    clip_scores(tmp_path, drawn_network(), tubes, class_scores)
    card = json.loads((tmp_path / "network/model.json").read_text()) | {"tasks": ["arrow", "distillation"]}
    score = Score(distillation="detector", precision="float32", batch=2)
    score_clip(
        rows_of(class_scores), tmp_path / "shard.npy", None, tmp_path / "network", card, NORMAL, score, "cpu", tmp_path
    )
    table = read_table(tmp_path / "scores.parquet", SCORES)
    assert table[["arrow", "distillation"]].notna().all(axis=None)
    assert table[["irregularity", "middle"]].isna().all(axis=None)


def test_what_the_detector_did_not_see_has_no_distillation_score_by_it():
    tubes, class_scores, vectors = objects(3)
    class_scores[1] = 0
    by_detector, by_classifier = (score_tubes(drawn_network(), tubes, class_scores, v, NORMAL) for v in (None, vectors))
    assert np.isnan(by_detector["distillation"]).tolist() == [False, True, False]
    assert np.isfinite(by_classifier["distillation"]).all() and np.isfinite(by_detector["middle"]).all()


def test_a_person_is_told_from_the_class_scores_of_coco_alone():
    assert len(person_scores(pd.Series([], dtype=object))) == 0
    seen, numbered = np.zeros(80, np.float32), np.zeros(91, np.float32)
    seen[[0, 3]], numbered[1] = (0.7, 0.9), 0.6
    unseen, others = np.zeros(80, np.float32), np.full(3, 0.5, np.float32)
    scores = person_scores(pd.Series([seen, numbered, unseen, others, np.zeros(0, np.float32)]))
    assert scores[:2].tolist() == pytest.approx([0.7, 0.6]) and np.isnan(scores[2:]).all()
    for classes, place in PERSON.items():
        assert class_names(classes)[place] == "person"


@pytest.mark.parametrize("batch", [1, 3, 7])
@pytest.mark.parametrize("taught", [False, True], ids=["detector", "classifier"])
def test_scores_do_not_depend_on_the_size_of_the_batches(tmp_path, batch, taught):
    tubes, class_scores, vectors = objects(7)
    vectors = vectors if taught else None
    whole, parts = (
        clip_scores(tmp_path / name, drawn_network(), tubes, class_scores, vectors, size)
        for name, size in (("whole", 256), ("parts", batch))
    )
    np.testing.assert_allclose(parts[NAMES], whole[NAMES], atol=1e-5)


def test_wide_tubes_of_normal_clips_score_as_the_same_objects_in_a_test_clip(tmp_path):
    wide, class_scores, vectors = objects(5, frames=2 * REACH + 1)
    narrow = wide[:, REACH - HALF : REACH + HALF + 1]
    as_normal, as_test = (
        clip_scores(tmp_path / name, drawn_network(), tubes, class_scores, vectors)
        for name, tubes in (("normal", wide), ("test", narrow))
    )
    pd.testing.assert_frame_equal(as_normal, as_test)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A trained set: a held-out clip of wide tubes, a test clip, one without objects, and a training clip."""
    monkeypatch.chdir(tmp_path)
    tables = []
    for folder in ("tubes", "teacher"):
        (tmp_path / "data/tiny" / folder).mkdir(parents=True)
    clips = [("z_normal", "held_out", 3), ("busy", "test", 4), ("empty", "test", 0), ("learnt", "train", 2)]
    for seed, (video, split, count) in enumerate(clips):
        frames = 2 * HALF + 1 if split == "test" else 2 * REACH + 1
        tubes, class_scores, vectors = objects(count, frames=frames, seed=seed)
        np.save(tmp_path / f"data/tiny/tubes/{video}.npy", tubes)
        np.save(tmp_path / f"data/tiny/teacher/{video}.npy", vectors.astype(np.float16))
        tables.append(rows_of(class_scores, video, split))
    write_table(tmp_path / "data/tiny/tubes/tubes.parquet", pd.concat(tables, ignore_index=True), TUBES)
    save_network(drawn_network(), tmp_path / "models/tiny/network")
    set_params(tmp_path)
    return tmp_path


def set_params(project, distillation="classifier", batch=256):
    (project / "params.yaml").write_text(PARAMS.format(distillation=distillation, batch=batch))


def test_the_stage_scores_test_and_held_out_objects_clip_by_clip(project):
    assert run("tiny") == "scores of 7 objects, in data/tiny/scores.parquet"
    table = read_table(project / "data/tiny/scores.parquet", SCORES)
    assert table["video"].tolist() == ["busy"] * 4 + ["z_normal"] * 3
    assert table["split"].tolist() == ["test"] * 4 + ["held_out"] * 3
    tubes, class_scores, vectors = objects(3, frames=2 * REACH + 1, seed=0)
    narrow = tubes[:, REACH - HALF : REACH + HALF + 1]
    expected = score_tubes(drawn_network(), narrow, class_scores, vectors.astype(np.float16).astype(np.float32), NORMAL)
    for task in TASKS:
        np.testing.assert_allclose(table[task][4:], expected[task], atol=1e-5)


def test_the_stage_without_the_teachers_vectors_of_test_clips_says_what_to_turn_on(project):
    (project / "data/tiny/teacher/busy.npy").unlink()
    with pytest.raises(InputError, match="busy.npy: not found; .* needs teach.test_clips: true"):
        run("tiny")
    set_params(project, distillation="detector")
    assert run("tiny").startswith("scores of 7 objects")


def test_a_detector_without_classes_cannot_be_what_is_compared(project):
    save_network(drawn_network(classes=0), project / "models/tiny/network")
    set_params(project, distillation="detector")
    with pytest.raises(InputError, match="has no class scores here; take classifier"):
        run("tiny")
