"""The detect stage: a table of objects of every frame, the same from any number of workers."""

import shutil

import numpy as np
import pandas as pd
import pytest
from helpers import KEEP_ALL, ROOT, still, tree, walking_square, write_pictures

from stages.common.running.files import sha256
from stages.common.tables.schemas import BOX, OBJECTS, SEARCHED, read_table
from stages.common.tables.shards import Shard

WEIGHTS = ROOT.parent / "shared/data/weights"


@pytest.fixture
def filled(project):
    write_pictures(project.source / "train/still", still(4))
    write_pictures(project.source / "train/walk", walking_square(15, seed=1))
    write_pictures(project.source / "test/walk_too", walking_square(18))
    write_pictures(project.source / "test/picture", still(1))
    project.params(decode=KEEP_ALL)
    return project


@pytest.mark.parametrize("grey", [False, True])
def test_a_walking_square_is_found_in_every_frame_and_nothing_in_still_clips(filled, grey):
    filled.params(decode={"grey": grey})
    filled.run("footage", "decode", "detect")
    table = filled.detections()
    assert table.groupby("video").size().to_dict() == {"walk": 15, "walk_too": 18}
    for name, count in (("walk", 15), ("walk_too", 18)):
        own = table[table["video"] == name]
        assert own["frame"].tolist() == list(range(count))
        expected = np.array([(3 * frame, 14, 3 * frame + 10, 34) for frame in range(count)])
        # A border of a pixel is added, and softening moves an edge by one more.
        assert np.abs(own[BOX].to_numpy() - expected).max() <= 3
    assert set(table["source"]) == {"motion"} and set(table["label"]) == {-1}
    assert table["score"].between(0, 1).all() and all(len(scores) == 0 for scores in table["class_scores"])


def test_clips_without_any_object_give_an_empty_table(project):
    for path in ("train/a", "train/b", "test/c"):
        write_pictures(project.source / path, still(3))
    project.run("footage", "decode", "detect")
    table = project.detections()
    assert len(table) == 0 and list(table.columns) == OBJECTS.names


def test_a_clip_of_one_frame_goes_all_the_way_to_tubes(project):
    """With nothing in it, and between clips that have objects."""
    for path in ("train/a", "train/b"):
        write_pictures(project.source / path, walking_square(12))
    write_pictures(project.source / "test/one", walking_square(1))
    project.params(decode=KEEP_ALL)
    project.run("footage", "decode", "detect", "tubes")
    assert project.videos().set_index("video").loc["one", "frames"] == 1
    assert project.frames("one").shape == (1, 48, 64, 3)
    assert len(Shard(project.root / "data/mine/tubes/one.tubes")) == 0
    assert len(Shard(project.root / "data/mine/tubes/a.tubes")) > 0


def test_the_same_bytes_from_one_worker_and_from_four(filled):
    filled.run("footage", "decode", "detect")
    folder = filled.root / "data/mine/detections"
    alone = tree(folder)
    shutil.rmtree(folder)
    shutil.rmtree(filled.root / ".work/detect")
    filled.params(machine={"workers": 4})
    filled.run_apart("detect")
    assert tree(folder) == alone and sorted(alone) == ["objects.parquet", "searched.parquet"]


def test_decode_goes_before_detect(filled):
    filled.run("footage")
    filled.leave_earlier_outputs()
    shutil.rmtree(filled.root / "data/mine/frames")
    assert filled.refusal("detect") == "data/mine/frames: not found; run `dvc repro` to make it"


@pytest.mark.parametrize("every", [1, 2, 3, 40])
def test_every_so_many_frames_are_searched_from_the_first_on(filled, every):
    filled.run("footage", "weights", "decode", "detect")
    all_found = filled.detections()
    filled.params(detect={"every": every}, tubes={"train_stride": every})
    filled.run("detect")
    expected = all_found[all_found["frame"] % every == 0]
    assert 0 < len(expected) and set(expected["video"]) == set(all_found["video"])
    found = filled.detections()
    pd.testing.assert_frame_equal(found.drop(columns="object"), expected.drop(columns="object").reset_index(drop=True))
    assert all(own["object"].tolist() == list(range(len(own))) for _, own in found.groupby("video"))
    searched = read_table(filled.root / "data/mine/detections/searched.parquet", SEARCHED)
    lengths = filled.videos().set_index("video")["frames"]
    looked = {video: own["frame"].tolist() for video, own in searched.groupby("video")}
    assert looked == {video: list(range(0, frames, every)) for video, frames in lengths.items()}


TOY = """
import numpy as np

from stages.common.objects.boxes import Detections


def find(frames, numbers, detect, given, device):
    for number in numbers:
        height, width = frames[number].shape[:2]
        boxes = np.array([[1, 2, width - 1, height - 2]], np.float32)
        yield Detections(boxes, np.full(1, detect.tiles.score, np.float32), np.zeros(1, np.int16), np.ones((1, 80)))
"""


def test_a_new_detector_is_a_file_and_a_line(filled):
    filled.params(detect={"sources": ["toy", "motion"], "classes": ["person"], "every": 2})
    assert "detect.sources: expected one or more of" in filled.refusal("footage")
    folder = filled.copy_stages() / "detect"
    (folder / "toy.py").write_text(TOY)
    known = (folder / "detectors.py").read_text()
    line = 'DETECTORS = {\n    "toy": Detector("toy", ("classes", "tiles.score"), needs_weights=False),'
    (folder / "detectors.py").write_text(known.replace("DETECTORS = {", line))
    filled.run_apart("footage", "decode", "detect")
    found = filled.detections()
    own = found[found["source"] == "toy"]
    assert own.groupby("video")["frame"].apply(list)["walk"] == list(range(0, 15, 2))
    assert own[BOX].drop_duplicates().values.tolist() == [[1, 2, 63, 46]] and set(own["label"]) == {0}
    assert own["score"].iloc[0] == pytest.approx(filled.tree["detect"]["tiles"]["score"])
    # What moves lies within the toy's box, and is known already.
    assert len(own) == len(found)


def test_weights_of_another_network_are_refused_in_a_line(filled):
    """YOLOX's file where NanoDet's is meant: as many pixels, and other anchors."""
    if not (WEIGHTS / "yolox_nano.onnx").is_file():
        pytest.skip("no yolox_nano.onnx in ../shared/data/weights")
    path = filled.root / "data/raw/weights/yolox_nano.onnx"
    path.parent.mkdir(parents=True)
    shutil.copyfile(WEIGHTS / path.name, path)
    tiles = {"input_width": 448, "input_height": 448}
    filled.params(detect={"sources": ["nanodet_plus"], "tiles": tiles})
    filled.params(weights={"detector": {"file": path.name, "sha256": sha256(path)}})
    filled.run("footage", "weights", "decode")
    assert "takes inputs of [1,3,416,416], got [3, 448, 448]" in filled.refusal("detect")
