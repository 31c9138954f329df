import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stages.common.objects.boxes import (
    clip_boxes,
    covered_matrix,
    iou_matrix,
    merge_sources,
    non_maximum_suppression,
)

NONE = np.zeros((0, 4), np.float32)


@st.composite
def box_arrays(draw, most=12):
    corners = draw(arrays(np.int16, (draw(st.integers(0, most)), 2, 2), elements=st.integers(-20, 60)))
    return np.sort(corners, axis=1).reshape(-1, 4).astype(np.float32)


def test_nothing_in_nothing_out():
    assert clip_boxes(NONE, 10, 10).shape == (0, 4)
    assert iou_matrix(NONE, NONE).shape == (0, 0)
    assert covered_matrix(NONE, np.ones((3, 4), np.float32)).shape == (0, 3)
    assert non_maximum_suppression(NONE, np.zeros(0), 0.5).tolist() == []
    assert merge_sources([], 0.5) == []
    assert [kept.tolist() for kept in merge_sources([NONE, NONE], 0.5)] == [[], []]


@given(box_arrays(), st.integers(1, 50), st.integers(1, 50))
def test_clipped_boxes_lie_within_and_stay_as_they_are_when_clipped_again(boxes, width, height):
    clipped = clip_boxes(boxes, width, height)
    assert clipped.dtype == np.float32
    assert (clipped >= 0).all() and (clipped <= [width, height, width, height]).all()
    np.testing.assert_array_equal(clip_boxes(clipped, width, height), clipped)


@given(box_arrays(), box_arrays())
def test_iou_is_symmetric_and_within_0_and_1(a, b):
    iou = iou_matrix(a, b)
    np.testing.assert_allclose(iou, iou_matrix(b, a).T)
    assert (iou >= 0).all() and (iou <= 1).all()


def test_iou_counts_shared_pixels():
    a = np.array([[0, 0, 4, 2], [1, 1, 1, 5]], np.float32)
    b = np.array([[2, 0, 6, 2], [4, 0, 5, 2], [0, 0, 4, 2]], np.float32)
    np.testing.assert_allclose(iou_matrix(a, b), [[4 / 12, 0, 1], [0, 0, 0]], rtol=1e-6)
    np.testing.assert_allclose(covered_matrix(a, b), [[0.5, 0, 1], [0, 0, 0]])


def slow_suppression(boxes, scores, iou):
    left = sorted(range(len(boxes)), key=lambda index: -scores[index])  # sorted() keeps the order of equals
    kept = []
    while left:
        best = left.pop(0)
        kept.append(best)
        left = [index for index in left if not iou_matrix(boxes[[best]], boxes[[index]])[0, 0] > iou]
    return kept


@given(box_arrays(), st.data(), st.sampled_from([0.0, 0.1, 0.5, 0.9]))
def test_suppression_does_as_the_slow_way(boxes, data, iou):
    scores = data.draw(arrays(np.float32, len(boxes), elements=st.sampled_from([0.25, 0.5, 0.75])))
    assert non_maximum_suppression(boxes, scores, iou).tolist() == slow_suppression(boxes, scores, iou)


def test_a_later_source_adds_only_what_the_earlier_ones_missed():
    first = np.array([[0, 0, 10, 10]], np.float32)
    second = np.array([[1, 0, 11, 10], [20, 0, 30, 10]], np.float32)
    third = np.array([[20, 1, 30, 11], [0, 20, 10, 30], [0, 20, 10, 30]], np.float32)
    kept = merge_sources([first, second, third], iou=0.5)
    # A source's own boxes do not drive each other out: that is its own suppression's work.
    assert [indices.tolist() for indices in kept] == [[0], [1], [1, 2]]


@pytest.mark.parametrize(("covered", "expected"), [(1.0, [0]), (0.9, [])])
def test_a_part_of_a_kept_box_goes_only_when_asked_for(covered, expected):
    whole, part = np.array([[0, 0, 10, 10]], np.float32), np.array([[2, 2, 6, 6]], np.float32)
    assert merge_sources([whole, part], iou=0.5, covered=covered)[1].tolist() == expected


@given(st.lists(box_arrays(6), max_size=3), st.sampled_from([0.0, 0.3, 0.7]))
def test_merged_sources_do_not_overlap(sources, iou):
    kept = [boxes[indices] for boxes, indices in zip(sources, merge_sources(sources, iou), strict=True)]
    for later in range(1, len(kept)):
        for earlier in range(later):
            assert not (iou_matrix(kept[later], kept[earlier]) > iou).any()
