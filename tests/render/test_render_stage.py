"""A miniature of the demo through the stage: an ordinary folder, whose labels and regions are those of its recipe."""

import json
import shutil

import pytest
from helpers import tree
from miniatures import rows

EVENT = {"type": "vehicle", "start": 2, "route": "lower", "heading": "left", "speed": 6.0}


def clip(name, split, frames, *events):
    return {"name": name, "split": split, "frames": frames, "walkers": 2, "events": list(events)}


CLIPS = [clip("one", "train", 6), clip("two", "train", 5), clip("cart", "test", 24, EVENT), clip("calm", "test", 4)]


def write_recipe(project, clips):
    file = project.root / "data/recipes/mine.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({"seed": 5, "width": 96, "height": 64, "fps": 12, "clips": clips}))


@pytest.fixture
def demo(project):
    project.source.rmdir()
    write_recipe(project, CLIPS)
    return project


def test_what_is_rendered_is_footage_with_labels_and_regions(demo):
    demo.run("render", "footage")
    files = [path.relative_to(demo.source).as_posix() for path in sorted(demo.source.rglob("*.*"))]
    assert files == [
        *("test/calm.mp4", "test/cart.mp4", "tracks/calm.txt", "tracks/cart.txt"),
        *("train/one.mp4", "train/two.mp4"),
    ]
    videos, labels, regions = demo.videos(), demo.labels(), demo.regions()
    assert rows(videos, "video", "frames", "fps", "width", "height") == [
        ("calm", 4, 12, 96, 64),
        ("cart", 24, 12, 96, 64),
        ("one", 6, 12, 96, 64),
        ("two", 5, 12, 96, 64),
    ]
    assert labels.groupby("video").size().to_dict() == {"calm": 4, "cart": 24}
    anomalous = labels[labels["anomalous"]]
    assert set(anomalous["video"]) == {"cart"} and 5 <= len(anomalous) <= 22
    assert set(regions["frame"]) == set(anomalous["frame"]) and set(regions["type"]) == {"vehicle"}
    assert (regions["frame"] >= EVENT["start"]).all()
    assert (regions[["x1", "y1"]] >= 0).all().all() and (regions[["x2", "y2"]] <= [96, 64]).all().all()
    middles = (regions["x1"] + regions["x2"]).tolist()
    assert middles[-1] < middles[0]  # heading left


def test_the_same_bytes_come_from_any_number_of_workers(demo):
    demo.run("render")
    alone = tree(demo.source)
    shutil.rmtree(demo.root / ".work")
    demo.params(machine={"workers": 2})
    demo.run_apart("render")
    assert tree(demo.source) == alone


def test_one_more_clip_costs_one_clip(demo):
    demo.run("render")
    pieces = demo.root / ".work/render"
    before = {path: path.stat().st_mtime_ns for path in pieces.glob("*/piece")}
    assert len(before) == 4
    write_recipe(demo, [clip("more", "train", 3), *CLIPS])
    demo.run("render")
    after = {path: path.stat().st_mtime_ns for path in pieces.glob("*/piece")}
    assert after.items() > before.items() and len(after) == 5
    assert len(tree(demo.source)) == 7


def test_a_recipe_that_cannot_be_rendered_leaves_what_was_rendered_before(demo):
    demo.run("render")
    before = tree(demo.source)
    write_recipe(demo, CLIPS[:1] * 2)
    assert demo.refusal("render") == "data/recipes/mine.yaml: two clips are named 'one'; rename one"
    assert tree(demo.source) == before
