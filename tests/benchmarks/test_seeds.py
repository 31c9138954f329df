import pytest

from benchmarks.seeds import spread, table
from stages.common.metrics.headline import METRICS


def test_one_run_has_no_deviation():
    assert spread([{"a": 0.5}]) == {"a": {"mean": 0.5, "deviation": 0.0}}


def test_each_number_has_its_own_mean_and_what_is_none_in_a_run_is_left_out():
    runs = [{"a": value, "b": {"c": 10 * value, "d": None}, "policy": "pad"} for value in (1.0, 2.0, 6.0)]
    found = spread(runs)
    assert found["a"] == {"mean": 3.0, "deviation": pytest.approx(2.645751)}
    assert found["b"] == {"c": {"mean": 30.0, "deviation": pytest.approx(26.457513)}} and set(found) == {"a", "b"}


def test_a_row_of_the_table_has_mean_and_deviation_of_each_metric():
    runs = [{"as set": dict.fromkeys(METRICS, value) | {"other": 1}} for value in (0.8, 0.9)]
    found = table(runs)
    assert found["row"].tolist() == ["as set"] and len(found.columns) == 1 + 2 * len(METRICS)
    assert found["rbdc_mean"].item() == pytest.approx(0.85)
    assert found["rbdc_deviation"].item() == pytest.approx(0.070711)
