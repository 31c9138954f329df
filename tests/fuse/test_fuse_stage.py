import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from helpers import PARAMS
from small_tables import (
    CLIPS,
    CUES,
    EVERY,
    FOUR,
    FULL,
    HAND,
    LONG,
    PLAIN,
    clips_of,
    cues,
    random_cues,
    searched,
    videos,
)

from stages.common.cues import place, shape
from stages.common.cues.all import ALL, FRAME_SCORES, OBJECT_SCORES
from stages.common.cues.tasks import TASKS
from stages.common.running.errors import InputError
from stages.common.running.params import merged
from stages.common.running.paths import SetPaths
from stages.common.tables.schemas import (
    BOX,
    CUE_VALUES,
    FEATURES,
    FILES,
    OBJECTS,
    PEAKS,
    RUNS,
    SEARCHED,
    SOURCE_FAULTS,
    SPANS,
    TRIVIAL,
    VERDICTS,
    VIDEOS,
    read_table,
    write_table,
)
from stages.fuse import cues as of_cues
from stages.fuse.__main__ import object_scores, run
from stages.fuse.calibration import of_network
from stages.fuse.cues import PARTS, of_views, read_cues
from stages.fuse.frames import per_frame

OF_BOXES = [name for name, cue in ALL.items() if hasattr(cue, "of_boxes")]
NONE = pd.DataFrame(columns=VERDICTS.names)
SMALL = {"tubes": {"half_length": 1}, "fuse": {"method": "zscore", "track_seconds": 0.15, "frame_seconds": 0.2}}


def scored(table, fuse, clips=CLIPS, ends=0):
    return object_scores(table, clips_of(videos(clips), ends=ends), fuse)


def found(table, fuse, clips=CLIPS, ends=0):
    """Of what is scored the objects, without what is between two."""
    objects = scored(table, fuse, clips, ends)
    return objects[objects["object"] >= 0].reset_index(drop=True)


# One line from cues to objects


def test_no_objects_at_all_make_no_scores_and_frames_at_0():
    objects = scored(cues([]), FULL)
    assert len(objects) == 0 and list(objects.columns) == OBJECT_SCORES.names
    frames = per_frame(objects, clips_of(videos(), ends=1), FULL)
    assert len(frames) == 15
    assert (frames[["raw", "score", *CUES, *TRIVIAL]] == 0).all(axis=None)


def test_objects_by_hand():
    objects = found(cues(HAND), replace(PLAIN, method="zscore"))
    assert objects["video"].tolist() == ["busy"] * 3 + ["calm"] * 3
    assert objects["frame"].tolist() == [2, 2, 4, 0, 1, 1] and objects["object"].tolist() == [0, 1, 2] * 2
    mean, deviation = 7 / 3, np.std([1, 2, 4])
    expected = (np.array([9, 3, 7, 1, 2, 4]) - mean) / deviation
    for column in (*TASKS, "raw", "score"):
        np.testing.assert_allclose(objects[column], expected, rtol=1e-6)
    assert objects["track"].tolist() == [0, 1, 0, 0, 0, 1]
    np.testing.assert_allclose(objects["box_width"], 20)
    np.testing.assert_allclose(objects["box_speed"], 0)


def test_frames_between_two_boxes_of_a_track_have_what_is_between_them():
    objects = scored(cues(HAND), PLAIN)
    busy = objects[(objects["video"] == "busy") & (objects["track"] == 0)]
    assert busy["frame"].tolist() == [2, 3, 4] and busy["object"].tolist() == [0, -1, 2]
    for column in (*BOX, *CUES, *TRIVIAL, "raw", "score"):
        before, between, after = busy[column]
        assert between == pytest.approx((before + after) / 2)


def test_an_object_of_which_no_cue_with_a_weight_is_known_is_left_out():
    table = cues(HAND)
    table.loc[4, list(TASKS)] = np.nan
    assert len(found(table, PLAIN)) == 5
    assert len(found(table, replace(PLAIN, weights={"shape": 1.0}))) == 6


def test_objects_that_are_not_believed_neither_count_nor_calibrate():
    table, fuse = random_cues(), replace(FULL, edge_margin=0.0)
    wild = cues([("calm", "held_out", 40, 10, 1e6), ("busy", "test", 0, 10, 1e6)]).assign(object=np.int32(900))
    wild.loc[0, "y2"] = wild.loc[0, "y1"] + 11
    expected = scored(table, fuse, LONG, ends=1)
    with_wild = scored(pd.concat([table, wild], ignore_index=True), fuse, LONG, ends=1)
    pd.testing.assert_frame_equal(with_wild, expected)


def test_test_clips_do_not_change_the_calibration():
    table = random_cues()
    expected = scored(table, FULL, LONG).query("split == 'held_out'")
    table.loc[table["split"] == "test", CUES] += 50
    again = scored(table, FULL, LONG).query("split == 'held_out'")
    pd.testing.assert_frame_equal(again[[*CUES, "raw"]], expected[[*CUES, "raw"]])


def test_a_task_that_was_not_trained_is_left_out():
    table = random_cues().assign(middle=np.float32(np.nan))
    objects = scored(table, FULL, LONG)
    pd.testing.assert_frame_equal(objects, scored(table, replace(FULL, weights={**EVERY, "middle": 0.0}), LONG))
    assert objects["middle"].isna().all()
    frames = per_frame(objects, clips_of(videos(LONG), ends=1), FULL)
    assert frames["middle"].isna().all() and frames.drop(columns="middle").notna().all(axis=None)


@pytest.mark.parametrize("method", ["zscore", "tail", "mean"])
@pytest.mark.parametrize("map_filter", [1, 3])
@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_makes_no_difference(method, map_filter, seed):
    fuse = replace(FULL, method=method, map_filter=map_filter, weights=FOUR if method == "mean" else EVERY)
    table, clips = random_cues(), videos(LONG)
    shuffled = table.sample(frac=1, random_state=seed, ignore_index=True)
    assert not shuffled.equals(table)
    looked = searched(clips)
    objects, again = (
        object_scores(rows, clips_of(clips, frames, 1), fuse)
        for rows, frames in ((table, looked), (shuffled, looked.sample(frac=1, random_state=seed)))
    )
    pd.testing.assert_frame_equal(again, objects)
    one, other = (per_frame(rows, clips_of(clips, looked, 1), fuse) for rows in (again, objects))
    pd.testing.assert_frame_equal(one, other)


def test_what_is_given_is_not_changed():
    table, clips = random_cues(), videos(LONG)
    before = table.copy(), clips.copy()
    per_frame(object_scores(table, clips_of(clips, ends=1), FULL), clips_of(clips, ends=1), FULL)
    pd.testing.assert_frame_equal(table, before[0])
    pd.testing.assert_frame_equal(clips, before[1])


# The stage


def learnt(objects):
    """Objects of a training clip in which things are wider."""
    rows = objects[objects["video"] == "busy"]
    return rows.assign(video="learnt", split="train", x2=rows["x1"] + rows["frame"] + 22)


def written(project, table, more=1):
    """Writes the tables of a set whose objects have the values of `table`, and, with `more`, of a training clip."""
    folder = project / "data/tiny"
    write_table(folder / "footage/videos.parquet", videos(LONG), VIDEOS)
    found = pd.concat([table, *[learnt(table)] * more], ignore_index=True)
    seen = np.eye(80, dtype=np.float32)[0] * 0.9
    facts = {"score": 1.0, "label": 0, "source": "boxes", "class_scores": pd.Series([seen] * len(found), dtype=object)}
    write_table(folder / "detections/objects.parquet", found.assign(**facts), OBJECTS)
    write_table(folder / "detections/searched.parquet", searched(videos(LONG)), SEARCHED)
    write_table(folder / "live/spans.parquet", clips_of(videos(LONG)).spans, SPANS)
    write_table(folder / "footage/runs.parquet", clips_of(videos(LONG)).runs, RUNS)
    for told in ("footage", "live"):
        write_table(folder / told / "faults.parquet", pd.DataFrame(columns=SOURCE_FAULTS.names), SOURCE_FAULTS)
    files = pd.DataFrame({"file": [0], "path": ["gate.mp4"], "kind": "file", "sha256": ""})
    write_table(folder / "footage/files.parquet", files, FILES)
    key = ["video", "object"]
    seen = table[key].assign(network=0, vector=list(table[["x1", "frame"]].to_numpy(np.float32)))
    write_table(folder / "features.parquet", seen, FEATURES)
    measured = [cue for cue in CUES if cue not in ("shape", "velocity")]
    for name, cues_of in (("scores", measured), ("velocity", ["velocity"])):
        values = table.melt(id_vars=key, value_vars=cues_of, var_name="cue").assign(network=-(name == "velocity"))
        write_table(folder / f"{name}.parquet", values.sample(frac=1, random_state=0), CUE_VALUES)


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sections = {name: values for name, values in PARAMS.items() if name != "sets"}
    (tmp_path / "params.yaml").write_text(json.dumps({**merged(sections, SMALL), "sets": {"tiny": {}}}))
    written(tmp_path, random_cues())
    return tmp_path


def test_the_stage_writes_a_row_per_believed_object_and_per_frame(project):
    said = run("tiny")
    folder = project / "data/tiny/frame_scores"
    objects = read_table(folder / "objects.parquet", OBJECT_SCORES)
    frames = read_table(folder / "frames.parquet", FRAME_SCORES)
    peaks = read_table(folder / "peaks.parquet", PEAKS)
    count = len(random_cues())
    assert said == f"{len(objects)} boxes from {count} objects, 84 frames scored, in data/tiny/frame_scores"
    assert len(objects) > 100 and len(frames) == 84
    assert np.isfinite(objects[["raw", "score", *CUES, *TRIVIAL]]).all(axis=None)
    assert np.isfinite(frames[["raw", "score", *CUES, *TRIVIAL]]).all(axis=None)
    assert set(peaks["split"]) == {"test", "held_out"} and set(peaks["video"]) == {"busy", "calm"}
    own = peaks.merge(objects, left_on=["video", "track", "peak_frame"], right_on=["video", "track", "frame"])
    assert len(own) == len(peaks) and (own["x1_x"] == own["x1_y"]).all()


def test_the_stage_without_a_believed_normal_object_says_what_to_lower(project):
    table = random_cues()
    written(project, table[table["split"] == "test"])
    with pytest.raises(InputError, match="none in the held-out clips passes fuse.min_height; lower it"):
        run("tiny")


def test_each_object_has_its_own_values_of_all_cues_and_nan_where_none_is_told(project):
    table = random_cues()
    table.loc[3, "middle"] = np.nan
    written(project, table)
    path = project / "data/tiny/velocity.parquet"
    values = read_table(path, CUE_VALUES)
    write_table(path, values[values["object"] != 7], CUE_VALUES)
    table.loc[table["object"] == 7, "velocity"] = np.nan
    read = read_cues(SetPaths("tiny"), videos(LONG), NONE).query("split != 'train'")
    key = ["video", "object"]
    columns = [*key, "split", "frame", *BOX, *(cue for cue in CUES if cue not in OF_BOXES)]
    read = read.rename(columns={of_network(cue, 0): cue for cue in CUES})
    one, other = (rows.sort_values(key, ignore_index=True)[columns] for rows in (read, table))
    pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize("cue", OF_BOXES)
def test_boxes_are_held_against_those_of_the_normal_clips_but_of_their_own(project, cue):
    read = read_cues(SetPaths("tiny"), videos(LONG), NONE)
    normal = read["split"] != "test"
    assert set(read["video"][normal]) == {"calm", "learnt"}
    for video in ("busy", "calm", "learnt"):
        own, others = read["video"] == video, read[normal & (read["video"] != video)][BOX].to_numpy()
        np.testing.assert_array_equal(read[cue][own], ALL[cue].of_boxes(read[own][BOX].to_numpy(), others))


def test_of_one_normal_clip_none_is_left_to_hold_it_against(project):
    written(project, random_cues(), more=0)
    read = read_cues(SetPaths("tiny"), videos(LONG), NONE)
    assert read.loc[read["video"] == "calm", OF_BOXES].isna().all(axis=None)
    assert read.loc[read["video"] == "busy", OF_BOXES].notna().all(axis=None)


def test_what_networks_say_is_told_apart_and_of_an_object_that_all_are_asked_about_the_mean_counts(project):
    path, table = project / "data/tiny/scores.parquet", random_cues()
    values = read_table(path, CUE_VALUES)
    asked = values["video"] == "busy"
    # The other network says what the first one says of another object.
    other = values[asked].assign(network=1, value=values["value"][asked].sample(frac=1, random_state=1).to_numpy())
    write_table(path, pd.concat([values, other]), CUE_VALUES)
    read = read_cues(SetPaths("tiny"), videos(LONG), NONE)
    key = ["video", "object"]
    for number, said in ((0, values), (1, other)):
        own = said[said["cue"] == "arrow"].set_index(key)["value"]
        found = read.set_index(key)[of_network("arrow", number)].dropna()
        pd.testing.assert_series_equal(found.sort_index(), own.sort_index(), check_names=False)
    assert len(table) > len(other) / len(set(other["cue"]))


def test_normal_clips_are_held_against_the_others_and_only_by_some_of_their_boxes():
    random = np.random.default_rng(0)
    corners = random.uniform(0, 90, (300, 2))
    boxes = np.hstack([corners, corners + random.uniform(10, 30, (300, 2))])
    names = np.repeat([f"t{number:02}" for number in range(10)], 30)
    known = random.random(300) < 0.7
    splits = np.where(names < "t05", "train", "held_out")
    table = pd.DataFrame(boxes, columns=BOX).assign(video=names, split=splits, view="", known=known, taught=-1)
    values = of_views(table, place.of_boxes)
    for part in range(PARTS):
        own = np.isin(names, [f"t{number:02}" for number in range(10) if number * PARTS // 10 == part])
        np.testing.assert_array_equal(values[own], place.of_boxes(boxes[own], boxes[~own & known]))
    assert of_views(table[:0], place.of_boxes).shape == (0,)


def test_of_many_training_boxes_some_are_kept(project, monkeypatch):
    monkeypatch.setattr(of_cues, "KEPT", 8)
    read = read_cues(SetPaths("tiny"), videos(LONG), NONE)
    assert read["split"].value_counts().to_dict() == {"held_out": 150, "test": 50, "train": 2}


def test_boxes_are_held_against_those_of_their_own_view(project):
    table = random_cues()
    of_view = videos(LONG).assign(view=["gate", "yard", "gate", "yard"])
    normal = learnt(table)[BOX].to_numpy()
    read = read_cues(SetPaths("tiny"), of_view, NONE).set_index("video")
    # What else was learnt is of the yard.
    assert read.loc["calm", OF_BOXES].isna().all(axis=None)
    own = read.loc["busy"]
    np.testing.assert_array_equal(own["shape"], shape.of_boxes(own[BOX].to_numpy(), normal))


def test_a_set_in_which_nothing_was_found_is_refused_in_a_line(project):
    written(project, random_cues()[:0])
    with pytest.raises(InputError, match="of 0 objects none in the held-out clips passes"):
        run("tiny")
