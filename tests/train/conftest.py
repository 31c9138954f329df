import pytest
from helpers import one_thread  # noqa: F401
from tiny_set import write_shards


@pytest.fixture
def shards(tmp_path):
    """`write_shards` into `tmp_path`."""
    return lambda *args, **changes: write_shards(tmp_path, *args, **changes)
