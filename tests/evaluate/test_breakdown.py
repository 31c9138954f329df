"""What stands behind the headline: types of anomaly, clips, and an operator's threshold."""

import math

import numpy as np
import pandas as pd
import pytest

from stages.common.metrics.rate import threshold
from stages.common.tables.schemas import REGIONS
from stages.evaluate.breakdown import alarms, by_type, operation, per_video, reviewed


def clip(video, anomalous, scores, fps=10.0, numbers=None):
    """A clip of recorded frames of these numbers, or of all."""
    numbers = np.arange(len(scores)) if numbers is None else np.array(numbers)
    return pd.DataFrame(
        {
            "video": video,
            "frame": numbers,
            "anomalous": np.array(anomalous, bool),
            "score": scores,
            "fps": fps,
        }
    )


def peaks(*rows, split="test"):
    """PEAKS, as far as alarms look at them, of (video, first_frame, last_frame, score)."""
    table = pd.DataFrame(rows, columns=["video", "first_frame", "last_frame", "score"])
    return table.assign(split=split, beyond=table["score"])


def both(found, normal):
    return pd.concat([found, normal.assign(split="held_out")], ignore_index=True)


def regions_of(*rows):
    table = pd.DataFrame(rows, columns=["video", "track", "frame", "type"])
    return table.assign(x1=0, y1=0, x2=5, y2=5)


@pytest.fixture
def two_types():
    """A fall that scores like a normal frame, and a runner that scores higher, with a frame in which there are both."""
    frames = clip("a", [0, 0, 1, 1, 1], [0.1, 0.2, 0.15, 0.9, 0.8])
    rows = [("a", 0, 2, "fall"), ("a", 1, 3, "runner"), ("a", 1, 4, "runner"), ("a", 2, 4, "fall")]
    return frames, regions_of(*rows)


def test_a_type_is_measured_by_its_own_frames_against_the_normal_ones(two_types):
    frames, regions = two_types
    parts = by_type(frames, regions, np.array([True, False, True, True]))
    assert parts == {
        "fall": {"tracks": 2, "micro_auc": 0.75, "coverage": 1.0},
        "runner": {"tracks": 1, "micro_auc": 1.0, "coverage": 0.5},
    }


def test_regions_without_a_type_make_none(two_types):
    frames, regions = two_types
    assert by_type(frames, regions.assign(type=""), np.ones(4, bool)) == {}
    assert by_type(frames, regions[:0], np.ones(0, bool)) == {}


def test_an_operator_gets_the_false_alarms_of_a_threshold_from_other_footage():
    """An hour of normal test frames; a threshold between their two false alarms and what is labelled."""
    frames = clip("t", [0, 0, 0, 1, 0, 1], [0.1, 0.55, 0.2, 9.0, 0.5, 0.3], fps=4 / 3600)
    held_out = clip("h", [0, 0], [0.5, 0.1], fps=2 / 3600)
    normal = peaks(("h", 0, 0, 0.5), ("h", 1, 1, 0.1))
    found = operation(frames, held_out, both(peaks(("t", 1, 1, 0.55), ("t", 3, 4, 9.0), ("t", 5, 5, 0.3)), normal))
    assert found["count"] == 2
    assert (found["normal_hours"], found["held_out_hours"]) == (pytest.approx(1), pytest.approx(1))
    # Of too little footage for so rare an alarm there is no threshold.
    assert found["one_in_10_hours"] == {"found": 0.5, "calibrated": {"found": 0.0, "false_alarms_per_hour": 0.0}}
    assert 0.55 < threshold([0.5, 0.1], 1.0, 1.0) < 9
    assert found["one_per_hour"]["calibrated"] == {"found": 0.5, "false_alarms_per_hour": 0.0}
    assert found["ten_per_hour"]["found"] == 1
    assert threshold([0.5, 0.1], 1.0, 10.0) == pytest.approx(0.3)
    assert found["ten_per_hour"]["calibrated"] == {"found": 1.0, "false_alarms_per_hour": 1.0}


def test_in_an_hour_one_alarm_per_hour_is_one():
    """Whatever its frames per second, which sum up to a little less."""
    for fps in (10, 12, 25):
        labels = np.arange(fps * 3600 + 1) == 100
        frames = clip("t", labels, np.zeros(len(labels)), fps)
        found = operation(frames, frames[:0], peaks(("t", 5, 5, 2.0), ("t", 100, 100, 1.0)))
        assert (found["one_per_hour"]["found"], found["one_in_10_hours"]["found"]) == (1, 0)


def test_ten_alarms_per_hour_let_five_false_ones_pass():
    frames = clip("t", np.arange(3601) == 100, np.zeros(3601), 1)
    false = [("t", at, at + 3, 2.0) for at in range(1000, 2000, 200)]
    found = operation(frames, clip("h", [0], [0.0], 1), peaks(*false, ("t", 99, 102, 1.0)))
    assert (found["one_per_hour"]["found"], found["ten_per_hour"]["found"]) == (0, 1)


def test_without_incidents_or_footage_to_set_the_threshold_by_there_is_no_share():
    nothing, peak = clip("t", [0, 0], [1.0, 2.0]), peaks(("t", 0, 1, 2.0))
    found = operation(nothing, nothing[:0], peak)
    assert found["count"] == 0 and math.isnan(found["one_per_hour"]["found"])
    found = operation(clip("t", [1, 1], [1.0, 2.0]), nothing, both(peak, peak))["one_per_hour"]
    assert math.isnan(found["found"]) and math.isnan(found["calibrated"]["false_alarms_per_hour"])
    assert found["calibrated"]["found"] == 0
    calibrated = operation(clip("t", [0, 1], [1.0, 2.0]), nothing[:0], peak)["one_per_hour"]["calibrated"]
    assert all(map(math.isnan, calibrated.values()))


def test_incidents_end_where_frames_were_not_recorded_and_hours_count_what_was():
    numbers = [0, 1, 2, 3600, 3601, 3602]
    frames = clip("t", [0, 1, 1, 1, 1, 0], [0, 0, 9, 0, 0, 0], fps=1 / 600, numbers=numbers)
    held_out = clip("h", [0] * 6, [1, 1, 1, 1, 1, 1], fps=1 / 600, numbers=numbers)
    normal = peaks(("h", 0, 2, 1.0), ("h", 3600, 3602, 1.0))
    found = operation(frames, held_out, both(peaks(("t", 2, 2, 9.0)), normal))
    assert (found["count"], found["held_out_hours"]) == (2, pytest.approx(1))
    assert found["normal_hours"] == pytest.approx(1 / 3)
    # Two alarms in an hour of held-out footage are one too many.
    assert found["one_per_hour"]["calibrated"] == {"found": 0.5, "false_alarms_per_hour": 0.0}
    regions = pd.DataFrame({field.name: [] for field in REGIONS})
    assert per_video(frames, regions, np.zeros(0, bool))[["frames", "incidents"]].to_numpy().tolist() == [[6, 2]]


def test_what_alarms_come_to_without_labels():
    normal = [("h", 10 * place, 10 * place + 3, 0.1 * place) for place in range(12)]
    found = both(peaks(("t", 0, 9, 50.0), ("t", 20, 29, 0.5)), peaks(*normal)).assign(fps=10.0)
    value = threshold([row[3] for row in normal], 0.1, 1.0)
    assert 0.5 < value < 50
    expected = {"threshold": value, "count": 1, "seconds": 1.0}
    assert alarms(found, 2.0, 0.1)["one_per_hour"] == pytest.approx(expected)
    assert {key: alarms(found, 2.0, 0.1)[key] for key in ("hours", "held_out_peaks", "highest")} == {
        "hours": 2.0,
        "held_out_peaks": 12,
        "highest": 50.0,
    }
    nothing = alarms(found[:0], 0.0, 0.0)
    assert math.isnan(nothing["highest"]) and nothing["ten_per_hour"]["threshold"] == math.inf


def test_what_a_fault_explains_is_no_alarm_and_raises_no_threshold():
    frames = clip("t", [0] * 8 + [1] * 2, range(10), fps=1 / 360)
    normal = peaks(*(("h", 10 * place, 10 * place + 3, 0.1 * place) for place in range(12)))
    found = both(peaks(("t", 0, 1, 50.0), ("t", 8, 9, 40.0)), pd.concat([normal, peaks(("h", 200, 209, 60.0))]))
    held_out = clip("h", [0] * 10, range(10), fps=1 / 360)
    explained = found.assign(beyond=found["score"].replace({50.0: -math.inf, 60.0: 0.2}))
    both_ways = [operation(frames, held_out, table) for table in (found, explained)]
    told = [each["one_per_hour"]["calibrated"] for each in both_ways]
    assert told[1] == {"found": 1.0, "false_alarms_per_hour": 0.0} and told[0]["false_alarms_per_hour"] > 0
    counted = [alarms(table.assign(fps=10.0), 1.0, 1.0) for table in (found, explained)]
    assert [each["highest"] for each in counted] == [50.0, 40.0] and counted[1]["one_per_hour"]["count"] == 1
    assert counted[1]["one_per_hour"]["threshold"] < counted[0]["one_per_hour"]["threshold"]


def test_a_row_per_clip():
    parts = [clip("a", [0, 1, 0, 1], [1, 2, 3, 4]), clip("b", [0, 0], [5, 1])]
    frames = pd.concat(parts, ignore_index=True)
    regions = regions_of(("a", 0, 1, ""), ("a", 0, 3, ""))
    table = per_video(frames, regions, np.array([True, False])).set_index("video")
    assert table.loc["a"].to_dict() == {
        "frames": 4,
        "anomalous_frames": 2,
        "highest_score": 4,
        "incidents": 2,
        "coverage": 0.5,
        "auc": 0.75,
    }
    assert table.loc["b", ["incidents", "highest_score"]].tolist() == [0, 5] and np.isnan(table.loc["b", "auc"])
    empty = pd.DataFrame({field.name: [] for field in REGIONS})
    assert len(per_video(frames[:0], empty, np.zeros(0, bool))) == 0


def test_what_people_said_of_the_alarms():
    said = pd.Series(["event", "normal", "unsure", "event"])
    rows = [("a", 10 * place, 10 * place + 5, score) for place, score in enumerate([90.0, 80.0, 70.0, 0.1, 60.0])]
    found = peaks(*rows).assign(verdict=[0, 1, 2, 3, -1])
    normal = peaks(*[("h", place, place, 1.0) for place in range(40)]).assign(verdict=-1)
    parts = reviewed(both(found, normal), said, 10.0, 2.0)
    assert parts["verdicts"] == {"normal": 1, "event": 2, "unsure": 1}
    # Three moments have a verdict that counts, which are fewer than ten.
    assert math.isnan(parts["first_10"])
    assert parts["one_per_hour"] == {"found": 0.5, "false_alarms_per_hour": 0.5}
    many = peaks(*[("a", 10 * place, 10 * place, 99.0 - place) for place in range(12)])
    many["verdict"] = [1] + 11 * [0]
    parts = reviewed(both(many, normal), said, 10.0, 2.0)
    assert parts["first_10"] == 0.9 and math.isnan(parts["first_20"])
    nothing = reviewed(both(found[:0], normal), said[:0], 10.0, 2.0)
    assert math.isnan(nothing["one_per_hour"]["found"]) and nothing["one_per_hour"]["false_alarms_per_hour"] == 0
