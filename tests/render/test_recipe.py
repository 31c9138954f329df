"""A recipe is checked before anything is rendered."""

from pathlib import Path

import pytest
from helpers import ROOT

from stages.common.running.errors import InputError
from stages.render.recipe import EVENT_TYPES, read_recipe

DEMO = ROOT / "data/recipes/demo.yaml"


def test_demo_recipe_holds_every_type_twice_and_normal_frames_before():
    recipe = read_recipe(DEMO)
    train = [clip for clip in recipe.clips if clip.split == "train"]
    test = [clip for clip in recipe.clips if clip.split == "test"]
    assert (len(train), len(test)) == (14, 14)
    assert {clip.frames for clip in recipe.clips} == {200}
    events = [event for clip in test for event in clip.events]
    assert all(sum(event.type == kind for event in events) >= 2 for kind in EVENT_TYPES)
    assert all(event.start >= 40 for event in events)
    assert sum(not clip.events for clip in test) == 1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seed: 3\n", "", "seed: is missing"),
        ("seed: 3", "seed: 3\ncolour: red", "colour: is not a known parameter"),
        ("seed: 3", "seed: yes", "seed: Input should be a valid integer, found 'yes'"),
        ("seed: 3", "seed: true", "seed: Input should be a valid integer, found True"),
        ("seed: 3", "seed: -1", "seed: Input should be greater than or equal to 0, found -1"),
        ("width: 180", "width: 181", "width: Input should be a multiple of 2, found 181"),
        ("width: 180", "width: 18.5", "width: Input should be a valid integer, found 18.5"),
        ("height: 120", "height: 4098", "height: Input should be less than or equal to 4096, found 4098"),
        ("fps: 12", "fps: .nan", "fps: Input should be .* to [560]+, found nan"),
        ("frames: 12", "frames: 0", "clips.0.frames: Input should be greater than or equal to 1, found 0"),
        ("name: a,", "name: b,", "two clips are named 'b'; rename one"),
        ("name: a,", "name: ../a,", "clips.0.name: String should match pattern .*, found '../a'"),
        ("split: train", "split: val", "clips.0.split: Input should be 'train' or 'test', found 'val'"),
        ("split: test", "split: train", r"b: expected events: \[\] in a training clip, found 2"),
        ("type: vehicle", "type: ufo", "clips.1.events.0.type: Input should be 'cyclist', .*, found 'ufo'"),
        ("start: 6", "start: 24", "b: an event starts at frame 24 of 24"),
        ("route: middle, ", "", "clips.1.events.0.route: is missing"),
        ("heading: left", "heading: up", "heading: Input should be 'left' or 'right', found 'up'"),
        ("speed: 4.0", "speed: 0.1", "clips.1.events.0.speed: Input should be greater than or equal to 0.2, found 0.1"),
        ("seed: 3", "seed: [", "not valid YAML: "),
        ("seed: 3", "seed: 3\nseed: 4", "not valid YAML: "),
    ],
)
def test_a_recipe_that_cannot_be_rendered_is_refused_in_one_line(small: Path, old: str, new: str, message: str):
    assert old in small.read_text()
    small.write_text(small.read_text().replace(old, new, 1))
    with pytest.raises(InputError, match=message) as caught:
        read_recipe(small)
    assert "\n" not in str(caught.value) and str(caught.value).startswith(f"{small}: ")


@pytest.mark.parametrize("content", ["", "- 1", "seed"])
def test_what_is_no_mapping_is_no_recipe(small: Path, content: str):
    small.write_text(content)
    with pytest.raises(InputError, match="expected a mapping with the keys seed, width, height, fps and clips"):
        read_recipe(small)


def test_no_recipe(tmp_path: Path):
    with pytest.raises(InputError, match="none.yaml: not found; copy data/recipes/demo.yaml there and edit it"):
        read_recipe(tmp_path / "none.yaml")
