from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import gaussian_filter1d
from small_tables import (
    CUES,
    FPS,
    FPS_OF,
    FULL,
    HAND,
    LONG,
    PLAIN,
    alive,
    clips_of,
    cues,
    random_cues,
    searched,
    videos,
)

from stages.common.cues.all import FRAME_SCORES
from stages.common.tables.schemas import TRIVIAL
from stages.fuse.__main__ import object_scores
from stages.fuse.believable import Clips
from stages.fuse.frames import normal_level, per_frame
from stages.fuse.smoothing import smooth_tracks

CLIPS = videos()


def objects(rows=HAND):
    """OBJECT_SCORES of cues by hand, their scores as they are."""
    table = cues(rows).assign(track=0)
    return table.assign(raw=table["arrow"], score=table["arrow"], **dict.fromkeys(TRIVIAL, 1.0))


def random_objects():
    """Scored objects that have nothing to do with each other."""
    table = random_cues()
    random = np.random.default_rng(1)
    numbers = {name: random.normal(size=len(table)) for name in ("raw", "score", *TRIVIAL)}
    return table.assign(track=table.groupby("video").cumcount() % 3, **numbers)


def test_frames_by_hand():
    frames = per_frame(objects(), clips_of(CLIPS, ends=0), PLAIN)
    assert list(frames.columns) == FRAME_SCORES.names
    assert frames["video"].tolist() == ["calm"] * 6 + ["busy"] * 5 + ["empty"] * 4
    assert frames["frame"].tolist() == [*range(6), *range(5), *range(4)]
    level = 2.5  # the median of calm's frame maxima, 1 and 4
    expected = [1, 4, *[level] * 4, level, level, 9, level, 7, *[level] * 4]
    for column in ("raw", "score", *CUES):
        assert frames[column].tolist() == expected


def test_a_clips_ends_take_the_nearest_scored_frames_value():
    frames = per_frame(objects(), clips_of(CLIPS, ends=2), PLAIN)
    assert frames["raw"][frames["video"] == "busy"].tolist() == [9, 9, 9, 9, 9]


def test_a_score_holds_for_the_frames_around_its_own_alone_however_few_objects_there_are():
    """A set whose one object is at frame 37 of 100, every second of which was searched."""
    clips = videos([("calm", "held_out", 100), ("busy", "test", 100)])
    found = objects([("calm", "held_out", 50, 10, 1.0), ("busy", "test", 37, 10, 9.0)])
    looked = searched(clips)
    frames = per_frame(found, clips_of(clips, looked[looked["frame"] % 2 == 1], 3), PLAIN)
    assert np.flatnonzero(frames["score"] == 9).tolist() == [137]


def test_a_cue_that_is_unknown_of_some_objects_is_told_for_all_frames_and_one_unknown_of_all_for_none():
    table = objects()
    table.loc[[1, 4], "not_person"] = np.nan
    assert per_frame(table, clips_of(CLIPS, ends=0), PLAIN)["not_person"].notna().all()
    nobody = per_frame(table.assign(not_person=np.nan), clips_of(CLIPS, ends=0), PLAIN)
    assert nobody["not_person"].isna().all() and nobody.drop(columns="not_person").notna().all(axis=None)


def test_the_normal_level_is_the_median_of_the_held_out_frames_highest():
    assert normal_level(objects(), "raw") == 2.5
    assert normal_level(objects([*HAND[3:]]), "raw") == 0.0


@pytest.mark.parametrize("map_filter", [1, 3])
def test_a_clip_without_objects_is_at_the_level_of_normal_footage(map_filter):
    table, clips = random_objects(), videos(LONG)
    normal = table[table["split"] == "held_out"]
    levels = {column: normal.groupby("frame")[column].max().median() for column in ("raw", "score")}
    for column in (*CUES, *TRIVIAL):
        smoothed = table.assign(value=smooth_tracks(table, column, FULL.track_seconds, FPS_OF))
        levels[column] = smoothed[table["split"] == "held_out"].groupby("frame")["value"].max().median()
    frames = per_frame(table, clips_of(clips, ends=1), replace(FULL, map_filter=map_filter))
    for column, level in levels.items():
        np.testing.assert_allclose(frames.loc[frames["video"] == "empty", column], level)


def test_smoothing_is_by_seconds_whatever_the_rate():
    """The same three seconds at 12 and at 24 frames a second."""
    table = random_objects().assign(track=0).drop_duplicates(["video", "frame"])
    doubled = table.assign(frame=2 * table["frame"])
    same, other = (
        smooth_tracks(rows, "raw", 0.3, dict.fromkeys(FPS_OF, fps)) for rows, fps in ((table, 12.0), (doubled, 24.0))
    )
    np.testing.assert_allclose(same, other, atol=0.02)
    assert np.abs(same - smooth_tracks(doubled, "raw", 0.3, FPS_OF)).max() > 0.2


def test_raw_is_not_smoothed_and_score_is():
    table = random_objects()
    table = table.assign(score=table["raw"])
    frames = per_frame(table, clips_of(videos(LONG), ends=1), FULL)
    busy = frames[(frames["video"] == "busy") & frames["frame"].between(1, 18)]
    highest = table[table["video"] == "busy"].groupby("frame")["raw"].max()[1:19]
    np.testing.assert_allclose(busy["raw"], highest)
    assert busy["score"].std() < busy["raw"].std()


def test_cues_are_smoothed_along_tracks_before_the_highest_of_a_frame_is_taken():
    table, fuse = random_objects(), replace(FULL, frame_seconds=0.0)
    frames = per_frame(table, clips_of(videos(LONG), ends=0), fuse)
    smoothed = table.assign(value=smooth_tracks(table, "shape", fuse.track_seconds, FPS_OF))
    highest = smoothed[table["video"] == "busy"].groupby("frame")["value"].max()
    np.testing.assert_allclose(frames.loc[frames["video"] == "busy", "shape"], highest)


def test_the_order_of_objects_makes_no_difference_where_a_track_has_one_a_frame():
    table, clips = random_objects(), videos(LONG)
    table = table.assign(track=table.groupby(["video", "frame"]).cumcount())
    frames, again = (
        per_frame(rows, clips_of(clips, ends=1), FULL) for rows in (table, table.sample(frac=1, random_state=0))
    )
    pd.testing.assert_frame_equal(frames, again)


def test_a_clip_of_two_runs_scores_as_two_clips_without_what_was_not_recorded():
    whole = videos((("calm", "held_out", 60), ("busy", "test", 40)))
    apart = videos((("calm", "held_out", 60), ("busy", "test", 16), ("later", "test", 20)))
    table = object_scores(random_cues(clips=(("calm", "held_out", 60), ("busy", "test", 16))), clips_of(apart), FULL)
    later = table[table["video"] == "busy"]
    split = pd.concat([table, later.assign(video="later")], ignore_index=True)
    joined = pd.concat([table, later.assign(frame=later["frame"] + 20)], ignore_index=True)
    parts = pd.DataFrame({"video": ["calm", "busy", "busy"], "first": [0, 0, 20], "frames": [60, 16, 20]})
    spans = alive(parts.assign(stop=parts["first"] + parts["frames"])[["video", "first", "stop"]])
    looked = pd.concat([pd.DataFrame({"video": r.video, "frame": range(r.first, r.stop)}) for r in spans.itertuples()])
    one = per_frame(joined, Clips(whole, looked, spans, parts, 2), FULL)
    two = per_frame(split, clips_of(apart, ends=2), FULL)
    assert one.query("video == 'busy'")["frame"].tolist() == [*range(16), *range(20, 40)]
    np.testing.assert_allclose(one["score"], two["score"], rtol=1e-6)


def test_frames_that_are_not_live_are_at_the_normal_level():
    clips = clips_of(CLIPS)
    clips = clips._replace(spans=clips.spans[clips.spans["video"] == "calm"])
    table = object_scores(cues(HAND), clips_of(CLIPS), PLAIN)
    frames = per_frame(table[table["split"] == "held_out"], clips, PLAIN)
    assert set(frames.query("video == 'busy'")["score"]) == {normal_level(table, "score")}


def test_a_clip_that_is_live_throughout_is_filled_and_smoothed_as_one():
    """The frames' highest scores, filled at the ends, under one bell."""
    table = random_objects()
    frames = per_frame(table, clips_of(videos(LONG), ends=2), FULL)
    highest = table[table["video"] == "busy"].groupby("frame")["score"].max().to_numpy(copy=True)
    highest[:2], highest[-2:] = highest[2], highest[-3]
    expected = gaussian_filter1d(highest, FULL.frame_seconds * FPS, mode="nearest")
    np.testing.assert_allclose(frames.loc[frames["video"] == "busy", "score"], expected)


def test_a_score_at_a_gap_does_not_reach_over_it():
    clips = videos([("calm", "held_out", 60), ("busy", "test", 20)])
    found = objects([("calm", "held_out", 50, 10, 1.0), ("busy", "test", 9, 10, 9.0)])
    whole = clips_of(clips)
    parts = pd.DataFrame({"video": ["calm", "busy", "busy"], "first": [0, 0, 12], "frames": [60, 10, 8]})
    spans = alive(parts.assign(stop=parts["first"] + parts["frames"])[["video", "first", "stop"]])
    frames = per_frame(found, whole._replace(runs=parts.assign(file=0, second=0.0), spans=spans), FULL)
    scores = frames[frames["video"] == "busy"].set_index("frame")["score"]
    assert scores[9] > 3 and list(scores.index) == [*range(10), *range(12, 20)]
    # But for the rounding of a sum of weights, which is not the same on all processors.
    np.testing.assert_allclose(scores.loc[12:], 1.0, rtol=1e-12)


def test_no_track_goes_over_what_was_not_recorded():
    clips = videos([("calm", "held_out", 60), ("busy", "test", 20)])
    rows = [("calm", "held_out", frame, 10, 0.1 * frame) for frame in range(0, 60, 2)]
    rows += [("busy", "test", frame, 10, 1.0) for frame in (7, 8, 9, 12, 13)]
    whole = clips_of(clips)
    spans = alive(pd.DataFrame({"video": ["calm", "busy", "busy"], "first": [0, 0, 12], "stop": [60, 10, 20]}))
    busy = [
        table[table["video"] == "busy"]
        for table in (object_scores(cues(rows), given, PLAIN) for given in (whole, whole._replace(spans=spans)))
    ]
    assert busy[0]["frame"].tolist() == [*range(7, 14)] and set(busy[0]["track"]) == {0}
    assert busy[1]["frame"].tolist() == [7, 8, 9, 12, 13] and busy[1]["track"].tolist() == [0, 0, 0, 1, 1]
