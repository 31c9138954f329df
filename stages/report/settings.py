"""The section `report`."""

from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt

from stages.common.running.params import settings


@settings
class Report:
    false_alarms_per_hour: PositiveFloat
    events_shown: PositiveInt
    clip_margin: NonNegativeFloat
    whole_clips: bool
    digest: bool
