"""UBnormal as a miniature: scenes are views, splits are by the lists, regions are of the largest part of an object."""

import cv2
import numpy as np
import pytest
from helpers import still, write_video
from miniatures import clips_of, rows

from stages.common.tables.schemas import BOX

LISTS = {
    "normal_training": ["normal_scene_1_scenario_1", "normal_scene_2_scenario_1"],
    "normal_test": ["normal_scene_2_scenario_5"],
    "abnormal_test": ["abnormal_scene_1_scenario_6", "abnormal_scene_1_scenario_7"],
    "normal_validation": ["normal_scene_1_scenario_9"],
}


@pytest.fixture
def ubnormal(project):
    for part, names in LISTS.items():
        (project.source / f"{part}_video_names.txt").write_text("\n".join(names) + "\n")
        for name in names:
            scene = name.split("_")[2]
            # Scenes have sizes of their own.
            write_video(project.source / f"Scene{scene}/{name}.mp4", still(8, width=64 if scene == "1" else 96), fps=30)
    for name in LISTS["abnormal_test"]:
        folder = project.source / f"Scene1/{name}_annotations"
        folder.mkdir()
        for frame in range(8):
            found = np.zeros((48, 64), np.uint8)
            found[10:20, 5 + frame : 15 + frame] = 1
            found[30:32, 0:2] = found[30:40, 40:44] = 2  # in two parts
            cv2.imwrite(str(folder / f"{name}_{frame:04d}_gt.png"), found)
        (folder / f"{name}_tracks.txt").write_text("2,2,4\n1,4,5\n")
    (folder / f"{name}_new_tracks.txt").write_text("1,0,0\n")
    project.params(decode={"rate": 30.0})
    return project


@pytest.mark.parametrize("layout", ["auto", "ubnormal"])
def test_ubnormal(ubnormal, layout):
    ubnormal.params(footage={"layout": layout})
    ubnormal.run("footage")
    assert rows(clips_of(ubnormal), "video", "view", "path", "frames", "fps", "width") == [
        (
            name,
            f"Scene{name.split('_')[2]}",
            f"Scene{name.split('_')[2]}/{name}.mp4",
            8,
            30,
            64 if "e_1_" in name else 96,
        )
        for name in sorted(LISTS["normal_training"] + LISTS["normal_test"] + LISTS["abnormal_test"])
    ]
    assert clips_of(ubnormal)["split"].isin(["train", "held_out"]).tolist() == [False, False, True, True, False]
    labels = ubnormal.labels()
    found = {video: np.flatnonzero(own["anomalous"]).tolist() for video, own in labels.groupby("video")}
    assert found == {
        "abnormal_scene_1_scenario_6": [2, 3, 4, 5],
        "abnormal_scene_1_scenario_7": [0],
        "normal_scene_2_scenario_5": [],
    }
    assert rows(ubnormal.regions(), "video", "track", "frame", *BOX) == [
        *(("abnormal_scene_1_scenario_6", 0, frame, 40, 30, 44, 40) for frame in (2, 3, 4)),
        *(("abnormal_scene_1_scenario_6", 1, frame, 5 + frame, 10, 15 + frame, 20) for frame in (4, 5)),
        ("abnormal_scene_1_scenario_7", 0, 0, 5, 10, 15, 20),
    ]


def test_lists_tracks_and_maps_that_are_missing_are_named(ubnormal):
    folder = ubnormal.source / "Scene1/abnormal_scene_1_scenario_6_annotations"
    (folder / "abnormal_scene_1_scenario_6_0003_gt.png").unlink()
    assert "scenario_6_0003_gt.png: expected a map of 64x48 pixels, found none" in ubnormal.refusal("footage")
    (folder / "abnormal_scene_1_scenario_6_tracks.txt").write_text("gate\n")
    assert "6_tracks.txt: expected rows object,first_frame,last_frame" in ubnormal.refusal("footage")
    (folder / "abnormal_scene_1_scenario_6_tracks.txt").unlink()
    assert "6_tracks.txt: not found" in ubnormal.refusal("footage")
    (ubnormal.source / "normal_test_video_names.txt").unlink()
    assert ubnormal.refusal("footage").startswith("data/raw/mine/normal_test_video_names.txt: not found")
