"""What of the section `decode` more than one stage reads."""

from typing import Annotated

from pydantic import Field

from stages.common.running.params import Share, settings

Polygon = Annotated[list[tuple[Share, Share]], Field(min_length=3)]  # corners, x and y in shares of width and height


@settings
class Areas:
    """Where something is looked for."""

    ignore: list[Polygon]  # in none of these
    only: list[Polygon]  # and, if there are any, in one of these
