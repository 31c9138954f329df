from dataclasses import replace

import pandas as pd
import pytest
from helpers import PARAMS
from hypothesis import given
from hypothesis import strategies as st
from small_tables import alive, clips_of

from stages.common.running.params import checked
from stages.common.tables.schemas import BOX
from stages.fuse.believable import believable, span_edges
from stages.fuse.settings import Fuse

VIDEOS = pd.DataFrame({"video": ["b", "a"], "frames": [10, 20], "width": [100, 50], "height": [80, 40]})
CLIPS = clips_of(VIDEOS, VIDEOS, ends=3)
FUSE = replace(checked(PARAMS["fuse"], Fuse, "params.yaml"), min_height=12, edge_margin=2)
BELIEVED = ("b", 5, 10, 10, 30, 30)


def objects(*rows):
    return pd.DataFrame(rows, columns=["video", "frame", *BOX]).astype(dict.fromkeys(BOX, "float32"))


def test_nothing_in_nothing_out():
    assert list(believable(objects(), CLIPS, FUSE).columns) == ["video", "frame", *BOX, "cut"]


@pytest.mark.parametrize(
    ("changes", "believed"),
    [
        ({}, True),
        ({"y2": 22}, True),
        ({"y2": 21.5}, False),
        ({"frame": 3}, True),
        ({"frame": 2}, False),
        ({"frame": 6}, True),
        ({"frame": 7}, False),
        ({"video": "a", "frame": 16}, True),
        ({"video": "a", "frame": 17}, False),
    ],
)
def test_boxes_are_believed_that_are_high_enough_and_away_from_the_clips_ends(changes, believed):
    assert len(believable(objects(BELIEVED).assign(**changes), CLIPS, FUSE)) == believed


@pytest.mark.parametrize(
    ("changes", "cut"),
    [
        ({"x1": 2, "y1": 2}, False),
        ({"x1": 1.5}, True),
        ({"y1": 1.5}, True),
        ({"x2": 98, "y2": 78}, False),
        ({"x2": 98.5}, True),
        ({"y2": 78.5}, True),
        ({"video": "a", "x2": 48}, False),
        ({"video": "a", "x2": 48.5}, True),
    ],
)
def test_boxes_are_cut_that_come_near_the_pictures_edges(changes, cut):
    assert believable(objects(BELIEVED).assign(**changes), CLIPS, FUSE)["cut"].tolist() == [cut]


def test_with_no_margins_every_box_is_believed_and_whole():
    table = objects(("b", 0, 0, 0, 100, 80), ("a", 19, 49, 39, 50, 40))
    none = replace(FUSE, min_height=0, edge_margin=0)
    assert believable(table, CLIPS._replace(ends=0), none)["cut"].tolist() == [False, False]


SPANS = alive(pd.DataFrame({"video": ["b", "a", "b"], "first": [6, 0, 1], "stop": [9, 20, 4]}))


def test_nothing_has_no_live_stretch():
    assert [edges.tolist() for edges in span_edges(objects(), SPANS)] == [[], []]
    assert [edges.tolist() for edges in span_edges(objects(BELIEVED), SPANS[:0])] == [[0], [0]]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 20)), max_size=8))
def test_the_edges_of_an_object_are_those_of_the_live_stretch_that_it_is_in(places):
    first, stop = span_edges(objects(*((video, frame, 0, 0, 9, 9) for video, frame in places)), SPANS)
    for video, frame, *edges in zip(*(zip(*places, strict=True) if places else ((), ())), first, stop, strict=True):
        holding = SPANS[(SPANS["video"] == video) & (SPANS["first"] <= frame) & (SPANS["stop"] > frame)]
        assert edges == (holding[["first", "stop"]].to_numpy().tolist() or [[0, 0]])[0]


def test_boxes_are_believed_away_from_the_ends_of_each_live_stretch():
    table = objects(*(("b", frame, 10, 10, 30, 30) for frame in range(10)))
    assert believable(table, CLIPS._replace(spans=SPANS, ends=1), FUSE)["frame"].tolist() == [2, 7]
    assert believable(table, CLIPS._replace(spans=SPANS, ends=0), FUSE)["frame"].tolist() == [1, 2, 3, 6, 7, 8]
