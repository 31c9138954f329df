"""What tests of all stages share; `helpers` beside it holds what they import."""

import numpy as np
import pytest
from helpers import Project
from hypothesis import settings

# On a busy machine an example takes as long as it takes.
settings.register_profile("oddreel", deadline=None)
settings.load_profile("oddreel")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def project(tmp_path, capfd) -> Project:
    """A working folder of the pipeline with an empty set `mine`, one worker and nothing made yet."""
    return Project(tmp_path / "project", capfd)
