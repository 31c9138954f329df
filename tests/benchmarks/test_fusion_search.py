import numpy as np
import pandas as pd

from benchmarks.fusion_search import GRID, METRICS, averaged, gains, ranked


def table(*means):
    """A set's table of as many combinations, whose four metrics have these means."""
    spread = np.array([-0.03, -0.01, 0.01, 0.03])
    rows = [[*(f"{name}{number}" for name in GRID), *(mean + spread)] for number, mean in enumerate(means)]
    return pd.DataFrame(rows, columns=[*GRID, *METRICS])


def test_combinations_are_ranked_by_their_mean_and_the_error_is_that_of_the_difference():
    found = ranked([table(0.5, 0.6, 0.1), table(0.7, 0.9, 0.6)])
    assert found["method"].tolist() == ["method1", "method0", "method2"]
    np.testing.assert_allclose(found["mean"], [0.75, 0.6, 0.35])
    np.testing.assert_allclose(found["micro_auc"], [0.72, 0.57, 0.32])
    np.testing.assert_allclose(found["behind"], [0, 0.15, 0.4], atol=1e-12)
    # Behind by 0.1 and 0.2, and by 0.5 and 0.3.
    np.testing.assert_allclose(found["error"], [0, 0.05, 0.1], atol=1e-12)


def test_gains_are_over_plain_scores_smoothed_alike():
    settings = [
        ("zscore", 0.0, 0.0, 3.0),
        ("tail 0.2", 1.0, 0.0, 3.0),
        ("zscore", 0.0, 0.0, 5.0),
        ("tail 0.2", 1, 0.0, 5),
    ]
    tables = [table(0.5, 0.6, 0.7, 0.6), table(0.5, 0.6, 0.6, 0.7), table(0.5, 0.5, 0.6, 0.7)]
    tables = [each.assign(**pd.DataFrame(settings, columns=[*GRID])) for each in tables]
    assert gains(tables).to_dict() == dict(zip(settings, [0, 2, 0, 2], strict=True))


def test_knobs_are_averaged_over_the_sets_in_their_order():
    tables = [pd.DataFrame({"knob": ["b", "a"], **dict.fromkeys(METRICS, values)}) for values in ([0.5, 1], [0.7, 0])]
    found = averaged(tables)
    assert found.index.tolist() == ["b", "a"]
    np.testing.assert_allclose(found[[*METRICS, "mean"]], [[0.6] * 5, [0.5] * 5])
