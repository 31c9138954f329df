import math

import numpy as np
import pandas as pd
import pytest
from known_scores import (
    COLUMNS,
    FRAME_KEYS,
    ground_truth,
    held_out_rows,
    perfect_scores,
    tables_of,
    whole_summary,
)

from stages.common.cues.all import ALL
from stages.common.tables.schemas import TRIVIAL
from stages.evaluate.curves import region_table
from stages.evaluate.summary import rounded, summary


def test_no_objects_and_no_regions_leave_undefined_what_they_leave_undefined():
    frames, objects = perfect_scores()
    labels, regions = ground_truth()
    metrics = whole_summary(frames, objects[:0], truth=(labels.assign(anomalous=False), regions[:0]))
    assert metrics["micro_auc"] is None and metrics["macro_auc_mixed"] is None and metrics["macro_auc"] is None
    assert metrics["raw"]["macro_auc"] is None and metrics["cues"]["arrow"]["macro_auc"] is None
    assert metrics["interval"]["macro_auc"] == {"low": None, "high": None} and metrics["average_precision"] is None
    assert metrics["rbdc"] is None and metrics["tbdc"] is None
    counts = metrics["counts"]
    assert (counts["objects"], counts["objects_scored"], counts["regions"], counts["tracks"]) == (0, 0, 0, 0)
    assert counts["frames_without_objects"] == 20 and counts["anomalous_frames"] == 0


def test_regions_without_any_object_are_0_not_undefined():
    frames, objects = perfect_scores()
    metrics = whole_summary(frames, objects[:0])
    assert metrics["rbdc"] == 0 and metrics["tbdc"] == 0


def test_perfect_scores_are_1_everywhere():
    metrics = whole_summary(*perfect_scores())
    for part in (metrics, metrics["raw"]):
        assert {name: part[name] for name in (*FRAME_KEYS, "rbdc", "tbdc")} == dict.fromkeys(
            (*FRAME_KEYS, "rbdc", "tbdc"), 1.0
        )
    assert metrics["cues"] == {cue: dict.fromkeys(FRAME_KEYS, 1.0) for cue in ALL}
    assert metrics["trivial"] == {scorer: dict.fromkeys(FRAME_KEYS, 1.0) for scorer in TRIVIAL}


def test_a_false_object_before_all_others_costs_its_share_of_the_frames():
    frames, objects = perfect_scores()
    objects.loc[objects["video"] == "b", ["raw", "score"]] = [[9.0, 9.0], *[[0.0, 0.0]] * 8]
    tables = tables_of(frames, objects)
    metrics = summary(tables)
    assert metrics["rbdc"] == metrics["tbdc"] == metrics["raw"]["rbdc"] == 1 - 1 / 20
    assert region_table(tables).query("found == 1")["false_positives_per_frame"].min() == 1 / 20


def test_a_clip_of_which_it_is_known_when_but_not_where_does_not_count_for_regions():
    frames, objects = perfect_scores()
    labels, regions = ground_truth()
    more = [table.assign(video="c") for table in (frames[:10], objects[:10], labels[:10])]
    more[1]["score"] *= 2
    more[1]["raw"] *= 2
    known = tables_of(frames, objects)
    frames, objects, labels = (pd.concat(pair) for pair in zip((frames, objects, labels), more, strict=True))
    tables = tables_of(frames, objects, truth=(labels, regions))
    metrics = summary(tables)
    assert (metrics["rbdc"], metrics["tbdc"], metrics["raw"]["rbdc"]) == (1, 1, 1)
    assert metrics["interval"]["rbdc"] == summary(known)["interval"]["rbdc"]
    assert region_table(tables).equals(region_table(known))
    assert metrics["counts"]["videos_with_regions"] == 2 and metrics["counts"]["videos"] == 3
    # A clip that is known to be normal counts: what is found there is false.
    metrics = whole_summary(frames, objects, truth=(labels.assign(anomalous=labels["video"] == "a"), regions))
    assert metrics["counts"]["videos_with_regions"] == 3 and metrics["rbdc"] < 1


def test_a_single_clip_of_which_it_is_not_known_where_has_frame_metrics_and_no_intervals():
    frames, objects = (table[table["video"] == "a"] for table in perfect_scores())
    labels, regions = ground_truth()
    metrics = whole_summary(frames, objects, truth=(labels[labels["video"] == "a"], regions[:0]))
    assert metrics["micro_auc"] == 1 and metrics["rbdc"] is None and metrics["coverage"] is None
    assert metrics["interval"]["micro_auc"] == metrics["interval"]["rbdc"] == {"low": None, "high": None}


def test_each_number_comes_from_its_own_column():
    for worst in COLUMNS:
        frames, objects = perfect_scores()
        frames[worst], objects[worst] = -frames[worst], -objects[worst]
        metrics = whole_summary(frames, objects)
        parts = {
            "score": metrics,
            "raw": metrics["raw"],
            **metrics["cues"],
            **metrics["trivial"],
        }
        assert {column for column in COLUMNS if parts[column]["micro_auc"] == 0} == {worst}
        assert {column for column in ("raw", "score") if parts[column]["rbdc"] < 1} == {worst} & {"raw", "score"}
        fused = (metrics["equal_error_rate"], metrics["average_precision"], metrics["interval"]["micro_auc"]["high"])
        assert (fused == (0, 1, 1)) == (worst != "score")


def test_each_interval_is_that_of_its_metric():
    frames, objects = perfect_scores()
    frames["score"] = -frames["score"]
    found = whole_summary(frames, objects)["interval"]
    # `a` has 3 anomalous frames, 7 normal ones and an AUC of 0; the padded frames lend it some, and all to `b`.
    assert found["micro_auc"] == found["macro_auc_mixed"] == {"low": 0, "high": 0}
    assert found["macro_auc"] == {"low": 11 / 32, "high": pytest.approx((11 / 32 + 1) / 2, abs=1e-6)}
    assert found["rbdc"] == {"low": 1, "high": 1}


def test_counts():
    frames, objects = perfect_scores()
    metrics = whole_summary(frames, objects, pd.concat([objects, objects[:6]]))
    assert metrics["counts"] == {
        "videos": 2,
        "frames": 20,
        "anomalous_frames": 3,
        "regions": 3,
        "tracks": 1,
        "videos_with_regions": 2,
        "objects": 25,
        "objects_scored": 19,
        "frames_without_objects": 1,
    }
    assert metrics["macro_policy"] == "pad"


def test_tracks_of_one_number_in_two_clips_are_two():
    labels, regions = ground_truth()
    regions = pd.concat([regions, regions.assign(video="b"), regions.assign(track=1)])
    assert whole_summary(*perfect_scores(), truth=(labels, regions))["counts"]["tracks"] == 3


def test_held_out_clips_do_not_count_even_where_they_have_labels():
    frames, objects = perfect_scores()
    more_frames, more_objects = held_out_rows(frames, objects)
    labels, regions = ground_truth()
    labels = pd.concat([labels, more_frames[["video", "frame"]].assign(anomalous=False)])
    expected = whole_summary(frames, objects)
    tables = pd.concat([more_frames, frames]), pd.concat([objects, more_objects])
    metrics = whole_summary(*tables, truth=(labels, regions))
    # They tell an operator's threshold, and nothing else.
    assert expected.pop("incidents")["held_out_hours"] == 0 and metrics.pop("incidents")["held_out_hours"] > 0
    assert expected.pop("alarms")["held_out_peaks"] == 0 and metrics.pop("alarms")["held_out_peaks"] > 0
    assert metrics == expected


def test_clips_without_labels_are_left_out():
    frames, objects = perfect_scores()
    unknown = frames[frames["video"] == "a"].assign(video="unknown", score=9.0)
    seen = objects[:5].assign(video="unknown", score=9.0)
    expected = whole_summary(frames, objects)
    assert whole_summary(pd.concat([unknown, frames]), pd.concat([seen, objects])) == expected


def test_the_order_of_rows_makes_no_difference():
    frames, objects = perfect_scores()
    random = np.random.default_rng(0)
    for column in COLUMNS:
        frames[column], objects[column] = random.random(len(frames)), random.random(len(objects))
    labels, regions = ground_truth()
    shuffled = [table.sample(frac=1, random_state=1) for table in (frames, objects, labels, regions)]
    expected = whole_summary(frames, objects)
    assert whole_summary(shuffled[0], shuffled[1], truth=(shuffled[2], shuffled[3])) == expected
    assert 0 < expected["micro_auc"] < 1


def found_in_the_end(tables):
    """Shares of regions and of tracks, as the curve has them where all objects count."""
    return region_table(tables).groupby("of")["found"].last().to_dict()


@pytest.mark.parametrize("y2, found", [(13, 1), (12.9, 0)])
def test_a_region_is_found_by_a_tenth_of_it(y2, found):
    frames, objects = perfect_scores()
    tables = tables_of(frames, objects.assign(y2=y2))
    metrics = summary(tables)
    assert metrics["rbdc"] == metrics["raw"]["rbdc"] == metrics["coverage"] == found
    assert metrics["interval"]["rbdc"]["high"] == found and found_in_the_end(tables)["regions"] == found


@pytest.mark.parametrize("regions, found", [(10, 1), (11, 0)])
def test_a_track_is_found_by_a_tenth_of_its_regions(regions, found):
    frames, objects = perfect_scores()
    labels, known = ground_truth()
    track = pd.concat([known.head(1).assign(frame=number % 10) for number in range(regions)])
    tables = tables_of(frames, objects[(objects["video"] == "a") & (objects["frame"] == 4)], truth=(labels, track))
    metrics = summary(tables)
    assert metrics["counts"]["tracks"] == 1
    assert metrics["tbdc"] == metrics["raw"]["tbdc"] == metrics["interval"]["tbdc"]["high"] == found
    assert found_in_the_end(tables) == {"regions": 1 / regions, "tracks": found}


def test_the_threshold_of_the_held_out_clips_is_that_of_their_peaks():
    """An hour of held-out footage with a low peak in it, or a high one."""
    frames, objects = perfect_scores()
    held_out, found = frames[:10].assign(video="h", split="held_out", score=0.0), []
    for height in (-2.0, 5.0):
        held_out.loc[2, "score"] = height
        tables = tables_of(pd.concat([frames, held_out]), objects)
        hour = [table.assign(fps=10 / 3600) for table in (tables.frames, tables.held_out)]
        found.append(summary(tables._replace(frames=hour[0], held_out=hour[1]))["incidents"])
    assert [part["held_out_hours"] for part in found] == [1, 1]
    assert [part["one_per_hour"]["calibrated"]["found"] for part in found] == [1, 0]


def test_a_cue_that_says_nothing_has_no_numbers():
    frames, objects = perfect_scores()
    metrics = whole_summary(frames.assign(arrow=np.nan), objects.assign(arrow=np.nan))
    assert metrics["cues"].pop("arrow") == dict.fromkeys(FRAME_KEYS)
    assert all(aucs == dict.fromkeys(FRAME_KEYS, 1.0) for aucs in metrics["cues"].values())


def test_numbers_are_rounded_to_6_digits_and_nan_is_none():
    given = {
        "a": {"b": math.nan, "c": np.float64(1 / 3)},
        "n": 4,
        "policy": "pad",
        "f": np.float32("nan"),
        "g": math.inf,
    }
    assert rounded(given) == {"a": {"b": None, "c": 0.333333}, "n": 4, "policy": "pad", "f": None, "g": None}
    assert rounded({}) == {}
