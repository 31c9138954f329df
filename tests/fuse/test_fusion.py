from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from small_tables import CUES, EVERY, FOUR, FPS, FPS_OF, FULL, HAND, LONG, PLAIN, clips_of, cues, random_cues, videos

from stages.common.objects.coco import PERSON, class_names
from stages.fuse.believable import believable
from stages.fuse.calibration import LEAST_ALIKE, calibrated
from stages.fuse.fusion import fused, person_scores, random_scores, weights_of, with_trivial


def linked(table, fuse, track=0):
    """As `fused` gets it: calibrated objects, all in one track."""
    return calibrated(believable(table, clips_of(videos(LONG)), fuse).assign(track=track), fuse)


def test_nothing_in_nothing_out():
    objects = fused(linked(cues([]), FULL), FULL, FPS_OF)
    assert len(objects) == 0 and {"raw", "score"} <= set(objects.columns)
    assert len(person_scores(np.zeros((0, 80)))) == len(random_scores(cues([]))) == 0


def test_weights_are_those_above_0_in_the_order_of_the_cues():
    fuse = replace(PLAIN, weights={"velocity": 0.5, "shape": 0.0, "arrow": 2.0})
    assert list(weights_of(fuse).items()) == [("arrow", 2.0), ("velocity", 0.5)]


def test_the_fused_score_is_the_weighted_mean_of_the_calibrated_cues_in_deviations_of_normal_ones():
    weights = {**FOUR, "irregularity": 0.0, "distillation": 2.0, "velocity": 0.5}
    fuse = replace(FULL, weights=weights, edge_margin=0.0)
    objects = linked(random_cues(), fuse)
    raw, normal = fused(objects, fuse, FPS_OF)["raw"], objects["split"] == "held_out"
    means = objects[CUES] @ [1, 0, 1, 2, 0, 0, 0.5, 0] / 4.5
    np.testing.assert_allclose(raw, (means - means[normal].mean()) / means[normal].std(ddof=0))


def test_the_mean_method_fuses_probabilities_and_plain_errors():
    objects = fused(linked(cues([("busy", "test", 2, 10, 0.0), *HAND[:3]]), PLAIN), PLAIN, FPS_OF)
    assert objects["raw"].iloc[0] == 0.25  # half of each of two, nothing of the others


def test_an_object_without_one_cue_is_scored_by_the_others_and_compared_with_its_like():
    table, fuse = random_cues(), replace(FULL, edge_margin=0.0, track_seconds=0.0)
    table.loc[table["x1"] > 55, "distillation"] = np.nan
    objects = fused(linked(table, fuse), fuse, FPS_OF)
    assert objects["raw"].notna().all()
    for lacks in (True, False):
        alike = objects[(objects["distillation"].isna() == lacks) & (objects["split"] == "held_out")]
        assert len(alike) >= LEAST_ALIKE
        np.testing.assert_allclose([alike["raw"].mean(), alike["raw"].std(ddof=0)], [0, 1], atol=1e-6)


def test_where_normal_objects_of_a_kind_are_too_few_all_normal_ones_speak_for_it():
    table, fuse = random_cues(), replace(FULL, edge_margin=0.0, track_seconds=0.0)
    table.loc[table["x1"] > 75, "distillation"] = np.nan
    objects = fused(linked(table, fuse), fuse, FPS_OF)
    lacking, normal = objects["distillation"].isna(), objects["split"] == "held_out"
    assert 0 < (lacking & normal).sum() < LEAST_ALIKE <= (~lacking & normal).sum()
    means = objects[CUES].mean(axis=1)
    for kind, alike in ((lacking, normal), (~lacking, ~lacking & normal)):
        expected = (means[kind] - means[alike].mean()) / means[alike].std(ddof=0)
        np.testing.assert_allclose(objects["raw"][kind], expected)


def test_scores_are_smoothed_along_their_own_track():
    rows = [("busy", "test", f, x, value) for f in range(5) for x, value in ((10, 1.0), (60, 5.0))] + HAND[:3]
    fuse, table = replace(PLAIN, method="zscore", track_seconds=2.0 / FPS), cues(rows)
    objects = fused(linked(table, fuse, track=(table["x1"] > 30).astype(int)), fuse, FPS_OF)
    busy = objects[objects["video"] == "busy"]
    assert busy["raw"].nunique() == 2
    np.testing.assert_allclose(busy["score"], busy["raw"])
    together = fused(linked(table, fuse), fuse, FPS_OF)
    assert (together["score"][:10] - together["raw"][:10]).abs().min() > 0.1


# What anyone could score by


def test_what_anyone_could_score_by():
    table = cues(HAND).assign(track=[0, 0, 1, 0, 1, 0])
    objects = with_trivial(table.assign(x2=table["x1"] + [20, 21, 22, 23, 24, 25]))
    assert objects["box_width"].tolist() == [20, 21, 22, 23, 24, 25]
    np.testing.assert_allclose(objects["box_speed"], [0.5, 0.5, 0, 0.5, 0, 0.5])
    np.testing.assert_allclose(objects["not_person"], 0.1, rtol=1e-6)
    assert objects["random"].between(0, 1).all() and objects["random"].nunique() == 6


def test_a_person_is_told_from_the_class_scores_of_coco_alone():
    for classes, place in PERSON.items():
        scores = np.zeros((3, classes), np.float32)
        scores[0, place], scores[:2, 3] = 0.7, 0.9
        found = person_scores(scores)
        assert found.dtype == np.float32 and found[:2].tolist() == pytest.approx([0.7, 0]) and np.isnan(found[2])
    assert np.isnan(person_scores(np.full((2, 3), 0.5, np.float32))).all() and len(person_scores(np.zeros((0, 0)))) == 0
    for classes, place in PERSON.items():
        assert class_names(classes)[place] == "person"


def test_chance_is_even_and_the_same_every_time():
    table = pd.DataFrame({"video": np.repeat(["a", "b"], 2000), "object": [*range(2000)] * 2})
    values = random_scores(table)
    assert 0.48 < values.mean() < 0.52 and abs(np.corrcoef(values[:2000], values[2000:])[0, 1]) < 0.1
    np.testing.assert_array_equal(values, random_scores(table))


def test_one_more_clip_or_object_changes_nobodys_chance_nor_does_the_order():
    table = pd.DataFrame({"video": [*"aabbb"], "object": [0, 3, 0, 1, 2]})
    more = pd.DataFrame({"video": [*"0abz"], "object": [0, 9, 9, 5]})
    values = random_scores(table)
    together = random_scores(pd.concat([more, table[::-1]], ignore_index=True))
    np.testing.assert_array_equal(together[len(more) :], values[::-1])


def test_every_cue_and_no_other_may_have_a_weight():
    assert list(weights_of(replace(PLAIN, weights=EVERY))) == CUES
