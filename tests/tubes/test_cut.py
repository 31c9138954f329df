import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from helpers import KEEP_ALL, AllLive, Spanned, as_stored, still, store_frames, walking_square, write_pictures
from hypothesis import given
from hypothesis import strategies as st

from stages.common.tables.schemas import BOX, TUBES, read_table
from stages.common.tables.shards import Shard
from stages.tubes.cut import crop_area, cut_clip, cut_tube, learnt_frames, sampled
from stages.tubes.settings import Tubes

# Its reach is of 3 frames.
TINY = Tubes(size=16, context=0.0, half_length=1, max_step=3, train_stride=2, most=100)


def whole(frames):
    """The live stretches of a clip of which all is live."""
    return np.array([[0, frames]])


def random_frames(count, height=20, width=30, colour=False, seed=0):
    shape = (count, height, width, 3) if colour else (count, height, width)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8).view(AllLive)


def objects(*rows):
    """A table of OBJECTS of a clip `a` from (frame, x1, y1, x2, y2), numbered in that order."""
    table = pd.DataFrame(rows, columns=["frame", *BOX])
    fixed = {"video": "a", "object": range(len(table)), "score": 1.0, "label": -1, "source": "motion"}
    return table.assign(**fixed, class_scores=pd.Series([np.zeros(0, np.float32)] * len(table), dtype=object))


def test_a_clip_in_which_nothing_is_live_has_no_frame_to_learn_from():
    assert learnt_frames(np.zeros((0, 2), int), TINY).tolist() == []


def test_training_clips_give_every_nth_frame_that_has_the_whole_reach_on_both_sides():
    assert learnt_frames(whole(12), TINY).tolist() == [4, 6, 8]
    assert learnt_frames(whole(8), TINY).tolist() == [4]


def test_a_training_clip_too_short_for_both_gives_all_frames_that_have_the_reach():
    assert learnt_frames(whole(7), TINY).tolist() == [3]
    assert learnt_frames(whole(12), replace(TINY, train_stride=9)).tolist() == [3, 4, 5, 6, 7, 8]


def test_a_training_clip_too_short_for_the_reach_gives_every_nth_of_all_its_frames():
    assert learnt_frames(whole(6), TINY).tolist() == [0, 2, 4]
    assert learnt_frames(whole(1), TINY).tolist() == [0]


def test_each_live_stretch_of_a_training_clip_gives_what_has_the_whole_reach_within_it():
    assert learnt_frames(np.array([[1, 9], [20, 32]]), TINY).tolist() == [4, 24, 26, 28]


def test_each_live_stretch_gives_its_own_frames_counted_from_the_clips_first():
    spans = np.array([[3, 15], [20, 24], [31, 40]])
    assert learnt_frames(spans, TINY).tolist() == [6, 8, 10, 34, 36]


def test_stretches_all_too_short_for_the_reach_give_every_nth_of_their_frames():
    assert learnt_frames(np.array([[3, 6], [20, 24]]), TINY).tolist() == [4, 20, 22]


@given(st.integers(1, 200), st.integers(2, 40), st.integers(1, 9))
def test_chosen_training_frames_never_repeat_a_clips_ends_where_that_can_be_avoided(frames, reach, stride):
    tubes = Tubes(size=16, context=0.0, half_length=1, max_step=reach, train_stride=stride, most=100)
    chosen = learnt_frames(whole(frames), tubes)
    assert len(chosen) and 0 <= chosen.min() and chosen.max() < frames
    assert (np.diff(chosen) == stride).all() or ((chosen % stride).any() and (np.diff(chosen) == 1).all())
    if frames > 2 * reach:
        assert chosen.min() >= reach and chosen.max() + reach < frames


coordinate = st.floats(-40, 100, width=32)


@st.composite
def boxes(draw):
    x1, x2 = sorted((draw(coordinate), draw(coordinate)))
    y1, y2 = sorted((draw(coordinate), draw(coordinate)))
    return np.array([x1, y1, x2, y2], np.float32)


@given(boxes(), st.floats(0, 3), st.integers(1, 60), st.integers(1, 60))
def test_a_crop_lies_in_the_picture_is_never_empty_and_contains_what_the_box_has_inside(box, context, width, height):
    left, top, right, bottom = crop_area(box, context, width, height)
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
    x1, y1, x2, y2 = box.tolist()
    if x1 < width and x2 > 0:
        assert left <= max(x1, 0) and right >= min(x2, width)
    if y1 < height and y2 > 0:
        assert top <= max(y1, 0) and bottom >= min(y2, height)


@given(st.integers(0, 28), st.integers(0, 18), st.integers(1, 30), st.integers(1, 20))
def test_a_box_of_whole_pixels_is_its_own_crop(x1, y1, wide, high):
    box = np.array([x1, y1, min(x1 + wide, 30), min(y1 + high, 20)], np.float32)
    assert crop_area(box, 0.0, 30, 20) == tuple(box)


def test_context_widens_a_box_by_that_share_of_each_side():
    assert crop_area(np.array([10, 10, 20, 14]), 0.5, 100, 100) == (7, 9, 23, 15)
    assert crop_area(np.array([10.4, 10, 19.6, 14]), 0.0, 100, 100) == (10, 10, 20, 14)


def test_an_empty_box_still_gives_one_pixel():
    assert crop_area(np.array([5, 5, 5, 5]), 0.0, 30, 20) == (5, 5, 6, 6)
    assert crop_area(np.array([30, 20, 30, 20]), 0.0, 30, 20) == (29, 19, 30, 20)
    assert crop_area(np.array([-9, -9, -5, -5]), 0.0, 30, 20) == (0, 0, 1, 1)


def slow_resize(crop, size):
    """(H, W, C) to float (size, size, C): mean over the covered area where both sides shrink, else bilinear."""
    height, width, _ = crop.shape
    out = np.zeros((size, size, crop.shape[2]))
    for row in range(size):
        for column in range(size):
            if height > size and width > size:
                down, across = overlaps(row, size, height), overlaps(column, size, width)
            else:
                down, across = neighbours(row, size, height), neighbours(column, size, width)
            out[row, column] = sum(crop[y, x] * (a * b) for y, a in down for x, b in across)
    return out


def overlaps(place, size, length):
    """(pixel, weight) of the pixels that place `place` of `size` covers in a line of `length` pixels."""
    start, stop = place * length / size, (place + 1) * length / size
    shares = [(p, min(stop, p + 1) - max(start, p)) for p in range(int(start), math.ceil(stop))]
    return [(p, share / (stop - start)) for p, share in shares if share > 1e-9]


def neighbours(place, size, length):
    """(pixel, weight) of the two pixels around the centre of place `place`."""
    centre = min(max((place + 0.5) * length / size - 0.5, 0), length - 1)
    low = int(centre)
    return [(low, 1 - (centre - low)), (min(low + 1, length - 1), centre - low)]


def slow_tube(frames, middle, box, half, size):
    """A tube pixel by pixel, for a box of whole pixels inside of the picture."""
    x1, y1, x2, y2 = (int(edge) for edge in box)
    crops = []
    for time in range(middle - half, middle + half + 1):
        frame = frames[min(max(time, 0), len(frames) - 1)]
        crop = frame[y1:y2, x1:x2].astype(float)
        crops.append(slow_resize(crop.reshape(y2 - y1, x2 - x1, -1), size))
    return np.stack(crops)


@pytest.mark.parametrize("colour", [False, True], ids=["grey", "colour"])
@pytest.mark.parametrize("box", [(2, 3, 10, 11), (1, 1, 29, 19), (4, 2, 9, 6), (3, 2, 7, 20), (0, 0, 24, 16)])
@pytest.mark.parametrize("middle", [0, 1, 4, 8])
def test_a_tube_is_the_resized_box_of_each_frame_around_its_middle(colour, box, middle):
    frames = random_frames(9, colour=colour)
    tube = cut_tube(frames, middle, np.array(box, np.float32), half=2, size=8, context=0.0)
    assert tube.dtype == np.uint8 and tube.shape == (5, 8, 8, 3 if colour else 1)
    # cv2 rounds its weights to fixed point.
    assert np.abs(tube - slow_tube(frames, middle, box, 2, 8)).max() <= 1.0


def test_a_box_of_the_crops_own_size_is_copied_pixel_by_pixel():
    frames = random_frames(5, colour=True)
    tube = cut_tube(frames, 2, np.array([3, 4, 11, 12]), half=1, size=8, context=0.0)
    np.testing.assert_array_equal(tube, frames[1:4, 4:12, 3:11])


def test_beyond_a_clips_ends_its_first_or_last_frame_is_repeated():
    frames = (np.arange(4, dtype=np.uint8)[:, None, None] * np.ones((1, 20, 30), np.uint8)).view(AllLive)
    box = np.array([0, 0, 8, 8])
    shown = [cut_tube(frames, middle, box, 3, 8, 0.0)[:, 0, 0, 0].tolist() for middle in (0, 2, 3)]
    assert shown == [[0, 0, 0, 0, 1, 2, 3], [0, 0, 1, 2, 3, 3, 3], [0, 1, 2, 3, 3, 3, 3]]


def test_a_tube_stays_within_its_live_stretch():
    frames = Spanned(np.arange(12, dtype=np.uint8)[:, None, None] * np.ones((1, 20, 30), np.uint8), (2, 6), (7, 10))
    shown = [cut_tube(frames, middle, np.array([0, 0, 8, 8]), 2, 8, 0.0)[:, 0, 0, 0].tolist() for middle in (2, 5, 7)]
    assert shown == [[2, 2, 2, 3, 4], [3, 4, 5, 5, 5], [7, 7, 7, 8, 9]]


@pytest.mark.parametrize("colour", [False, True], ids=["grey", "colour"])
def test_a_clip_without_objects_has_a_shard_of_no_tubes(tmp_path, colour):
    store = store_frames(tmp_path / "frames", a=random_frames(6, colour=colour))
    cut_clip(store, "a", "test", objects(), TINY, tmp_path)
    assert Shard(tmp_path / "clip.tubes").shape == (0, 3, 16, 16, 3 if colour else 1)


@pytest.mark.parametrize("colour", [False, True], ids=["grey", "colour"])
@pytest.mark.parametrize(("split", "length"), [("test", 3), ("held_out", 7), ("train", 7)])
def test_a_shard_holds_the_tube_of_each_row_wide_ones_for_normal_clips(tmp_path, colour, split, length):
    frames = random_frames(6, colour=colour)
    rows = objects((4, 2, 2, 9, 9), (0, 5, 1, 25, 19), (5, 0, 0, 4, 6))
    cut_clip(store_frames(tmp_path / "frames", a=frames), "a", split, rows, TINY, tmp_path)
    shard = Shard(tmp_path / "clip.tubes")[:]
    assert shard.shape == (3, length, 16, 16, 3 if colour else 1) and shard.dtype == np.uint8
    for tube, row in zip(shard, rows.itertuples(), strict=True):
        box = np.array([row.x1, row.y1, row.x2, row.y2])
        expected = as_stored(cut_tube(frames, row.frame, box, length // 2, 16, 0.0)[None])[0]
        np.testing.assert_array_equal(tube, expected)


def test_of_nothing_nothing_is_sampled():
    assert sampled([], [], 5) == []
    assert [own.tolist() for own in sampled([np.zeros(0, bool), np.zeros(2, bool)], [0, -1], 5)] == [[], [False, False]]


folded = st.lists(st.tuples(st.lists(st.booleans(), max_size=30), st.integers(-1, 2)), max_size=6)


@given(folded, st.integers(4, 60))
def test_no_network_learns_from_more_and_of_each_fold_the_same_share_is_taken(clips, most):
    learnt, folds = [np.array(clip, bool) for clip, _ in clips], [fold for _, fold in clips]
    counts = {fold: [0, 0] for fold in folds}
    for fold, may, own in zip(folds, learnt, sampled(learnt, folds, most), strict=True):
        counts[fold][0] += int(may.sum())
        counts[fold][1] += int(own.sum())
    networks = {*folds} - {-1}
    given_to = {network: [own for fold, own in counts.items() if fold != network] for network in networks}
    may, taken = (max((sum(own[at] for own in each) for each in given_to.values()), default=0) for at in (0, 1))
    # Rounding costs one of each fold, and each has one at least.
    assert taken <= max(most, len(counts)) and taken >= min(may, most) - len(counts)
    if may:
        assert all(abs(own - every * min(1, most / may)) <= 1 for every, own in counts.values())


@given(st.lists(st.lists(st.booleans(), max_size=30), max_size=6), st.integers(1, 60))
def test_a_sample_is_bounded_of_what_may_be_learnt_and_evenly_spread_over_all_clips(clips, most):
    learnt = [np.array(clip, bool) for clip in clips]
    found = sampled(learnt, [-1] * len(clips), most)
    assert [len(own) for own in found] == [len(own) for own in learnt]
    assert all(not (own & ~may).any() for own, may in zip(found, learnt, strict=True))
    of_those = np.concatenate([np.zeros(0, bool), *(own[may] for own, may in zip(found, learnt, strict=True))])
    places, total = np.flatnonzero(of_those), len(of_those)
    assert len(places) == min(most, total)
    steps = np.diff(places)
    assert len(steps) == 0 or (steps.min() >= 1 and steps.max() - steps.min() <= 1)
    assert len(places) == 0 or places[0] == 0
    assert len(places) < 2 or places[-1] == total - 1


def test_the_stage_writes_a_shard_per_clip_whose_tubes_are_those_of_the_tables_rows(project):
    for path in ("train/a", "train/calm"):
        write_pictures(project.source / path, walking_square(20, seed=len(path)))
    write_pictures(project.source / "test/busy", walking_square(12))
    write_pictures(project.source / "test/empty", still(3))
    tubes = {"size": 16, "half_length": 1, "max_step": 3, "train_stride": 2}
    project.params(tubes=tubes, footage={"held_out_clips": ["a"]}, decode=KEEP_ALL)
    project.run("footage", "decode", "detect", "tubes")
    folder = project.root / "data/mine/tubes"
    assert sorted(path.name for path in folder.glob("*.tubes")) == [
        f"{name}.tubes" for name in ("a", "busy", "calm", "empty")
    ]
    table = read_table(folder / "tubes.parquet", TUBES)
    assert table.groupby("video")["split"].first().to_dict() == {"a": "held_out", "busy": "test", "calm": "train"}
    assert table.groupby("video")["fold"].first().to_dict() == {"a": 0, "busy": -1, "calm": -1}
    assert len(Shard(folder / "empty.tubes")) == 0
    found = table.merge(project.detections(), on=["video", "object"])
    assert len(found) == len(table) > 30
    for scored in ("a", "busy"):
        assert (found["video"] == scored).sum() == (project.detections()["video"] == scored).sum()
    assert sorted(set(found["frame"][found["video"] == "calm"])) == list(range(4, 17, 2))
    assert sorted(set(found["frame"][(found["video"] == "a") & found["learnt"]])) == list(range(4, 17, 2))
    assert found["learnt"][found["video"] == "calm"].all() and not found["learnt"][found["video"] == "busy"].any()
    for _, own in table.groupby("video"):  # What is learnt from lies first.
        assert own["row"].tolist() == list(range(len(own))) and own["learnt"].is_monotonic_decreasing
    for row in found.itertuples():
        half = 1 if row.split == "test" else 3
        box = np.array([row.x1, row.y1, row.x2, row.y2])
        expected = as_stored(cut_tube(project.frames(row.video), row.frame, box, half, 16, 0.0)[None])[0]
        np.testing.assert_array_equal(Shard(folder / f"{row.video}.tubes")[np.array([row.row])][0], expected)
