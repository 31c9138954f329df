"""What of the section `report` alarms are counted by: as the page shows them."""

from pydantic import ConfigDict, NonNegativeFloat
from pydantic.dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="ignore", strict=True))
class Alarms:
    join_seconds: NonNegativeFloat
