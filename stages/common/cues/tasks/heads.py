"""What a proxy task answers by: a head on the shared trunk, as the network builds it."""

from typing import NamedTuple


class Vector(NamedTuple):
    """So many numbers."""

    outputs: int


class Picture(NamedTuple):
    """A crop."""
