"""A miniature of the demo, through the stage: rendered with the labels and regions that its recipe says."""

import json
import shutil

import pytest
from helpers import tree
from miniatures import rows

from stages.common.running.files import sha256
from stages.footage.clips import probe

EVENT = {"type": "vehicle", "start": 2, "route": "lower", "heading": "left", "speed": 6.0}


@pytest.fixture
def demo(project):
    clips = [
        {"name": name, "split": split, "frames": frames, "walkers": 2, "events": events}
        for name, split, frames, events in (
            ("one", "train", 6, []),
            ("two", "train", 5, []),
            ("cart", "test", 24, [EVENT]),
            ("calm", "test", 4, []),
        )
    ]
    recipe = {"seed": 5, "width": 96, "height": 64, "fps": 12, "clips": clips}
    (project.source / "recipe.yaml").write_text(json.dumps(recipe))
    return project


def test_the_demo_is_rendered_with_its_labels_and_regions(demo):
    demo.run("footage")
    videos, labels, regions = demo.videos(), demo.labels(), demo.regions()
    assert rows(videos, "video", "kind", "path", "frames", "fps", "width", "height") == [
        ("calm", "rendered", "videos/calm.mp4", 4, 12, 96, 64),
        ("cart", "rendered", "videos/cart.mp4", 24, 12, 96, 64),
        ("one", "rendered", "videos/one.mp4", 6, 12, 96, 64),
        ("two", "rendered", "videos/two.mp4", 5, 12, 96, 64),
    ]
    footage = demo.root / "data/mine/footage"
    for video in videos.itertuples():
        assert probe(footage / video.path, "file", 0)["frames"] == video.frames
        assert sha256(footage / video.path) == video.sha256
    assert labels.groupby("video").size().to_dict() == {"calm": 4, "cart": 24}
    anomalous = labels[labels["anomalous"]]
    assert set(anomalous["video"]) == {"cart"} and 5 <= len(anomalous) <= 22
    assert set(regions["frame"]) == set(anomalous["frame"]) and set(regions["type"]) == {"vehicle"}
    assert (regions["frame"] >= EVENT["start"]).all()
    assert (regions[["x1", "y1"]] >= 0).all().all() and (regions[["x2", "y2"]] <= [96, 64]).all().all()
    middles = (regions["x1"] + regions["x2"]).tolist()
    assert middles[-1] < middles[0]  # heading left


def test_the_demo_is_the_same_bytes_from_any_number_of_workers(demo):
    demo.run("footage")
    alone = demo.made()
    shutil.rmtree(demo.root / ".work")
    demo.params(machine={"workers": 2})
    demo.run_apart("footage")
    assert demo.made() == alone


def test_the_demo_renders_finished_clips_only_once(demo):
    demo.run("footage")
    pieces = demo.root / ".work/footage"
    before = {p: p.stat().st_mtime_ns for p in pieces.glob("*/piece")}
    shutil.rmtree(demo.root / "data/mine")
    demo.run("footage")
    assert {p: p.stat().st_mtime_ns for p in pieces.glob("*/piece")} == before and len(before) == 4
    assert len(tree(demo.root / "data/mine/footage/videos")) == 4
