"""What of the section `report` alarms are counted by: as the page shows them."""

from pydantic import NonNegativeFloat

from stages.common.running.params import settings


@settings
class Alarms:
    join_seconds: NonNegativeFloat
