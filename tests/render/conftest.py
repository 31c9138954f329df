"""A recipe of two short clips."""

from pathlib import Path

import pytest

from stages.render.recipe import Recipe, read_recipe

SMALL = """\
seed: 3
width: 180
height: 120
fps: 12
clips:
  - {name: a, split: train, frames: 12, walkers: 6, events: []}
  - name: b
    split: test
    frames: 24
    walkers: 5
    events:
      - {type: vehicle, start: 0, route: middle, heading: left, speed: 4.0}
      - {type: thrown_bag, start: 6, route: lower, heading: right, speed: 3}
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path


@pytest.fixture
def recipe(small: Path) -> Recipe:
    return read_recipe(small)
