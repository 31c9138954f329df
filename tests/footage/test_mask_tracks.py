"""Tracks from masks: each rule on a picture small enough to read, and Ped2's masks."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays
from pandas.testing import assert_frame_equal

from stages.footage.mask_tracks import tracks_from_masks

MASKS = Path(__file__).parents[3] / "shared/data/ped2/testing/masks"


def masks(*drawings):
    """One mask for each drawing: rows split by spaces, # where anomalous."""
    return [np.array([[mark == "#" for mark in row] for row in drawing.split()]) for drawing in drawings]


def tracks(*drawings, **settings):
    """(track, frame, x1, x2) of each region."""
    table = tracks_from_masks(masks(*drawings), **{"min_pixels": 1} | settings)
    return [tuple(row) for row in table[["track", "frame", "x1", "x2"]].to_numpy().tolist()]


def test_boxes_have_exclusive_right_and_bottom_edges():
    table = tracks_from_masks(masks("...... .##... .##... .###.."), min_pixels=1)
    assert table.to_dict("records") == [{"track": 0, "frame": 0, "x1": 1, "y1": 1, "x2": 4, "y2": 4}]
    assert (table.dtypes == np.int64).all()


def test_corners_touch():
    assert tracks("#.. .#. ..#") == [(0, 0, 0, 3)]


def test_regions_are_numbered_in_reading_order():
    assert tracks("....## ##...# ......") == [(0, 0, 4, 6), (1, 0, 0, 2)]


def test_a_moving_region_keeps_its_track_while_it_overlaps_itself():
    assert tracks("##....", ".##...", "...##.") == [(0, 0, 0, 2), (0, 1, 1, 3), (1, 2, 3, 5)]


def test_two_regions_side_by_side_keep_their_tracks():
    assert tracks("##..##.", ".##..##") == [(0, 0, 0, 2), (1, 0, 4, 6), (0, 1, 1, 3), (1, 1, 5, 7)]


def test_on_a_split_the_part_that_shares_most_keeps_the_track():
    assert tracks("######", "##.###") == [(0, 0, 0, 6), (1, 1, 0, 2), (0, 1, 3, 6)]


def test_on_a_split_into_equal_parts_the_first_in_reading_order_keeps_the_track():
    assert tracks("#####", "##.##") == [(0, 0, 0, 5), (0, 1, 0, 2), (1, 1, 3, 5)]


def test_on_a_merge_the_track_that_shares_most_goes_on():
    assert tracks("##.###", "######", "######") == [(0, 0, 0, 2), (1, 0, 3, 6), (1, 1, 0, 6), (1, 2, 0, 6)]


def test_on_a_merge_of_equals_the_older_track_goes_on():
    assert tracks("...##", "##.##", "#####") == [(0, 0, 3, 5), (1, 1, 0, 2), (0, 1, 3, 5), (0, 2, 0, 5)]


def test_a_track_that_loses_one_region_takes_another_that_is_free():
    """Track 0 shares most with the middle region, which track 1 shares even more of; the left one is left for it."""
    before = "######.########"
    after = "#..############"
    assert tracks(before, after) == [(0, 0, 0, 6), (1, 0, 7, 15), (0, 1, 0, 1), (1, 1, 3, 15)]


def test_after_a_gap_a_new_track_starts():
    assert tracks("##...", ".....", ".##..") == [(0, 0, 0, 2), (1, 2, 1, 3)]


def test_tracks_that_meet_and_part_again_are_new_but_for_the_one_that_went_on():
    drawings = ["##.###", "######", "##.###"]
    assert tracks(*drawings) == [(0, 0, 0, 2), (1, 0, 3, 6), (1, 1, 0, 6), (2, 2, 0, 2), (1, 2, 3, 6)]


def test_small_components_are_left_out():
    assert tracks("#.##.###", min_pixels=2) == [(0, 0, 2, 4), (1, 0, 5, 8)]
    assert tracks("#.##.###", min_pixels=4) == []


@pytest.mark.parametrize("drawings", [[], ["..... ....."], [".....", "....."]])
def test_nothing_anomalous_gives_an_empty_table(drawings):
    table = tracks_from_masks(masks(*drawings))
    assert len(table) == 0
    assert table.columns.tolist() == ["track", "frame", "x1", "y1", "x2", "y2"]
    assert (table.dtypes == np.int64).all()


@settings(deadline=None)
@given(arrays(bool, (5, 6, 8)))
def test_every_pixel_has_a_box_and_every_track_one_region_per_frame(video):
    table = tracks_from_masks(video, min_pixels=1)
    covered = np.zeros_like(video)
    for row in table.itertuples():
        covered[row.frame, row.y1 : row.y2, row.x1 : row.x2] = True
    assert not (video & ~covered).any()
    assert not table.duplicated(["track", "frame"]).any()
    assert sorted(table["track"].unique()) == list(range(table["track"].nunique()))
    assert table.groupby("track")["frame"].min().is_monotonic_increasing
    gaps = table.groupby("track")["frame"].diff().max() if len(table) else 0
    assert not gaps > 1
    assert_frame_equal(tracks_from_masks(iter(list(video)), min_pixels=1), table)


@pytest.mark.parametrize(
    "frames, message",
    [
        ([np.zeros((4, 4), np.uint8)], r"mask of frame 0: expected bool \(H, W\), got uint8 \(4, 4\)"),
        ([np.zeros(4, bool)], r"mask of frame 0: expected bool \(H, W\), got bool \(4,\)"),
        ([np.zeros((4, 4), bool), np.zeros((4, 5), bool)],
         r"mask of frame 1: expected bool \(4, 4\), got bool \(4, 5\)"),
    ],
)  # fmt: skip
def test_masks_that_cannot_be_meant_are_refused(frames, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        tracks_from_masks(frames)


def test_components_of_no_pixels_are_refused():
    with pytest.raises(ValueError, match="^expected min_pixels >= 1, got 0$"):
        tracks_from_masks([], min_pixels=0)


@pytest.mark.skipif(not MASKS.is_dir(), reason=f"Ped2's pixel masks are not in {MASKS}")
def test_tracks_of_ped2():
    clips = [[cv2.imread(str(file), cv2.IMREAD_GRAYSCALE) > 0 for file in sorted(clip.iterdir())]
             for clip in sorted(MASKS.iterdir())]  # fmt: skip
    tables = [tracks_from_masks(clip) for clip in clips]
    assert [table["track"].nunique() for table in tables] == [1, 1, 2, 2, 1, 2, 2, 3, 2, 1, 3, 1]
    assert sum(map(len, tables)) == 2410  # all but one stray pixel in clip 09
    assert sum(table["frame"].nunique() for table in tables) == sum(mask.any() for clip in clips for mask in clip)
