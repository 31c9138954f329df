"""What people called normal: its like goes lower, and what is unlike it stays, at the same place too."""

import json

import numpy as np
import pandas as pd
import pytest
from helpers import PARAMS
from hypothesis import given
from hypothesis import strategies as st
from small_tables import CUES, clips_of, videos

from stages.common.cues.all import OBJECT_SCORES
from stages.common.running.params import merged
from stages.common.running.paths import SetPaths
from stages.common.tables.schemas import (
    BOX,
    CUE_VALUES,
    FEATURES,
    FILES,
    OBJECTS,
    PEAKS,
    RUNS,
    SEARCHED,
    SOURCE_FAULTS,
    SPANS,
    VERDICTS,
    VIDEOS,
    read_table,
    write_table,
)
from stages.common.tables.verdicts import COLUMNS, write_verdicts
from stages.fuse.__main__ import run
from stages.fuse.teaching import COMPARED, PROPORTION, excused, with_features

SMALL = {
    "tubes": {"half_length": 1},
    "fuse": {"min_height": 6.0, "edge_margin": 0.0, "track_seconds": 0.1, "frame_seconds": 0.1},
}
# 100x80 pixels, 12 frames a second.
CLIPS = videos((("calm", "held_out", 120), ("busy", "test", 120), ("later", "test", 120), ("learnt", "train", 120)))
OF_NETWORK = [cue for cue in CUES if cue not in ("shape", "place", "velocity")]


def track(video, first, last, x, size, seen, high, seed):
    """Objects that walk to the right from x, foot at 60, of a size (w, h), with features and a height of all cues."""
    random, frames = np.random.default_rng(seed), np.arange(first, last + 1)
    left = x + 0.3 * (frames - first)
    table = pd.DataFrame({"video": video, "frame": frames, "x1": left, "y1": 60.0 - size[1], "x2": left + size[0]})
    table["y2"] = 60.0
    for cue in CUES:
        table[cue] = random.normal(high, 1, len(frames))
    vectors = random.normal(0, 0.3, (len(frames), 3)) + seen
    # As far as it is from the nearest of what was learnt, which is about the zero.
    return table.assign(vector=list(vectors.astype(np.float32)), features=np.linalg.norm(vectors, axis=1))


def everything():
    """Walkers everywhere; two cyclists in `busy` and one in `later`; and somebody who lies where the first rode."""
    person, cyclist, lying = (8, 20), (20, 22), (24, 9)
    rows = [
        track(clip, 0, 119, x, person, (0, 0, 0), 0, seed)
        for seed, (clip, x) in enumerate((clip, x) for clip in CLIPS["video"] for x in (5, 45))
    ]
    rows += [
        track("busy", 20, 50, 25, cyclist, (9, 0, 0), 6, 100),
        track("later", 60, 90, 50, cyclist, (9, 0, 0), 6, 101),
    ]
    rows += [track("later", 10, 40, 25, lying, (0, 9, 0), 6, 102)]
    table = pd.concat(rows, ignore_index=True)
    return table.assign(object=table.groupby("video").cumcount())


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sections = {name: values for name, values in PARAMS.items() if name != "sets"}
    (tmp_path / "params.yaml").write_text(json.dumps({**merged(sections, SMALL), "sets": {"tiny": {}}}))
    folder, table, clips = tmp_path / "data/tiny", everything(), clips_of(CLIPS)
    files = pd.DataFrame({"file": range(4), "path": CLIPS["video"] + ".mp4", "kind": "file", "sha256": ""})
    runs = clips.runs.assign(file=range(4))
    found = table.assign(score=1.0, label=-1, source="motion", class_scores=[[]] * len(table))
    scored, no_faults = table[table["video"] != "learnt"], pd.DataFrame(columns=SOURCE_FAULTS.names)
    for path, rows, schema in (
        ("footage/videos", CLIPS, VIDEOS), ("footage/files", files, FILES), ("footage/runs", runs, RUNS),
        ("detections/objects", found, OBJECTS), ("detections/searched", clips.searched, SEARCHED),
        ("live/spans", clips.spans, SPANS), ("features", scored.assign(network=0), FEATURES),
        *((f"{place}/faults", no_faults, SOURCE_FAULTS) for place in ("footage", "live")),
        *(
            (name, scored.melt(["video", "object"], cues, "cue").assign(network=number), CUE_VALUES)
            for name, cues, number in (("scores", OF_NETWORK, 0), ("velocity", ["velocity"], -1))
        ),
    ):  # fmt: skip
        write_table(folder / f"{path}.parquet", rows, schema)
    return tmp_path


def verdict(video, second, x, size, said="normal"):
    """Of what is at x, with its foot at 60, at a second of a clip."""
    box = [x / 100, (60 - size[1]) / 80, (x + size[0]) / 100, 60 / 80]
    about = {"set": "tiny", "before": 1.4, "after": 1.4, "verdict": said, "comment": "", "by": "", "at": "2026"}
    return pd.DataFrame([{"recording": f"{video}.mp4", "second": second, **dict(zip(BOX, box, strict=True)), **about}])


# When the first cyclist is highest, and where she is then.
CYCLIST = ("busy", 35 / 12, 25 + 0.3 * 15, (20, 22))


def scores(verdicts=None):
    """What the stage says, and the highest score of each of the three, in whose frames nobody else is so large."""
    paths = SetPaths("tiny")
    write_verdicts(paths.verdicts, pd.DataFrame(columns=COLUMNS) if verdicts is None else verdicts)
    said = run("tiny")
    table = read_table(paths.frame_scores / "objects.parquet", OBJECT_SCORES)
    wide = table[table["x2"] - table["x1"] > 15]
    parts = {
        "first": wide[wide["video"] == "busy"],
        "second": wide[(wide["video"] == "later") & (wide["frame"] >= 60)],
        "lying": wide[(wide["video"] == "later") & (wide["frame"] <= 40)],
        "walkers": table[(table["split"] == "test") & (table["x2"] - table["x1"] < 15)],
    }
    return said, {name: float(part["score"].max()) for name, part in parts.items()}


def test_what_was_called_normal_and_its_like_go_low_and_a_fall_at_the_same_place_does_not(project):
    _, before = scores()
    said, after = scores(verdict(*CYCLIST))
    assert min(before["first"], before["second"], before["lying"]) > 2 * before["walkers"]
    assert "1 verdicts, by which 31 objects are known as normal" in said
    assert after["first"] < before["walkers"] + 1 and after["second"] < 0.6 * before["second"]
    assert after["lying"] > 0.9 * before["lying"]
    assert after["walkers"] == pytest.approx(before["walkers"], rel=0.2)


def test_an_event_and_an_unsure_one_change_no_score_and_are_said_of_their_peak(project):
    _, before = scores()
    for said in ("event", "unsure"):
        assert scores(verdict(*CYCLIST, said))[1] == before
        peaks = read_table(SetPaths("tiny").frame_scores / "peaks.parquet", PEAKS)
        told = peaks[peaks["verdict"] == 0]
        assert (
            told["video"].tolist() == ["busy"]
            and told["score"].item() == peaks["score"][peaks["video"] == "busy"].max()
        )
        assert read_table(SetPaths("tiny").frame_scores / "verdicts.parquet", VERDICTS)["taught"].tolist() == [0]


def test_a_verdict_of_a_recording_that_is_not_there_is_told_and_changes_nothing(project):
    _, before = scores()
    said, after = scores(verdict("gone", *CYCLIST[1:]))
    assert "1 are of recordings that the set has not" in said and after == before


def test_without_verdicts_the_table_of_features_is_not_even_looked_at(project):
    SetPaths("tiny").features.unlink()
    assert scores()[1]["first"] > 0


# The parts


def objects(count, taught=(), split="held_out", **columns):
    table = pd.DataFrame({"video": "a", "object": range(count), "split": split, "taught": -1, "like": -1})
    table[BOX] = [0.0, 0.0, 10.0, 20.0]
    table.loc[list(taught), "taught"] = 0
    return table.assign(**columns)


def test_distances_are_those_of_looking_at_each_pair(tmp_path, rng):
    taught, count = (3, 4), 30
    table = objects(count, taught, **{"features 0": rng.uniform(0.5, 3, count).astype(np.float32)})
    table.loc[20:, "x2"] = 10 * np.exp(1.01 * PROPORTION)
    vectors = rng.normal(size=(count, 4)).astype(np.float32)
    write_table(tmp_path / "features.parquet", table.assign(network=0, vector=list(vectors)), FEATURES)
    found = with_features(table.sample(frac=1, random_state=0), tmp_path / "features.parquet").sort_index()
    usual = np.quantile(table["features 0"], 0.95)
    for row in range(count):
        nearest = min(np.linalg.norm(vectors[row] - vectors[own]) for own in taught)
        assert found["features 0"][row] == pytest.approx(min(table["features 0"][row], nearest), abs=1e-5)
        alike = nearest <= usual and nearest < table["features 0"][row] and row < 20
        assert found["like"][row] == (0 if row in taught or alike else -1), row


def test_nothing_is_excused_where_nothing_is_like_what_was_taught(rng):
    table = objects(5, **{cue: rng.normal(size=5) for cue in CUES})
    pd.testing.assert_frame_equal(excused(table), table)
    assert len(excused(table[:0])) == 0


@given(st.lists(st.floats(-9, 9), min_size=6, max_size=6))
def test_a_cue_is_never_raised_nor_put_below_the_usual_and_what_is_compared_stays(values):
    table = objects(6, (4,), **dict.fromkeys(CUES, values))
    table.loc[[3, 4], "split"] = "test"
    table.loc[[3, 4], "like"] = 0
    found, usual = excused(table), np.median(np.array(values)[[0, 1, 2, 5]])
    for cue in CUES:
        before, after = table[cue].to_numpy(), found[cue].to_numpy()
        assert (after <= before + 1e-9).all() and (after >= np.minimum(before, usual) - 1e-9).all()
        assert (after[[0, 1, 2, 5]] == before[[0, 1, 2, 5]]).all()
        if cue in COMPARED:
            assert (after == before).all()
        else:
            assert after[4] == pytest.approx(min(before[4], usual))
            assert after[3] == pytest.approx(min(before[3], max(usual, before[3] - max(before[4] - usual, 0))))
