from collections import Counter

import pytest

from benchmarks import rendered
from stages.common.running.errors import InputError
from stages.render.recipe import EVENT_TYPES, ROUTES, read_recipe


@pytest.mark.parametrize("camera", rendered.CAMERAS)
@pytest.mark.parametrize("seed", range(3))
def test_normal_clips_are_normal_and_every_type_of_event_comes_up_nearly_as_often(camera, seed):
    recipe = rendered.draw_recipe(rendered.CAMERAS[camera], seed)
    training = [clip for clip in recipe.clips if clip.split == "train"]
    tests = [clip for clip in recipe.clips if clip.split == "test"]
    assert (len(training), len(tests)) == (rendered.TRAINING_CLIPS, rendered.TEST_CLIPS)
    assert not any(clip.events for clip in training) and all(clip.events for clip in tests)
    events = [event for clip in tests for event in clip.events]
    counts = Counter(event.type for event in events)
    assert set(counts) == set(EVENT_TYPES) and max(counts.values()) - min(counts.values()) <= 1
    for event in events:
        low, high = rendered.SPEEDS[event.type]
        assert low <= event.speed <= high and event.route in ROUTES
        route, heading = rendered.WAYS.get(event.type, (None, None))
        assert event.route == (route or event.route) and event.heading == (heading or event.heading)
        assert rendered.FIRST_START <= event.start < rendered.LAST_START
    assert rendered.draw_recipe(rendered.CAMERAS[camera], seed) == recipe


def test_another_number_draws_other_footage():
    drawn = [rendered.draw_recipe(rendered.CAMERAS["demo"], seed) for seed in range(5)]
    assert len({recipe.seed for recipe in drawn}) == len({recipe.clips for recipe in drawn}) == 5


@pytest.mark.parametrize("camera", rendered.CAMERAS)
def test_what_is_written_is_a_recipe(tmp_path, camera):
    rendered.write_recipe(camera, tmp_path / "recipe.yaml", 1)
    assert read_recipe(tmp_path / "recipe.yaml") == rendered.draw_recipe(rendered.CAMERAS[camera], 1)


def test_a_set_without_a_camera_of_its_own_is_refused(tmp_path):
    with pytest.raises(InputError, match="avenue: no camera is rendered like that; expected one of"):
        rendered.write_recipe("avenue", tmp_path / "avenue.yaml", 0)
