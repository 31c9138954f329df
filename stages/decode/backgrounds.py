"""The background of each stretch of a clip: what is seen there most of the time."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np

from stages.common.frames.light import soften

SAMPLES = 61  # frames that a background is the median of
BLOCK = 1 << 16  # pixels that are sorted at once, so that they stay near to the processor


class Backgrounds:
    """Is shown the frames of a clip, and of what comes before and after it, and gives the median of some of them.

    The background of a stretch is learnt from as much before and after it, too: of a second of footage alone, a person
    who stands would be part of it, and leave a ghost. Where light is switched or the camera is moved it is learnt anew.

    Args:
        total: how many frames will be shown.
        first, stop: which of them are the clip's.
        stretch: frames that share a background.
    """

    def __init__(self, total: int, first: int, stop: int, stretch: int):
        self.stretch, self.total = stretch, total
        self.starts = list(range(first, stop, stretch))
        self.stops = [min(start + stretch, stop) for start in self.starts]
        count = 1 + round((SAMPLES - 1) * max(1.0, total / (3 * stretch)))
        self.chosen = set(np.linspace(0, total - 1, count).round().astype(int).tolist()) if total else set()
        self.samples: dict[int, np.ndarray] = {}
        self.wanted: set[int] = set()
        self.changes: list[int] = []
        self.done = 0

    def show(self, place: int, frame: Callable[[], np.ndarray]) -> None:
        """Frame `place`, uint8 (H, W[, 3]), which is asked for where it is needed."""
        if place in self.chosen:
            self.samples[place] = soften(frame())

    def want(self, place: int) -> None:
        """The background of the stretch in which frame `place` of the clip is will be asked for."""
        self.wanted.add((place - self.starts[0]) // self.stretch)

    def change(self, place: int) -> None:
        """From frame `place` on, the scene looks other than before; named in ascending order."""
        self.changes.append(place)

    def due(self, place: int) -> Iterator[tuple[int, int, np.ndarray]]:
        """First, stop and background of the wanted stretches for which all is seen when all before `place` is.

        No frame of a stretch may become wanted after that.
        """
        while self.done < len(self.starts):
            start, stop = self.starts[self.done], self.stops[self.done]
            if place < min(stop + self.stretch, self.total):
                return
            if self.done in self.wanted:
                edges = [start, *(at for at in self.changes if start < at < stop), stop]
                yield from ((*edge, self.between(*edge)) for edge in pairwise(edges))
            self.done += 1
            for at in [at for at in self.samples if at < start]:
                del self.samples[at]

    def between(self, start: int, stop: int) -> np.ndarray:
        """The median around a part of a stretch, of the samples that look like it; of all if there are none."""
        low = max((at for at in self.changes if at <= start), default=0)
        high = min((at for at in self.changes if at >= stop), default=self.total)
        around = range(start - self.stretch, stop + self.stretch)
        near = {at: sample for at, sample in self.samples.items() if at in around}
        alike = [sample for at, sample in near.items() if low <= at < high]
        return median_of(alike or list(near.values()))


def median_of(frames: Sequence[np.ndarray]) -> np.ndarray:
    """The median of each value, of an even number the lower of the two in the middle; uint8 as the frames."""
    flat = [frame.reshape(-1) for frame in frames]
    blocks = [slice(start, start + BLOCK) for start in range(0, len(flat[0]), BLOCK)]
    return np.concatenate([block_median([frame[block] for frame in flat]) for block in blocks]).reshape(frames[0].shape)


def block_median(values: list[np.ndarray]) -> np.ndarray:
    """Bit by bit, which takes a tenth of the time of sorting: the highest value that more than half of all reach."""
    half = len(values) // 2 + 1
    found = np.zeros_like(values[0])
    for bit in (128, 64, 32, 16, 8, 4, 2, 1):
        higher, count = found | bit, np.zeros(len(found), np.uint16)
        for value in values:
            count += value >= higher
        found = np.where(count >= half, higher, found)
    return found
