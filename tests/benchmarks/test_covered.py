import numpy as np
import pandas as pd

from benchmarks.covered import best_overlaps, coverage
from stages.common.tables.schemas import BOX


def table(*rows):
    return pd.DataFrame(rows, columns=["video", "frame", *BOX]).astype(dict.fromkeys(BOX, "float32"))


def test_no_boxes_cover_nothing():
    regions = table(("a", 0, 0, 0, 10, 10))
    assert coverage(table(), regions, 5) == {"IoU > 0.1": 0, "IoU > 0.3": 0, "boxes per frame": 0}


def test_a_region_is_covered_by_the_best_box_of_its_own_frame():
    regions = table(("a", 0, 0, 0, 10, 10), ("b", 0, 0, 0, 10, 10), ("a", 2, 50, 0, 60, 10))
    boxes = table(("a", 0, 5, 0, 10, 10), ("a", 0, 0, 0, 10, 8), ("a", 1, 50, 0, 60, 10), ("b", 0, 8, 0, 18, 10))
    np.testing.assert_allclose(best_overlaps(boxes, regions), [0.8, 20 / 180, 0])
    found = coverage(boxes, regions, 2)
    assert found["boxes per frame"] == 2
    np.testing.assert_allclose([found["IoU > 0.1"], found["IoU > 0.3"]], [2 / 3, 1 / 3])
