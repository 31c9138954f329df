"""What moves, seen at low resolution a few times a second, against a background that follows slow light.

Light that switches and a camera that is moved change most of the picture; they are faults of the recording, after which
the background is learnt anew, and not something that moves.
"""

import math
from collections import deque

import cv2
import numpy as np

from stages.common.frames.areas import unwatched
from stages.common.frames.light import brightness_change
from stages.common.frames.measures import COLUMNS, ROWS, moved_whole
from stages.common.frames.settings import Areas

LINES = 360  # of the picture that is looked at, at most
RATE = 5.0  # looks a second
WARM = 2.0  # seconds after which a background is known; before it all is live
# Seconds in which the background follows what is still (light that changes slowly, what has been put down or taken
# away), and what moves.
STILL, MOVING = 8.0, 60.0
HELD = 3.0  # seconds that something counts as live after it has moved
# Grey levels, and deviations of the noise, by which what moves differs.
CONTRAST, NOISY = 12.0, 6.0
SIDE = 0.015  # of the picture's height: the side of a square that has as many pixels as the least that moves
# Light that jumps by so many grey levels from look to look has been switched; a cloud takes seconds.
SWITCHED = 6.0
# Changed pixels of a cell, and changed cells of the picture, from which on it may have moved; changed pixels of the
# picture from which on it has changed as a whole.
CELL, CELLS, WHOLE = 0.05, 0.25, 0.5
SAME_SCENE = 0.5  # correlation of edges, or of what is finer than so many pixels
FINE = 5.0
# Cells that are mostly changed by a lamp, at least.
LIT_CELLS, MOSTLY = 8, 0.5
SETTLED = 1.0  # seconds in which a camera that was moved shows one view, or else something large has moved


class Gate:
    """Is shown the frames in which it has to look, one by one.

    Attributes:
        areas: where it looks.
        known: frames before this one are known to be live or not.
        faults: frame and kind, light or moved.
    """

    def __init__(self, fps: float, areas: Areas | None = None):
        self.areas = areas
        self.every = max(1, math.ceil(fps / RATE))  # frames from look to look
        self.looks = fps / self.every  # a second
        self.known = 0
        self.seen = 0
        self.background = self.moved = np.zeros(0, np.float32)
        self.noise = 0.0  # standard deviation of a pixel, in grey levels
        self.faults: list[tuple[int, str]] = []
        self.doubtful: list[int] = []  # looks at which all is changed, and it is not known yet by what
        self.lately: deque[np.ndarray] = deque(maxlen=max(2, round(self.looks)))  # of a second

    @property
    def settle(self) -> int:
        """Looks that a doubt lasts at most."""
        return max(2, round(SETTLED * self.looks))

    def look(self, number: int, luma: np.ndarray) -> list[int]:
        """Which looks, of this and earlier ones, are now known to have seen something move.

        luma: uint8 (H, W), one size for all looks.
        """
        now = cv2.GaussianBlur(shrunk(luma), (3, 3), 0)
        live = self._judge(number, now)
        self._follow_noise(now)
        self.lately.append(now)
        self.known = self.doubtful[0] if self.doubtful else number + 1
        return live

    def end_doubt(self) -> list[int]:
        """Those that were not known to be live, and are, for nothing more can be known."""
        live, self.doubtful = self.doubtful, []
        return live

    def _judge(self, number: int, now: np.ndarray) -> list[int]:
        self.seen += 1
        if self.seen <= max(1, WARM * self.looks):
            if self.seen == 1:
                self.background = now.astype(np.float32)
                self.moved = np.full(now.shape, -np.inf, np.float32)  # at which look each pixel moved last
            cv2.accumulateWeighted(now, self.background, 1 / self.seen)
            return [number]
        light = self._follow_light(now)
        mask = differing(now, self.background, self.noise)
        if (hidden := unwatched(self.areas, *mask.shape)) is not None:
            mask[hidden] = 0
        sudden, switched, kind = mask & self._since(-1, now), abs(light) >= SWITCHED, ""
        # A crowd may be everywhere, but goes only a little from look to look.
        if switched or (widespread(mask) and (self.doubtful or widespread(sudden))):
            kind = whole_change(mask, now, self.background, switched)
        if kind != "moved" and lit(sudden, now, self.background):
            kind = "light"
        if kind == "light" or (kind and self._settled(now)):
            # Once for all the looks at which the camera was moving.
            self.faults.append((self.doubtful[0] if self.doubtful else number, kind))
            self.background, self.doubtful = now.astype(np.float32), []
            return []
        if kind:
            self.doubtful.append(number)
            if len(self.doubtful) <= self.settle:
                return []
            live, self.doubtful = self.doubtful, self.doubtful[-1:]
            return live[:-1]
        live, self.doubtful = self.doubtful, []
        return [*live, number] if self._lives(mask, now) else live

    def _lives(self, mask: np.ndarray, now: np.ndarray) -> bool:
        """Whether a part of what differs from the background has moved lately; the background follows."""
        large, rate = parts(mask), [1 / (seconds * self.looks) for seconds in (STILL, MOVING)]
        if not large:
            cv2.accumulateWeighted(now, self.background, rate[0])
            return False
        moving = cv2.medianBlur(mask & self._since(0, now), 3)
        self.moved[moving > 0] = self.seen
        moving = cv2.dilate(moving, np.ones((5, 5), np.uint8))
        cv2.accumulateWeighted(now, self.background, rate[1], moving)
        cv2.accumulateWeighted(now, self.background, rate[0], moving ^ 1)
        recent = self.seen - self.moved <= HELD * self.looks
        return any(recent[window][part].any() for window, part in large)

    def _since(self, place: int, now: np.ndarray) -> np.ndarray:
        """What differs from one of the last looks."""
        return differing(now, self.lately[place], self.noise)

    def _follow_noise(self, now: np.ndarray) -> None:
        """From look to look most pixels differ by noise alone; where they do not, for once, it stays as it is."""
        if self.lately:
            found = 1.05 * float(np.median(cv2.absdiff(now, self.lately[-1])[::4, ::4]))
            self.noise += (min(found, self.noise + 1) - self.noise) / min(self.seen - 1, STILL * self.looks)

    def _follow_light(self, now: np.ndarray) -> float:
        """Brings the background to the light of now; by how many grey levels it has changed since the last look."""
        apart = now[::12, ::12] - self.background[::12, ::12]
        if abs(np.median(apart)) < 0.5 and np.median(np.abs(apart)) < 0.5 + self.noise:
            return 0.0  # as for nearly all looks, in a fraction of the time
        gain, offset = brightness_change(now, self.background, step=12)
        before = float(self.background.mean())
        # A fit that says more than light can do is of another picture.
        if 0.2 <= gain <= 5:
            self.background = np.clip(gain * self.background + offset, 0, 255)
        return float(self.background.mean()) - before

    def _settled(self, now: np.ndarray) -> bool:
        """Whether a new view has stayed since the last look, but for what moves in it; no doubt of this look alone."""
        return len(self.doubtful) > 0 and not widespread(self._since(-1, now))


def shrunk(luma: np.ndarray) -> np.ndarray:
    """Half of it, and half of that, until it has at most LINES: the fastest there is."""
    while luma.shape[0] > LINES:
        height, width = (max(1, side // 2) for side in luma.shape)
        even = luma[: 2 * height, : 2 * width]
        luma = cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA)
    return luma


def differing(now: np.ndarray, background: np.ndarray, noise: float) -> np.ndarray:
    """Pixels that differ by more than noise, whose deviation is given, uint8 (H, W), 0 or 1."""
    difference = cv2.absdiff(now, cv2.convertScaleAbs(background))
    return (difference > max(CONTRAST, NOISY * noise)).view(np.uint8)


def parts(mask: np.ndarray) -> list[tuple[tuple[slice, slice], np.ndarray]]:
    """The connected parts of a mask that are large enough to be something: where, and bool, which pixels there."""
    least = max(4.0, (SIDE * mask.shape[0]) ** 2)
    if cv2.countNonZero(mask) < least:
        return []
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    found = []
    for label, (left, top, width, height, area) in enumerate(stats[1:], start=1):
        window = slice(top, top + height), slice(left, left + width)
        if area >= least:
            found.append((window, labels[window] == label))
    return found


def widespread(mask: np.ndarray) -> bool:
    """Whether a mask is in so many places of the picture that the whole may have moved."""
    share = cv2.resize(mask.astype(np.float32), (COLUMNS, ROWS), interpolation=cv2.INTER_AREA)
    return bool((share > CELL).mean() >= CELLS)


def whole_change(mask: np.ndarray, now: np.ndarray, background: np.ndarray, switched: bool) -> str:
    """light or moved where widespread change is of the picture as a whole, or its light has been switched, else ""."""
    before = background.astype(np.float32)
    if moved_whole(before, now.astype(np.float32)):
        return "moved"
    if cv2.countNonZero(mask) < WHOLE * mask.size and not switched:
        return ""
    alike = np.corrcoef(edges(before).ravel(), edges(now).ravel())[0, 1]
    return "light" if alike >= SAME_SCENE else "moved"


def lit(mask: np.ndarray, now: np.ndarray, background: np.ndarray) -> bool:
    """Whether what has changed at once shows, in most places, what it showed before: by a lamp, or in the sun."""
    filled = cv2.resize(mask.astype(np.float32), (COLUMNS, ROWS), interpolation=cv2.INTER_AREA) > MOSTLY
    if filled.sum() < LIT_CELLS:
        return False
    before, after = (
        picture - cv2.GaussianBlur(picture, (0, 0), FINE) for picture in map(np.float32, (background, now))
    )
    products = (before * after, before**2, after**2)
    both, one, other = (cv2.resize(each, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA)[filled] for each in products)
    return bool(np.median(both / np.sqrt(np.maximum(one * other, 1e-9))) >= SAME_SCENE)


def edges(picture: np.ndarray) -> np.ndarray:
    picture = cv2.GaussianBlur(picture.astype(np.float32), (5, 5), 0)
    right, down = (cv2.Sobel(picture, cv2.CV_32F, *order) for order in ((1, 0), (0, 1)))
    return np.log1p(cv2.magnitude(right, down))
