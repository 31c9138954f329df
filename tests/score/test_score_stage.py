import json

import numpy as np
import pandas as pd
import pytest
from drawn_objects import HALF, REACH, TASKS, drawn_network, objects, save_network
from helpers import PARAMS, as_stored

from stages.common.network.tubes import regular_offsets
from stages.common.running.errors import InputError
from stages.common.running.params import merged
from stages.common.tables.schemas import BOX, CUE_VALUES, OBJECTS, TUBES, read_table, write_table
from stages.common.tables.shards import write_shard
from stages.score.__main__ import run
from stages.score.features import known_features
from stages.score.tasks import score_tubes

# Name, split, fold, and how many tubes it has.
CLIPS = [
    ("z_normal", "held_out", 0, 3),
    ("busy", "test", -1, 4),
    ("empty", "test", -1, 0),
    ("learnt", "train", -1, 2),
    ("y_normal", "held_out", 1, 5),
]
SMALL = {"machine": {"workers": 1}, "score": {"precision": "float32"}}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A trained set: two held-out clips of wide tubes, a test clip, one without objects, and a training clip."""
    monkeypatch.chdir(tmp_path)
    tables = []
    for folder in ("tubes", "teacher"):
        (tmp_path / "data/tiny" / folder).mkdir(parents=True)
    for seed, (video, split, fold, count) in enumerate(CLIPS):
        frames = 2 * HALF + 1 if split == "test" else 2 * REACH + 1
        tubes, class_scores, vectors = objects(count, frames=frames, seed=seed)
        write_shard(tmp_path / f"data/tiny/tubes/{video}.tubes", tubes, tubes.shape[1:])
        np.save(tmp_path / f"data/tiny/teacher/{video}.npy", vectors.astype(np.float16))
        # Tubes are not of the first objects, as where not every frame is learnt from.
        facts = {"video": video, "split": split, "fold": fold, "object": 5 + np.arange(count), "row": np.arange(count)}
        facts |= {"frame": 0, "learnt": (split != "test") & (np.arange(count) < 2)}
        table = pd.DataFrame({**facts, **dict.fromkeys(BOX, 0.0), "score": 1.0, "label": 0, "source": "boxes"})
        tables.append(table.assign(class_scores=pd.Series(list(class_scores), dtype=object)))
    table = pd.concat(tables, ignore_index=True)
    write_table(tmp_path / "data/tiny/tubes/tubes.parquet", table, TUBES)
    write_table(tmp_path / "data/tiny/detections/objects.parquet", table[::-1], OBJECTS)
    for fold in (0, 1):
        save_network(drawn_network(seed=fold), tmp_path / "models/tiny/network", fold)
    set_params(tmp_path)
    return tmp_path


def set_params(project, **changes):
    sections = {name: values for name, values in PARAMS.items() if name != "sets"}
    tree = merged(merged(sections, SMALL), changes)
    (project / "params.yaml").write_text(json.dumps({**tree, "sets": {"tiny": {}}}))


COMPARED = {
    "classifier": {"teach": {"compared": "classifier"}},
    "detector": {
        "teach": {"compared": "detector"},
        "detect": {"sources": ["boxes"]},
        "weights": {"detector": {"file": "boxes.csv", "sha256": "0" * 64}},
    },
}


@pytest.mark.parametrize("compared", COMPARED)
def test_held_out_clips_are_scored_by_their_network_and_test_clips_by_all(project, compared):
    set_params(project, **COMPARED[compared])
    assert run("tiny") == "scores of 12 objects, in data/tiny/scores.parquet"
    table = read_table(project / "data/tiny/scores.parquet", CUE_VALUES)
    assert table["video"].unique().tolist() == ["busy", "y_normal", "z_normal"]
    asked = table.groupby("video")["network"].unique().map(sorted).to_dict()
    assert asked == {"busy": [0, 1], "y_normal": [1], "z_normal": [0]}
    folder = project / "data/tiny/tubes"
    for (video, fold), own in table.groupby(["video", "network"]):
        # What the network has learnt from: all but its fold.
        normal = [(name, row) for name, split, of, _ in CLIPS if split != "test" and of != fold for row in (0, 1)]
        learnt, network = pd.DataFrame(normal, columns=["video", "row"]), drawn_network(seed=fold)
        known = known_features(network, learnt, folder, regular_offsets(HALF), True, "float32", 32)
        seed, (_, split, _, count) = next((n, clip) for n, clip in enumerate(CLIPS) if clip[0] == video)
        frames = 2 * HALF + 1 if split == "test" else 2 * REACH + 1
        tubes, class_scores, vectors = objects(count, frames=frames, seed=seed)
        narrow = as_stored(tubes)[:, frames // 2 - HALF : frames // 2 + HALF + 1]
        vectors = vectors.astype(np.float16).astype(np.float32) if compared == "classifier" else None
        expected, _ = score_tubes(network, narrow, class_scores, vectors, known)
        wide = own.pivot(index="object", columns="cue", values="value")
        assert wide.index.tolist() == (5 + np.arange(len(tubes))).tolist()
        assert set(wide.columns) == {*TASKS, "features"}
        for cue in wide.columns:
            np.testing.assert_allclose(wide[cue], expected[cue], atol=1e-5, err_msg=cue)


def test_a_detector_without_classes_cannot_be_what_is_compared(project):
    save_network(drawn_network(classes=0), project / "models/tiny/network")
    set_params(project, **COMPARED["detector"])
    with pytest.raises(InputError, match="has no class scores here; take classifier"):
        run("tiny")
