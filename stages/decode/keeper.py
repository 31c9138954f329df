"""Which frames are kept: those around what is live."""

import math
from collections import deque
from collections.abc import Iterator
from typing import Any


class Keeper:
    """Frames of a recorded stretch wait here until it is known whether they are kept.

    Kept are those at most `margin` frames from a live one, and fewer than `margin` frames between two that are. Those
    at most `near` from a live one are live too, and all between two that are kept together.

    Attributes:
        spans: first and stop of what is kept, ascending; the first may begin before the stretch, the last end after it.
        live: likewise of what is live of each of them.
    """

    def __init__(self, margin: int, near: int):
        self.margin, self.near = margin, min(near, margin)
        self.spans: list[list[int]] = []
        self.live: list[list[int]] = []
        self.waiting: deque[tuple[int, Any]] = deque()
        self.place = 0  # of the first of the spans that may hold a frame that waits

    def add(self, number: int, picture: Any) -> None:
        self.waiting.append((number, picture))

    def add_live(self, number: int) -> None:
        """A frame is live; named in ascending order."""
        first, stop = number - self.margin, number + self.margin + 1
        if self.spans and first - self.spans[-1][1] < self.margin:
            self.spans[-1][1], self.live[-1][1] = stop, number + self.near + 1
        else:
            self.spans.append([first, stop])
            self.live.append([number - self.near, number + self.near + 1])

    def decided(self, known: int | None) -> Iterator[tuple[int, Any]]:
        """Gives, ascending, the frames that are now known to be kept, and forgets those that are not.

        known: before which frame all that are live have been named; None: all have.
        """
        while self.waiting:
            number = self.waiting[0][0]
            # The last one may still grow.
            while self.place + 1 < len(self.spans) and self.spans[self.place][1] <= number:
                self.place += 1
            first, stop = self.spans[self.place] if self.spans else (math.inf, -math.inf)
            if number >= stop:
                reach = math.inf if known is None else known - self.margin  # of what could still become live
                if number >= reach or reach - stop < self.margin:
                    return
            frame = self.waiting.popleft()
            if first <= number < stop:
                yield frame
