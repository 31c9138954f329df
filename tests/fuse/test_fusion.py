from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from small_tables import random_scores, scores, videos

from stages.common.running.errors import InputError
from stages.common.tables.schemas import (
    BOX,
    CUES,
    FRAME_SCORES,
    OBJECT_SCORES,
    TASKS,
    TRIVIAL,
)
from stages.fuse import fusion
from stages.fuse.fusion import CueWeights, Fuse, found_objects, frame_scores, object_scores, smooth_tracks

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


@pytest.fixture(autouse=True)
def few_are_enough(monkeypatch):
    """The tables here hold a dozen normal objects."""
    monkeypatch.setattr(fusion, "LEAST_ALIKE", 2)


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
