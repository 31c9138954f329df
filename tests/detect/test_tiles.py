from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from stages.common.running.errors import InputError
from stages.detect.tiles import boxes_to_frame, cut_by_inner_border, cut_tile, tile_grid


def test_one_tile_is_the_picture():
    assert tile_grid(360, 240, 1, 1, 32) == [(0, 0, 360, 240)]


def test_three_by_two():
    assert tile_grid(360, 240, 3, 2, 32) == [
        (0, 0, 142, 136),
        (109, 0, 251, 136),
        (218, 0, 360, 136),
        (0, 104, 142, 240),
        (109, 104, 251, 240),
        (218, 104, 360, 240),
    ]


@given(st.integers(16, 700), st.integers(16, 700), st.integers(1, 5), st.integers(1, 5), st.integers(0, 60))
def test_tiles_cover_the_picture_and_share_the_overlap(width, height, columns, rows, overlap):
    try:
        grid = tile_grid(width, height, columns, rows, overlap)
    except ValueError:
        assume(False)
    assert len(grid) == columns * rows
    assert len({(x2 - x1, y2 - y1) for x1, y1, x2, y2 in grid}) == 1
    for low, high, length, count, step in ((0, 2, width, columns, 1), (1, 3, height, rows, columns)):
        spans = [(tile[low], tile[high]) for tile in grid[::step]][:count]
        assert spans[0][0] == 0 and spans[-1][1] == length
        for (_, end), (start, _) in pairwise(spans):
            assert end - start >= overlap


@pytest.mark.parametrize(("columns", "rows", "overlap"), [(4, 1, 40), (1, 2, 10)])
def test_tiles_that_do_not_fit_are_refused(columns, rows, overlap):
    with pytest.raises(InputError, match="detect.tiles: .* do not fit"):
        tile_grid(40, 10, columns, rows, overlap)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(8, 60), st.integers(8, 60), st.integers(32, 128), st.data())
def test_boxes_come_back_to_where_they_were(x, y, width, height, size, data):
    frame = np.zeros((100, 100, 3), np.uint8)
    tile = (x, y, x + width, y + height)
    picture, scale = cut_tile(frame, tile, size, size, fill=114)
    assert picture.shape == (size, size, 3)
    corner = data.draw(st.tuples(st.integers(0, width), st.integers(0, height)))
    box = np.array([[x, y, x + corner[0], y + corner[1]]], np.float32)
    in_picture = (box - [x, y, x, y]) * np.tile(scale, 2)
    assert (in_picture <= size + 1e-3).all()
    np.testing.assert_allclose(boxes_to_frame(in_picture, tile, scale), box, atol=1e-4)


def test_a_tile_keeps_its_place_and_leaves_the_rest_grey():
    frame = np.zeros((40, 60, 3), np.uint8)
    frame[10:20, 20:40] = 255
    picture, scale = cut_tile(frame, (20, 10, 40, 20), 64, 64, fill=114)
    assert scale.tolist() == [3.2, 3.2]
    assert (picture[:32] == 255).all() and (picture[32:] == 114).all()


@pytest.mark.parametrize("shape", [(3, 1000, 3), (1000, 3, 3)])
def test_a_frame_that_is_next_to_nothing_in_the_input_is_still_a_line(shape):
    picture, scale = cut_tile(np.zeros(shape, np.uint8), (0, 0, shape[1], shape[0]), 64, 64, fill=114)
    assert (picture == 0).all(axis=2).sum() == 64 and (scale * shape[1::-1]).min() == 1


def test_no_boxes_from_an_empty_tile():
    assert boxes_to_frame(np.zeros((0, 4), np.float32), (0, 0, 4, 4), np.ones(2)).shape == (0, 4)
    assert cut_by_inner_border(np.zeros((0, 4), np.float32), (0, 0, 4, 4), 8, 8, 1.0).tolist() == []


def test_only_borders_within_the_frame_cut_objects():
    boxes = np.array([[0, 5, 10, 15], [40, 5, 50, 15], [20, 25, 30, 30], [20, 5, 30, 15]], np.float32)
    assert cut_by_inner_border(boxes, (0, 0, 50, 30), 100, 30, 2.0).tolist() == [False, True, False, False]
