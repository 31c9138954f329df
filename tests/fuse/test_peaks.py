"""Peaks: how high an object rises above the usual, for how long, and what is one thing."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter1d
from small_tables import alive

from stages.common.tables.schemas import BOX, PEAKS, arrow_table
from stages.fuse.peaks import (
    APART,
    HALF,
    Track,
    apart,
    box_at,
    peaks_of,
    peaks_of_track,
    tracks_of,
    usual_score,
    with_classes,
)

VIDEOS = pd.DataFrame({"video": ["a", "b", "calm"], "fps": 10.0})
SPANS = alive(VIDEOS[["video"]].assign(first=0, stop=1000))


def track(scores, first=0, left=0.0):
    """A square of 20 pixels that stays where it is."""
    frames = first + np.arange(len(scores))
    return Track(frames, np.tile([left, 10.0, left + 20, 30.0], (len(scores), 1)), np.array(scores, float))


def objects(*tracks, video="a", split="test"):
    """OBJECT_SCORES, as far as peaks look at them, of tracks by number."""
    parts = [
        pd.DataFrame(
            {"video": video, "split": split, "track": number, "frame": own.frames, "score": own.scores}
        ).assign(**dict(zip(BOX, own.boxes.T, strict=True)))
        for number, own in enumerate(tracks)
    ]
    return pd.concat(parts, ignore_index=True)


CALM = objects(track([0.0] * 9), video="calm", split="held_out")


def found(*tracks, seconds=0.0, video="a"):
    return peaks_of(pd.concat([CALM, objects(*tracks, video=video)]), VIDEOS, SPANS, seconds)


def ends(peaks):
    return peaks[["track", "first_frame", "peak_frame", "last_frame"]].to_numpy().tolist()


def test_nothing_has_no_peak():
    nothing = peaks_of(CALM[:0], VIDEOS, SPANS, 2.0)
    assert arrow_table(nothing, PEAKS).num_rows == 0 and usual_score(CALM[:0]) == 0
    assert found(track([0.0, 0.0, -1.0])).empty


def test_the_usual_is_the_median_of_the_held_out():
    rows = pd.concat([objects(track([9.0] * 5)), objects(track([1.0, 2.0, 7.0]), video="calm", split="held_out")])
    assert usual_score(rows) == 2.0


def test_a_peak_goes_on_as_far_as_half_of_its_height():
    assert peaks_of_track(track([0, 1, 2, 4, 3, 1.9, 0, 0], first=5), 0.0, 0.0) == [(8, 7, 9, 4.0)]
    # Above a usual of 1, half is at 2.5.
    assert peaks_of_track(track([0, 1, 2, 4, 3, 1.9, 0, 0]), 1.0, 0.0) == [(3, 3, 4, 4.0)]
    # Two of a track, of which the score falls below half of the lower one between them.
    assert peaks_of_track(track([3, 8, 0.9, 2, 0]), 0.0, 0.0) == [(1, 1, 1, 8.0), (3, 3, 3, 2.0)]
    assert peaks_of_track(track([3, 8, 1.1, 2, 0]), 0.0, 0.0) == [(1, 1, 1, 8.0)]


def test_a_score_that_stays_high_is_one_long_peak():
    assert [ends[1:3] for ends in peaks_of_track(track([5.0] * 400), 0.0, 3.0)] == [(0, 399)]


def test_what_is_high_for_a_moment_alone_does_not_rise_high():
    brief, long = (peaks_of_track(track([0] * 20 + [6.0] * n + [0] * 20), 0.0, 3.0)[0][3] for n in (1, 30))
    assert brief < 1 and long > 5.9


@given(st.lists(st.integers(-2, 6), min_size=1, max_size=30), st.sampled_from([0.0, 1.0, 2.4, 2.5]), st.integers(-1, 2))
def test_peaks_are_what_looking_at_each_maximum_finds(scores, sigma, usual):
    """On the smoothed curve: its maxima, but for those from which it does not fall by half before it rises higher."""
    around = int(4 * sigma + 0.5) + 1
    curve = np.pad(np.array(scores, float), around, constant_values=usual)
    curve = gaussian_filter1d(curve, sigma) if sigma else curve
    expected = []
    for place in np.flatnonzero(curve > usual + 1e-6):
        left, right = place, place
        while curve[left - 1] == curve[place]:
            left -= 1
        while curve[right + 1] == curve[place]:
            right += 1
        if place != (left + right) // 2 or curve[left - 1] > curve[place] or curve[right + 1] > curve[place]:
            continue
        # Of two as high the earlier one counts as the higher.
        before, after = curve[:left][::-1], curve[right + 1 :]
        falls = []
        for side, higher in ((before, before >= curve[place]), (after, after > curve[place])):
            falls.append(side[: np.argmax(higher) if higher.any() else None].min())
        if max(falls) < usual + HALF * (curve[place] - usual):
            expected.append(place)
    found = peaks_of_track(track(scores), float(usual), sigma)
    if max(scores) <= usual:
        assert found == []
        return
    assert [round(height, 9) for *_, height in found] == [round(curve[place], 9) for place in expected]
    for peak, first, last, _ in found:
        assert 0 <= first <= peak <= last < len(scores)
    assert all(one[2] < other[1] for one, other in zip(found, found[1:], strict=False))


@pytest.mark.parametrize("sigma", [0.0, 0.6, 2.4, 3.6, 7.0, 8.4])
def test_a_peak_ends_within_its_track_however_low_it_is(sigma):
    """Where the whole track scores less than usual but for a moment."""
    random = np.random.default_rng(0)
    for _ in range(500):
        scores = random.normal(-0.3, 0.4, random.integers(1, 40))
        for peak, first, last, _ in peaks_of_track(track(scores), 0.0, sigma):
            assert 0 <= first <= peak <= last < len(scores)


# Things


def test_two_at_once_that_are_apart_are_two_and_two_that_are_not_are_one():
    high = [0, 4, 6, 4, 0]
    peaks = found(track(high), track([0, 4, 5, 4, 0], left=60))
    assert ends(peaks) == [[0, 1, 2, 3], [1, 1, 2, 3]] and peaks["tracks"].tolist() == [1, 1]
    peaks = found(track(high), track([0, 4, 5, 4, 4], left=25))
    assert ends(peaks) == [[0, 1, 2, 4]] and peaks["tracks"].tolist() == [2] and peaks["score"].tolist() == [6]


def test_a_torn_track_is_one_thing_and_what_comes_later_or_elsewhere_another():
    torn = track([0, 6, 6, 0]), track([0, 5, 5, 0], first=10), track([0, 4, 4, 0], first=20)
    assert ends(found(*torn)) == [[0, 1, 1, 22]]
    later = track([0, 5, 5, 0], first=14)
    assert ends(found(torn[0], later)) == [[0, 1, 1, 2], [1, 15, 15, 16]]
    assert len(found(torn[0], torn[1]._replace(boxes=torn[1].boxes + 50))) == 2


def test_what_is_less_than_half_as_high_belongs_to_a_thing_and_does_not_make_it_longer():
    peaks = found(track([0, 6, 6, 0]), track([0, 2, 2, 0], first=5), track([0, 5, 5, 0], first=18))
    assert ends(peaks) == [[0, 1, 1, 2], [2, 19, 19, 20]] and peaks["tracks"].tolist() == [1, 1]


def test_things_are_near_where_they_are_at_the_time():
    """One walks over the picture, and another stands where it is at that time, or where it was."""
    walking = Track(np.arange(50), np.array([[5.0 * x, 10, 5 * x + 20, 30] for x in range(50)]), np.full(50, 6.0))
    stands = track([0, 4, 4, 4, 0], first=40, left=210.0)
    assert len(found(walking, stands)) == 1
    assert len(found(walking, stands._replace(boxes=stands.boxes - [180, 0, 180, 0]))) == 2


def test_no_thing_goes_over_the_end_of_a_live_stretch():
    torn = objects(track([0, 6, 6, 0]), track([0, 5, 5, 0], first=5))
    spans = alive(pd.DataFrame({"video": ["a", "a", "calm"], "first": [0, 5, 0], "stop": [4, 9, 9]}))
    assert len(peaks_of(pd.concat([CALM, torn]), VIDEOS, SPANS, 0.0)) == 1
    assert len(peaks_of(pd.concat([CALM, torn]), VIDEOS, spans, 0.0)) == 2


def test_nothing_is_of_one_thing_with_what_another_video_shows():
    rows = pd.concat([CALM, objects(track([0, 6, 0])), objects(track([0, 5, 0]), video="b")])
    peaks = peaks_of(rows, VIDEOS, SPANS, 0.0)
    assert peaks["video"].tolist() == ["a", "b"]
    assert arrow_table(peaks, PEAKS).schema == PEAKS


def test_the_order_of_rows_makes_no_difference():
    random = np.random.default_rng(0)
    rows = objects(*(track(random.normal(0, 2, 40), first=5 * number, left=30.0 * (number % 4)) for number in range(8)))
    rows = pd.concat([CALM, rows])
    one, other = (peaks_of(table, VIDEOS, SPANS, 2.0) for table in (rows, rows.sample(frac=1, random_state=1)))
    pd.testing.assert_frame_equal(one, other)
    assert len(one) > 2


def test_the_box_of_a_peak_is_that_of_its_moment():
    moving = Track(np.array([0, 1, 2, 5]), np.arange(16.0).reshape(4, 4), np.array([0, 6, 0, 0.0]))
    assert found(moving)[BOX].to_numpy().tolist() == [[4, 5, 6, 7]]
    assert [box_at(moving, frame)[0] for frame in (-3, 0, 2, 3, 4, 9)] == [0, 0, 8, 8, 12, 12]


def test_tracks_are_put_in_the_order_of_their_frames():
    rows = objects(track([1, 2, 3]), track([4, 5])).sample(frac=1, random_state=2)
    tracks = tracks_of(rows)
    assert {number: own.scores.tolist() for number, own in tracks.items()} == {0: [1, 2, 3], 1: [4, 5]}


@pytest.mark.parametrize("gap, expected", [(-5, False), (0, False), (40 * APART, False), (40 * APART + 1, True)])
@pytest.mark.parametrize("axis", [0, 1])
def test_boxes_are_apart_by_half_of_the_taller_ones_height(gap, expected, axis):
    one, move = np.array([0.0, 0, 10, 40]), np.array([10.0 + gap, 0]) if axis == 0 else np.array([0, 40.0 + gap])
    other = np.array([0, 0, 10, 20]) + np.tile(move, 2)
    assert apart(one, other) == apart(other, one) == expected


def test_an_object_is_called_what_it_is_called_most_often_while_the_peak_lasts():
    own = objects(track([0.0] * 20), track([0.0] * 20, left=60.0)).assign(frame=[*range(20)] * 2)
    own["object"] = [*range(20), *range(20, 39), -1]
    names = own[["video", "object"]].assign(object_class=["person"] * 6 + ["bicycle"] * 6 + [""] * 8 + ["truck"] * 20)
    peaks = pd.DataFrame(
        [("a", 0, 0, 8), ("a", 0, 5, 12), ("a", 0, 5, 6), ("a", 0, 13, 19), ("a", 1, 0, 19), ("b", 0, 0, 9)],
        columns=["video", "track", "first_frame", "last_frame"],
    )
    found = with_classes(peaks, own, names)["object_class"].tolist()
    assert found == ["person", "bicycle", "bicycle", "", "truck", ""]
    assert len(with_classes(peaks[:0], own[:0], names[:0])) == 0
