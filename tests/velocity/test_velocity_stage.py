"""The velocity stage: a value per object of the test and held-out clips."""

import numpy as np
import pandas as pd
import pytest
from helpers import KEEP_ALL, still, walking_square, write_pictures

from stages.common.cues.velocity import of_frames
from stages.common.frames.store import open_frames
from stages.common.tables.schemas import BOX, CUE_VALUES, read_table


@pytest.fixture
def filled(project):
    write_pictures(project.source / "train/still", still(4))
    write_pictures(project.source / "train/walk", walking_square(15, seed=1))
    write_pictures(project.source / "test/walk_too", walking_square(18))
    write_pictures(project.source / "test/nothing", still(3))
    project.params(footage={"held_out_clips": ["walk"]}, decode=KEEP_ALL)
    project.run("footage", "decode", "detect", "velocity")
    return project


def velocities(project) -> pd.DataFrame:
    return read_table(project.root / "data/mine/velocity.parquet", CUE_VALUES)


def test_the_stage_measures_the_objects_of_test_and_held_out_clips(filled):
    table, found = velocities(filled), filled.detections()
    assert table["video"].unique().tolist() == ["walk", "walk_too"] and set(table["cue"]) == {"velocity"}
    together = found.merge(table, on=["video", "object"])
    assert len(together) == len(table) == len(found)
    for video, own in together.groupby("video"):
        expected = of_frames(
            open_frames(filled.root / "data/mine/frames", video), own["frame"].to_numpy(), own[BOX].to_numpy()
        )
        np.testing.assert_array_equal(own["value"], expected)
    # The square moves by 3 pixels per frame and fills most of its box.
    assert together.loc[together["frame"].between(1, 13), "value"].median() == pytest.approx(2.5, abs=0.8)


def test_the_stage_goes_after_detect(filled):
    (filled.root / "data/mine/detections/objects.parquet").unlink()
    assert filled.refusal("velocity") == "data/mine/detections/objects.parquet: not found; run `dvc repro` to make it"
