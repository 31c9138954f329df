"""Areas are where the corners say, and a box is where it stands."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.common.frames.areas import filled, of_feet, unwatched
from stages.common.frames.settings import Areas
from stages.common.running.errors import InputError
from stages.common.running.params import checked

LEFT = [(0.0, 0.0), (0.4, 0.0), (0.4, 1.0), (0.0, 1.0)]
TOP = [(0.0, 0.0), (1.0, 0.0), (1.0, 0.5), (0.0, 0.5)]
corner = st.tuples(st.integers(0, 20), st.integers(0, 12)).map(lambda at: (at[0] / 20, at[1] / 12))


def test_where_nothing_is_drawn_all_is_looked_at():
    assert unwatched(None, 5, 5) is None and unwatched(Areas(ignore=[], only=[]), 5, 5) is None
    assert of_feet(np.zeros((4, 5), bool), np.zeros((0, 4))).tolist() == []


def test_only_and_ignore_go_together():
    hidden = unwatched(Areas(ignore=[TOP], only=[LEFT]), 11, 11)
    assert hidden[:6].all() and hidden[:, 5:].all() and not hidden[6:, :5].any()
    assert (unwatched(Areas(ignore=[], only=[LEFT]), 11, 11) == ~filled([LEFT], 11, 11)).all()


@given(st.lists(corner, min_size=3, max_size=6))
def test_a_polygon_holds_what_lies_in_it(polygon):
    """Whose corners lie on pixels; all pixels but those on its edges."""
    mask, outline = filled([polygon], 13, 21), np.array([[20 * x, 12 * y] for x, y in polygon], np.float32).round()
    for row, column in np.ndindex(13, 21):
        beside = cv2.pointPolygonTest(outline[:, None], (float(column), float(row)), True)
        if abs(beside) > 1:
            assert mask[row, column] == (beside > 0) or crossed(outline)


def crossed(outline: np.ndarray) -> bool:
    """What is inside of a polygon that crosses itself is a matter of taste."""
    return not cv2.isContourConvex(outline[:, None].astype(np.int32))


def test_a_box_is_where_the_middle_of_its_lower_edge_is():
    mask = np.zeros((10, 10), bool)
    mask[7, 4] = True
    boxes = np.array([[2.0, 0, 7, 8], [2, 0, 7, 7], [4, 7, 5, 8], [0, 0, 2, 8], [-9, -9, 30, 40]])
    assert of_feet(mask, boxes).tolist() == [True, False, True, False, False]


@pytest.mark.parametrize("polygon", [[[0, 0], [1, 1]], [[0, 0], [1, 1], [0, 1.5]], [[0, 0], [1, 1], [0]]])
def test_what_is_no_polygon_is_refused(polygon):
    with pytest.raises(InputError, match=r"decode: ignore\.0"):
        checked({"ignore": [polygon], "only": []}, Areas, "decode")
