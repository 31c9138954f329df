import numpy as np
import pandas as pd
import pytest
from helpers import Counted
from hypothesis import given
from hypothesis import strategies as st

from stages.common.objects.boxes import iou_matrix
from stages.common.objects.linking import (
    LINK_GAP,
    LINK_IOU,
    box_speed,
    link_all,
    link_boxes,
    steps_of,
    with_between,
)
from stages.common.tables.schemas import BOX


def objects(rows):
    return pd.DataFrame(rows, columns=["video", "frame", *BOX]).astype(dict.fromkeys(BOX, "float32"))


def at(x, y=0, side=10):
    return [x, y, x + side, y + side]


def searched(frames):
    """SEARCHED of the frames of each video."""
    return pd.DataFrame([(video, frame) for video in frames for frame in frames[video]], columns=["video", "frame"])


def linked(*rows):
    """Track numbers of (frame, box)s."""
    return link_boxes(np.array([frame for frame, _ in rows]), np.array([box for _, box in rows], float)).tolist()


def test_nothing_in_nothing_out():
    none = objects([])
    assert link_boxes(np.zeros(0, int), np.zeros((0, 4))).tolist() == []
    assert link_all(none, searched({}), np.zeros(0, int)).tolist() == []
    assert box_speed(none.assign(track=[])).tolist() == []


def test_an_object_keeps_its_track_and_another_has_its_own():
    tracks = linked((0, at(0)), (0, at(50)), (1, at(52)), (1, at(2)), (2, at(4)), (2, at(54)))
    assert tracks == [0, 1, 1, 0, 0, 1]


def test_two_that_cross_are_linked_so_that_the_overlap_is_greatest_in_sum():
    # The first's best match alone would be the second's box, and leave the second with nothing.
    tracks = linked((0, at(0)), (0, at(6)), (1, at(4)), (1, at(9)))
    assert tracks == [0, 1, 0, 1]


def test_two_that_pass_each_other_on_different_heights_keep_their_tracks():
    rows = [(frame, box) for frame in range(11) for box in (at(3 * frame, 0), at(30 - 3 * frame, 8))]
    assert linked(*rows) == [0, 1] * 11


def test_two_boxes_never_share_a_track_in_one_frame():
    assert linked((0, at(0)), (1, at(0)), (1, at(1))) == [0, 0, 1]
    assert linked((0, at(0)), (0, at(1)), (1, at(0))) == [0, 1, 0]


def test_boxes_that_overlap_too_little_are_no_match():
    assert linked((0, at(0)), (1, at(5))) == [0, 0]  # IoU 1/3
    assert linked((0, at(0)), (1, at(6))) == [0, 1]  # IoU 1/4


@pytest.mark.parametrize(("gap", "same"), [(1, True), (LINK_GAP, True), (LINK_GAP + 1, False)])
def test_a_track_outlives_a_short_gap_only(gap, same):
    tracks = linked((4, at(0)), (4 + gap, at(0)))
    assert tracks == ([0, 0] if same else [0, 1])


@pytest.mark.parametrize("every", [1, 2, 3, 5])
def test_a_track_outlives_a_missed_box_whatever_the_step_from_frame_to_searched_frame(every):
    looked = searched({"a": range(0, 40, every), "b": range(0, 40, every)})
    table = objects([("a", 0, *at(0)), ("a", every, *at(0)), ("a", 3 * every, *at(0)), ("b", 7 * every, *at(0))])
    assert link_all(table, looked, np.zeros(len(table), int)).tolist() == [0, 0, 0, 0]
    later = objects([("a", 0, *at(0)), ("a", max(5, 3 * every), *at(0)), ("b", every, *at(0))])
    assert link_all(later, looked, np.zeros(len(later), int)).tolist() == [0, 1, 0]


def test_the_step_is_the_least_between_searched_frames_whatever_is_in_them():
    assert steps_of(searched({"a": range(0, 40, 3), "b": [0, 2, 9, 10], "c": [7], "d": []})) == {"a": 3, "b": 1, "c": 1}
    far = objects([("a", 0, *at(0)), ("a", 36, *at(0))])
    assert link_all(far, searched({"a": range(40)}), np.zeros(len(far), int)).tolist() == [0, 1]


def test_the_work_grows_as_a_clip_does():
    def work(length):
        frames = Counted.of(np.arange(length).repeat(2))
        link_boxes(frames, np.tile([at(0), at(50)], (length, 1)).astype(float))
        return frames.count()

    assert 0 < work(800) < 5 * work(200)


@st.composite
def scenes(draw):
    count = draw(st.integers(0, 15))
    frames = np.sort(np.array(draw(st.lists(st.integers(0, 8), min_size=count, max_size=count)), int))
    corners = draw(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=count, max_size=count))
    return frames, np.array([at(x, y) for x, y in corners], float).reshape(-1, 4)


@given(scenes())
def test_tracks_count_from_0_once_a_frame_with_neighbours_that_overlap_within_the_gap(scene):
    frames, boxes = scene
    tracks = link_boxes(frames, boxes)
    assert sorted(set(tracks.tolist())) == list(range(len(set(tracks.tolist()))))
    for track in set(tracks.tolist()):
        rows = np.flatnonzero(tracks == track)
        assert (np.diff(frames[rows]) > 0).all() and (np.diff(frames[rows]) <= LINK_GAP).all()
        for before, after in zip(rows, rows[1:], strict=False):
            assert iou_matrix(boxes[[before]], boxes[[after]])[0, 0] >= LINK_IOU


def test_each_video_has_tracks_of_its_own():
    table = objects([("a", 0, *at(0)), ("a", 1, *at(1)), ("b", 0, *at(1)), ("b", 1, *at(50)), ("b", 2, *at(51))])
    assert link_all(table, searched({"a": range(3), "b": range(3)}), np.zeros(len(table), int)).tolist() == [
        0,
        0,
        0,
        1,
        1,
    ]


def test_speed_is_the_way_of_the_boxs_middle_over_the_frames_around():
    rows = [("a", frame, *at(3 * frame, 4 * frame)) for frame in range(20)]
    np.testing.assert_allclose(box_speed(objects(rows).assign(track=0)), 5)


def test_speed_is_taken_over_the_reach_and_across_gaps():
    where = {0: 0, 2: 10, 3: 10, 9: 40}
    table = objects([("a", frame, *at(x)) for frame, x in where.items()]).assign(track=0)
    # Within 2 frames of each: 0..2, 0..3, 2..3, 9 alone.
    np.testing.assert_allclose(box_speed(table, reach=2), [10 / 2, 10 / 3, 0, 0])


def test_a_box_that_only_grows_about_its_middle_does_not_move():
    table = objects([("a", 0, 10, 10, 20, 20), ("a", 1, 5, 5, 25, 25)]).assign(track=0)
    assert box_speed(table).tolist() == [0, 0]


def test_speed_looks_at_a_boxs_own_track_and_video_only():
    rows = [("a", 0, *at(0)), ("a", 0, *at(90)), ("a", 1, *at(2)), ("b", 0, *at(7)), ("b", 1, *at(8))]
    table = objects(rows).assign(track=[0, 1, 0, 0, 0])
    assert box_speed(table).tolist() == [2, 0, 2, 1, 1]


def slowly_between(rows: list[dict], numbers: list[str]) -> list[dict]:
    found = list(rows)
    for row in rows:
        own = [other for other in rows if (other["video"], other["track"]) == (row["video"], row["track"])]
        later = [other for other in own if other["frame"] > row["frame"]]
        if later:
            after = min(later, key=lambda other: other["frame"])
            for frame in range(row["frame"] + 1, after["frame"]):
                share = (frame - row["frame"]) / (after["frame"] - row["frame"])
                line = {name: (1 - share) * row[name] + share * after[name] for name in numbers}
                found.append({**row, "frame": frame, "object": -1, **line})
    return found


@given(
    st.dictionaries(
        st.tuples(st.sampled_from("ab"), st.integers(0, 2), st.integers(0, 9)),
        st.tuples(st.integers(0, 9), st.integers(-9, 9)),
    )
)
def test_what_is_between_two_boxes_of_a_track_lies_in_a_line(places):
    rows = [
        {"video": video, "object": place, "track": track, "frame": frame, "x1": float(x), "score": float(score)}
        for place, ((video, track, frame), (x, score)) in enumerate(places.items())
    ]
    columns = {"video": object, "object": "int32", "track": "int32", "frame": "int32", "x1": "float32", "score": float}
    table = pd.DataFrame(rows, columns=list(columns)).astype(columns)
    found = with_between(table, ["x1", "score"])
    assert found.dtypes.to_dict() == table.dtypes.to_dict()
    expected = pd.DataFrame(slowly_between(rows, ["x1", "score"]), columns=list(columns)).astype(columns)
    key = ["video", "track", "frame"]
    ordered, expected = (rows.sort_values(key, ignore_index=True) for rows in (found, expected))
    pd.testing.assert_frame_equal(ordered, expected)
    pd.testing.assert_frame_equal(found, found.sort_values(["video", "frame", "x1", "score", "track"]))
    assert not found.duplicated(["video", "track", "frame"]).any()
