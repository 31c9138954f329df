"""The tables of the plots; that of regions is in test_summary.py, beside the numbers that it leads to."""

import numpy as np
import pandas as pd
import pytest

from stages.common.cues.all import ALL
from stages.common.tables.schemas import TRIVIAL
from stages.evaluate.curves import POINTS, roc_table, scorer_table, thinned, timeline


def frames_of(anomalous, scores):
    return pd.DataFrame({"anomalous": np.array(anomalous, bool), "score": scores})


def test_the_roc_rises_before_it_goes_right_where_the_anomalous_come_first():
    table = roc_table(frames_of([1, 1, 0, 0], [4.0, 3.0, 2.0, 1.0]))
    assert table["true_positive_rate"][table["false_positive_rate"] == 0].max() == 1
    assert table["false_positive_rate"][table["true_positive_rate"] == 0].max() == 0


def test_every_scorer_has_a_row():
    names = ["fused", "fused, unsmoothed", *ALL, *TRIVIAL]
    parts = [{"micro_auc": place / 100} for place in range(len(names))]
    of_name = dict(zip(names, parts, strict=True))
    metrics = {
        **of_name["fused"],
        "raw": of_name["fused, unsmoothed"],
        "cues": {cue: of_name[cue] for cue in ALL},
        "trivial": {scorer: of_name[scorer] for scorer in TRIVIAL},
    }
    table = scorer_table(metrics).set_index("scorer")["micro_auc"]
    assert table.index.tolist() == names and table.tolist() == [part["micro_auc"] for part in parts]
    metrics["cues"]["arrow"] = {"micro_auc": None}
    assert "arrow" not in scorer_table(metrics)["scorer"].tolist()


@pytest.mark.parametrize("rows", [0, 1, 2, POINTS, POINTS + 1, 5 * POINTS + 3])
def test_a_curve_keeps_its_ends_and_no_more_points_than_can_be_seen(rows):
    table = thinned(pd.DataFrame({"x": np.arange(rows)}))
    assert len(table) <= POINTS and (not rows or table["x"].iloc[[0, -1]].tolist() == [0, rows - 1])


def test_the_timeline_says_what_is_known_of_each_frame():
    frames = pd.DataFrame({"video": ["a", "a", "b", "h"], "frame": [0, 1, 0, 0], "score": [1.0, 2.0, 3.0, 4.0]})
    frames["split"] = ["test"] * 3 + ["held_out"]
    labels = pd.DataFrame({"video": ["a", "a"], "frame": [0, 1], "anomalous": [False, True]})
    table = timeline(frames, labels)
    assert table["video"].tolist() == ["a", "a", "b"] and table["anomalous"].isna().tolist() == [False, False, True]
    assert table["anomalous"][:2].tolist() == [0, 1]
    assert timeline(frames, labels[:0])["anomalous"].isna().all()


def test_tables_of_nothing_have_no_rows():
    assert len(scorer_table({})) == 0
    assert len(roc_table(frames_of([0, 0], [1.0, 2.0]))) == 0
