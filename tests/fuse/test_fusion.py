from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from stages.common.errors import InputError
from stages.common.paths import SetPaths
from stages.common.tables import (
    BOX,
    CUES,
    DETECTIONS,
    FRAME_SCORES,
    OBJECT_SCORES,
    SCORES,
    TASKS,
    TRIVIAL,
    VELOCITY,
    VIDEOS,
    read_table,
    write_table,
)
from stages.fuse import fusion
from stages.fuse.__main__ import read_cues, run
from stages.fuse.fusion import CueWeights, Fuse, found_objects, frame_scores, object_scores, smooth_tracks
from stages.fuse.shape import shape_distances

FOUR = CueWeights(arrow=1.0, irregularity=1.0, middle=1.0, distillation=1.0, features=0.0, shape=0.0, velocity=0.0)
ALL = replace(FOUR, features=1.0, shape=1.0, velocity=1.0)
PLAIN = Fuse(
    method="mean",
    tail_share=0.1,
    weights=FOUR,
    min_height=0.0,
    edge_margin=0.0,
    clip_margin=0,
    track_sigma=0.0,
    map_cell=10,
    map_filter=1,
    frame_sigma=0.0,
)
FULL = replace(PLAIN, method="zscore", weights=ALL, min_height=12.0, edge_margin=2.0, clip_margin=1)
FULL = replace(FULL, track_sigma=1.5, frame_sigma=2)
PARAMS = """
fuse:
  {method: zscore, weights: {arrow: 1, irregularity: 1, middle: 1, distillation: 1, features: 1, shape: 1,
   velocity: 1}, tail_share: 0.1, min_height: 12.0, edge_margin: 2.0, clip_margin: 1, track_sigma: 1.5, map_cell: 10,
   map_filter: 1, frame_sigma: 2.0}
sets: {tiny: {fuse: {}}}
"""


@pytest.fixture(autouse=True)
def few_are_enough(monkeypatch):
    """The tables here hold a dozen normal objects."""
    monkeypatch.setattr(fusion, "LEAST_ALIKE", 2)


def videos(rows=(("calm", "held_out", 6), ("busy", "test", 5), ("empty", "test", 4), ("learnt", "train", 7))):
    table = pd.DataFrame(rows, columns=["video", "split", "frames"]).astype({"frames": "int32"})
    return table.assign(kind="file", path="", first=0, step=1, fps=12.0, width=100, height=80, sha256="")[VIDEOS.names]


def scores(rows):
    """What `read_cues` gives, from (video, split, frame, x1, score): squares of 20 pixels, all cues alike."""
    table = pd.DataFrame(rows, columns=["video", "split", "frame", "x1", "value"])
    table = table.assign(y1=10, x2=table["x1"] + 20, y2=30, person=0.9, **dict.fromkeys(CUES, table["value"]))
    numbers = dict.fromkeys([*BOX, *CUES, "person"], "float32")
    return table[[*SCORES.names, "shape", "velocity"]].astype({"frame": "int32", **numbers})


def random_scores(seed=0):
    """Two or three objects a frame that walk to the right."""
    random, rows = np.random.default_rng(seed), []
    for video, split, frames in (("calm", "held_out", 6), ("busy", "test", 5)):
        rows += [(video, split, f, x + 2 * f, random.normal()) for f in range(frames) for x in (5, 30, 60)[: 2 + f % 2]]
    table = scores(rows)
    for cue in CUES:
        table[cue] = random.normal(size=len(table)).astype(np.float32)
    return table


HAND = [
    ("calm", "held_out", 0, 10, 1.0),
    ("calm", "held_out", 1, 10, 2.0),
    ("calm", "held_out", 1, 60, 4.0),
    ("busy", "test", 2, 10, 9.0),
    ("busy", "test", 2, 60, 3.0),
    ("busy", "test", 4, 10, 7.0),
]


def test_no_scores_at_all_make_no_objects_and_frames_at_0():
    objects = object_scores(scores([]), videos(), FULL)
    assert len(objects) == 0 and set(OBJECT_SCORES.names) <= set(objects.columns)
    frames = frame_scores(objects, videos(), FULL, every=1)
    assert len(frames) == 15
    assert (frames[["raw", "score", *CUES, *TRIVIAL]] == 0).all(axis=None)


def test_objects_by_hand():
    objects = found_objects(scores(HAND), videos(), replace(PLAIN, method="zscore"))
    assert objects["video"].tolist() == ["busy"] * 3 + ["calm"] * 3
    assert objects["frame"].tolist() == [2, 2, 4, 0, 1, 1]
    mean, deviation = 7 / 3, np.std([1, 2, 4])
    expected = (np.array([9, 3, 7, 1, 2, 4]) - mean) / deviation
    for column in (*TASKS, "raw", "score"):
        np.testing.assert_allclose(objects[column], expected, rtol=1e-6)
    assert objects["track"].tolist() == [0, 1, 0, 0, 0, 1]
    np.testing.assert_allclose(objects["box_width"], 20)
    np.testing.assert_allclose(objects["box_speed"], 0)


def test_that_no_person_is_seen_is_unknown_where_the_detector_saw_nothing():
    table = scores(HAND).assign(person=[0.9, 0.5, np.nan, 0.1, np.nan, 0.3])
    objects = found_objects(table, videos(), PLAIN)
    expected = [1 - 0.1, np.nan, 1 - 0.3, 1 - 0.9, 1 - 0.5, np.nan]
    np.testing.assert_allclose(objects["not_person"], expected, rtol=1e-6)
    frames = frame_scores(objects, videos(), PLAIN, every=1)
    assert frames["not_person"].notna().all()
    nobody = found_objects(table.assign(person=np.nan), videos(), PLAIN)
    assert frame_scores(nobody, videos(), PLAIN, every=1)["not_person"].isna().all()


def test_frames_between_two_boxes_of_a_track_have_what_is_between_them():
    found = found_objects(scores(HAND), videos(), PLAIN)
    objects = object_scores(scores(HAND), videos(), PLAIN)
    assert list(objects.columns) == list(found.columns)
    busy = objects[(objects["video"] == "busy") & (objects["track"] == 0)]
    assert busy["frame"].tolist() == [2, 3, 4]
    for column in (*BOX, *CUES, *TRIVIAL, "raw", "score"):
        before, between, after = busy[column]
        assert between == pytest.approx((before + after) / 2)
    others = objects.drop(busy.index[1]).reset_index(drop=True)
    pd.testing.assert_frame_equal(others, found)


def test_the_fused_score_is_the_weighted_mean_of_the_calibrated_cues_in_deviations_of_normal_ones():
    weights = replace(FOUR, irregularity=0.0, distillation=2.0, velocity=0.5)
    objects = found_objects(random_scores(), videos(), replace(FULL, weights=weights))
    assert objects[CUES].std().min() > 0
    normal = objects["split"] == "held_out"
    np.testing.assert_allclose(objects[normal][CUES].mean(), 0, atol=1e-6)
    np.testing.assert_allclose(objects[normal][CUES].std(ddof=0), 1)
    means = objects[CUES] @ [1, 0, 1, 2, 0, 0, 0.5] / 4.5
    np.testing.assert_allclose(objects["raw"], (means - means[normal].mean()) / means[normal].std(ddof=0))


@pytest.mark.parametrize("method", ["zscore", "tail"])
def test_objects_that_the_edge_cuts_are_calibrated_among_themselves(method):
    table = random_scores()
    cut = table["x1"] < 10
    assert 1 < cut[table["split"] == "held_out"].sum() < cut.sum()
    fuse = replace(FULL, method=method, edge_margin=10.0, clip_margin=0, track_sigma=0.0)
    objects = found_objects(table, videos(), fuse)
    assert len(objects) == len(table)
    alone = {kind: found_objects(table[cut == kind], videos(), fuse) for kind in (True, False)}
    for kind, apart in alone.items():
        together = objects[(objects["x1"] < 10) == kind].reset_index(drop=True)
        pd.testing.assert_frame_equal(together[[*CUES, "raw"]], apart[[*CUES, "raw"]])


def test_an_object_without_one_cue_is_scored_by_the_others_and_compared_with_its_like():
    table = random_scores()
    table.loc[table["x1"] > 60, "distillation"] = np.nan
    objects = found_objects(table, videos(), replace(FULL, clip_margin=0, track_sigma=0.0))
    assert objects["raw"].notna().all()
    for lacks in (True, False):
        own = objects[(objects["distillation"].isna() == lacks) & (objects["split"] == "held_out")]
        assert len(own) > 1
        np.testing.assert_allclose([own["raw"].mean(), own["raw"].std(ddof=0)], [0, 1], atol=1e-6)


def test_where_normal_objects_of_a_kind_are_too_few_all_normal_ones_speak_for_it(monkeypatch):
    table = random_scores()
    table.loc[table["x1"] > 65, "distillation"] = np.nan
    fuse = replace(FULL, clip_margin=0, track_sigma=0.0)
    monkeypatch.setattr(fusion, "LEAST_ALIKE", 5)
    objects = found_objects(table, videos(), fuse)
    lacking, normal = objects["distillation"].isna(), objects["split"] == "held_out"
    assert 0 < (lacking & normal).sum() < 5 <= (~lacking & normal).sum()
    means = objects[CUES].mean(axis=1)
    for own, alike in ((lacking, normal), (~lacking, ~lacking & normal)):
        expected = (means[own] - means[alike].mean()) / means[alike].std(ddof=0)
        np.testing.assert_allclose(objects["raw"][own], expected)


def test_a_task_that_was_not_trained_is_left_out():
    table = random_scores().assign(middle=np.nan)
    objects = object_scores(table, videos(), FULL)
    weights = replace(ALL, middle=0.0)
    pd.testing.assert_frame_equal(objects, object_scores(table, videos(), replace(FULL, weights=weights)))
    assert objects["middle"].isna().all()
    frames = frame_scores(objects, videos(), FULL, every=1)
    assert frames["middle"].isna().all() and frames.drop(columns="middle").notna().all(axis=None)


@pytest.mark.parametrize(
    "method, velocity, says", [("mean", 1.0, "no place in method mean"), ("tail", 0.0, "all are 0")]
)
def test_weights_that_make_no_score_are_refused(method, velocity, says):
    weights = CueWeights(**dict.fromkeys(TASKS, float(method == "mean")), features=0.0, shape=0.0, velocity=velocity)
    with pytest.raises(InputError, match=f"fuse.weights: .*{says}"):
        object_scores(random_scores(), videos(), replace(PLAIN, method=method, weights=weights))


def test_the_mean_method_fuses_probabilities_and_plain_errors():
    objects = object_scores(scores([("busy", "test", 2, 10, 0.0), *HAND[:3]]), videos(), PLAIN)
    busy = objects[objects["video"] == "busy"].iloc[0]
    assert busy[TASKS].tolist() == [0.5, 0.5, 0, 0] and busy["raw"] == 0.25


def test_objects_that_are_not_believed_neither_count_nor_calibrate():
    wild = scores([("calm", "held_out", 3, 10, 1e6), ("busy", "test", 0, 10, 1e6)])
    wild.loc[0, "y2"] = wild.loc[0, "y1"] + 11
    table = random_scores()
    expected = object_scores(table, videos(), FULL)
    with_wild = object_scores(pd.concat([table, wild], ignore_index=True), videos(), FULL)
    pd.testing.assert_frame_equal(with_wild, expected)


def test_test_clips_do_not_change_the_calibration():
    table = random_scores()
    expected = object_scores(table, videos(), FULL).query("split == 'held_out'")
    table.loc[table["split"] == "test", CUES] += 50
    found = object_scores(table, videos(), FULL).query("split == 'held_out'")
    pd.testing.assert_frame_equal(found[[*CUES, "raw"]], expected[[*CUES, "raw"]])


def test_frames_by_hand():
    table = scores(HAND)
    objects = found_objects(table, videos(), PLAIN).assign(raw=[9, 3, 7, 1, 2, 4], score=[9, 3, 7, 1, 2, 4])
    frames = frame_scores(objects, videos(), PLAIN, every=1)
    assert list(frames.columns) == FRAME_SCORES.names
    assert frames["video"].tolist() == ["calm"] * 6 + ["busy"] * 5 + ["empty"] * 4
    assert frames["frame"].tolist() == [*range(6), *range(5), *range(4)]
    level = 2.5  # the median of calm's frame maxima, 1 and 4
    expected = [1, 4, *[level] * 4, level, level, 9, level, 7, *[level] * 4]
    for column in ("raw", "score"):
        assert frames[column].tolist() == expected


def test_a_clips_ends_take_the_nearest_scored_frames_value():
    objects = found_objects(scores(HAND), videos(), PLAIN).assign(raw=[9, 3, 7, 1, 2, 4], score=[9, 3, 7, 1, 2, 4])
    frames = frame_scores(objects, videos(), replace(PLAIN, clip_margin=2), every=1)
    assert frames["raw"][frames["video"] == "busy"].tolist() == [9, 9, 9, 9, 9]


def test_a_clip_without_objects_is_at_the_level_of_normal_footage():
    objects = object_scores(random_scores(), videos(), FULL)
    normal = objects[objects["split"] == "held_out"]
    levels = {column: normal.groupby("frame")[column].max().median() for column in ("raw", "score")}
    for column in (*CUES, *TRIVIAL):
        known = objects[objects[column].notna()]
        smoothed = known.assign(value=smooth_tracks(known, column, FULL.track_sigma))
        levels[column] = smoothed[known["split"] == "held_out"].groupby("frame")["value"].max().median()
    for fuse in (FULL, replace(FULL, map_filter=3)):
        frames = frame_scores(objects, videos(), fuse, every=1)
        for column, level in levels.items():
            np.testing.assert_allclose(frames.loc[frames["video"] == "empty", column], level)


def test_raw_is_not_smoothed_and_score_is():
    objects = object_scores(random_scores(), videos(), FULL)
    frames = frame_scores(objects, videos(), FULL, every=1)
    busy = frames[(frames["video"] == "busy") & frames["frame"].between(1, 3)]
    highest = objects[objects["video"] == "busy"].groupby("frame")["raw"].max()
    np.testing.assert_allclose(busy["raw"], highest)
    assert busy["score"].std() < busy["raw"].std()


def test_scores_are_smoothed_along_their_own_track():
    rows = [("busy", "test", f, x, value) for f in range(5) for x, value in ((10, 1.0), (60, 5.0))] + HAND[:3]
    objects = object_scores(scores(rows), videos(), replace(PLAIN, method="zscore", track_sigma=2.0))
    for _, track in objects[objects["video"] == "busy"].groupby("track"):
        np.testing.assert_allclose(track["score"], track["raw"])


@pytest.mark.parametrize("method", ["zscore", "tail", "mean"])
@pytest.mark.parametrize("map_filter", [1, 3])
@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_makes_no_difference(method, map_filter, seed):
    weights = FOUR if method == "mean" else ALL
    fuse = replace(FULL, method=method, map_filter=map_filter, weights=weights)
    table = random_scores()
    shuffled = table.sample(frac=1, random_state=seed, ignore_index=True)
    assert not shuffled.equals(table)
    objects, again = (object_scores(rows, videos(), fuse) for rows in (table, shuffled))
    pd.testing.assert_frame_equal(again, objects)
    pd.testing.assert_frame_equal(
        frame_scores(again, videos(), fuse, every=1), frame_scores(objects, videos(), fuse, every=1)
    )


def test_what_is_given_is_not_changed():
    table, known = random_scores(), videos()
    before = table.copy(), known.copy()
    frame_scores(object_scores(table, known, FULL), known, FULL, every=1)
    pd.testing.assert_frame_equal(table, before[0])
    pd.testing.assert_frame_equal(known, before[1])


def detections(objects):
    """DETECTIONS of the objects, and of a training clip in which things are wider."""
    learnt = objects[objects["video"] == "busy"].assign(video="learnt")
    table = pd.concat([objects, learnt.assign(x2=learnt["x1"] + learnt["frame"] + 22)])
    return table.assign(score=1.0, label=-1, source="motion", class_scores=[[]] * len(table))


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(PARAMS)
    write_table(tmp_path / "data/tiny/footage/videos.parquet", videos(), VIDEOS)
    write_table(tmp_path / "data/tiny/scores.parquet", random_scores(), SCORES)
    write_table(tmp_path / "data/tiny/velocity.parquet", random_scores(), VELOCITY)
    write_table(tmp_path / "data/tiny/detections.parquet", detections(random_scores()), DETECTIONS)
    return tmp_path


def test_the_stage_writes_a_row_per_believed_object_and_per_frame(project):
    said = run("tiny")
    folder = project / "data/tiny/frame_scores"
    objects = read_table(folder / "objects.parquet", OBJECT_SCORES)
    frames = read_table(folder / "frames.parquet", FRAME_SCORES)
    assert said == f"{len(objects)} boxes from 27 objects, 15 frames scored, in data/tiny/frame_scores"
    assert len(objects) > 0 and len(frames) == 15
    assert np.isfinite(objects[["raw", "score", "shape", "velocity", *TRIVIAL]]).all(axis=None)
    assert np.isfinite(frames[["raw", "score", *CUES, *TRIVIAL]]).all(axis=None)


def test_the_stage_without_a_believed_normal_object_says_what_to_lower(project):
    table = random_scores()
    for name, schema in (("scores", SCORES), ("velocity", VELOCITY)):
        write_table(project / f"data/tiny/{name}.parquet", table[table["split"] == "test"], schema)
    with pytest.raises(InputError, match="none in the held-out clips passes .*; lower them"):
        run("tiny")


def test_shapes_are_held_against_the_boxes_of_the_training_clips_alone(project):
    cues = read_cues(SetPaths("tiny"), videos())
    boxes = detections(random_scores())
    learnt = boxes.loc[boxes["video"] == "learnt", BOX].to_numpy()
    np.testing.assert_array_equal(cues["shape"], shape_distances(cues[BOX].to_numpy(), learnt))
    assert len(learnt) == 12 and (cues["shape"] > 0).all()


def test_velocities_of_other_objects_are_refused(project):
    write_table(project / "data/tiny/velocity.parquet", random_scores()[1:], VELOCITY)
    with pytest.raises(InputError, match="velocity.parquet: not of the same objects as .*scores.parquet"):
        run("tiny")
