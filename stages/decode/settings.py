"""The section `decode`."""

from stages.common.running.params import settings


@settings
class Decode:
    grey: bool
