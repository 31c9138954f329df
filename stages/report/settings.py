"""The section `report`."""

from pydantic import NonNegativeFloat, PositiveInt

from stages.common.running.params import settings


@settings
class Report:
    false_alarms_per_hour: NonNegativeFloat
    join_seconds: NonNegativeFloat
    events_shown: PositiveInt
    clip_margin: NonNegativeFloat
    whole_clips: bool
