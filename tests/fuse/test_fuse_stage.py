import numpy as np
import pandas as pd
import pytest
from small_tables import random_scores, videos

from stages.common.running.errors import InputError
from stages.common.running.paths import SetPaths
from stages.common.tables.schemas import (
    BOX,
    CUES,
    DETECTIONS,
    FRAME_SCORES,
    OBJECT_SCORES,
    SCORES,
    TRIVIAL,
    VELOCITY,
    VIDEOS,
    read_table,
    write_table,
)
from stages.fuse import fusion
from stages.fuse.__main__ import read_cues, run
from stages.fuse.shape import shape_distances

PARAMS = """
fuse:
  {method: zscore, weights: {arrow: 1, irregularity: 1, middle: 1, distillation: 1, features: 1, shape: 1,
   velocity: 1}, tail_share: 0.1, min_height: 12.0, edge_margin: 2.0, clip_margin: 1, track_sigma: 1.5, map_cell: 10,
   map_filter: 1, frame_sigma: 2.0}
sets: {tiny: {fuse: {}}}
"""


def detections(objects):
    """DETECTIONS of the objects, and of a training clip in which things are wider."""
    learnt = objects[objects["video"] == "busy"].assign(video="learnt")
    table = pd.concat([objects, learnt.assign(x2=learnt["x1"] + learnt["frame"] + 22)])
    return table.assign(score=1.0, label=-1, source="motion", class_scores=[[]] * len(table))


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fusion, "LEAST_ALIKE", 2)  # the tables here hold a dozen normal objects
    (tmp_path / "params.yaml").write_text(PARAMS)
    write_table(tmp_path / "data/tiny/footage/videos.parquet", videos(), VIDEOS)
    write_table(tmp_path / "data/tiny/scores.parquet", random_scores(), SCORES)
    write_table(tmp_path / "data/tiny/velocity.parquet", random_scores(), VELOCITY)
    write_table(tmp_path / "data/tiny/detections.parquet", detections(random_scores()), DETECTIONS)
    return tmp_path


def test_the_stage_writes_a_row_per_believed_object_and_per_frame(project):
    said = run("tiny")
    folder = project / "data/tiny/frame_scores"
    objects = read_table(folder / "objects.parquet", OBJECT_SCORES)
    frames = read_table(folder / "frames.parquet", FRAME_SCORES)
    assert said == f"{len(objects)} boxes from 27 objects, 15 frames scored, in data/tiny/frame_scores"
    assert len(objects) > 0 and len(frames) == 15
    assert np.isfinite(objects[["raw", "score", "shape", "velocity", *TRIVIAL]]).all(axis=None)
    assert np.isfinite(frames[["raw", "score", *CUES, *TRIVIAL]]).all(axis=None)


def test_the_stage_without_a_believed_normal_object_says_what_to_lower(project):
    table = random_scores()
    for name, schema in (("scores", SCORES), ("velocity", VELOCITY)):
        write_table(project / f"data/tiny/{name}.parquet", table[table["split"] == "test"], schema)
    with pytest.raises(InputError, match="none in the held-out clips passes .*; lower them"):
        run("tiny")


def test_shapes_are_held_against_the_boxes_of_the_training_clips_alone(project):
    cues = read_cues(SetPaths("tiny"), videos())
    boxes = detections(random_scores())
    learnt = boxes.loc[boxes["video"] == "learnt", BOX].to_numpy()
    np.testing.assert_array_equal(cues["shape"], shape_distances(cues[BOX].to_numpy(), learnt))
    assert len(learnt) == 12 and (cues["shape"] > 0).all()


def test_velocities_of_other_objects_are_refused(project):
    write_table(project / "data/tiny/velocity.parquet", random_scores()[1:], VELOCITY)
    with pytest.raises(InputError, match="velocity.parquet: not of the same objects as .*scores.parquet"):
        run("tiny")
