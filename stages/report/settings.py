"""The section `report`."""

from pydantic import NonNegativeFloat, PositiveInt

from stages.common.running.params import settings


@settings
class Report:
    false_alarms_per_hour: NonNegativeFloat
    events_shown: PositiveInt
    clip_margin: NonNegativeFloat
    whole_clips: bool
