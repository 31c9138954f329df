"""What changes from each frame to the next, measured once, when frames are read anyway."""

from collections.abc import Iterable
from typing import NamedTuple

import cv2
import numpy as np

# Frames are looked at in grey and at most this wide; what moves is looked at by cells.
WIDTH = 320
ROWS, COLUMNS = 12, 16
# Grey levels by which pixels differ for all sorts of reasons: noise, the encoder.
NOISE = 10
# A cell in which something moves tells of it; fewer of them than this say nothing.
MOVING_CELLS = 8
# Shaken: times the usual change; pixels of the narrow picture; what undoing the shift leaves of the change of a cell,
# and in which share of the cells that the shift could change.
SHAKEN_CHANGE, SHAKEN_PIXELS, SHAKEN_LEFT, SHAKEN_SHARE = 1.7, 0.4, 0.75, 0.75
# A phase correlation is taken at its word if undoing a shift that it names changes a cell by so many grey levels.
TELLING = 2.0
# Steps whose median is the usual change, as long as the clip's own is not known.
USUAL = 50


class Steps(NamedTuple):
    """What changes from each frame to the next; row i tells of the step from frame i - 1 to i.

    Row 0, and that of the first frame of each stretch, tells of none (0).
    """

    change: np.ndarray  # float (frames,), mean absolute difference in grey levels
    motion: np.ndarray  # float32 (frames, ROWS, COLUMNS), that beyond NOISE, by cell
    light: np.ndarray  # float32 (frames, ROWS, COLUMNS), mean grey level of each cell of frame i
    shaken: np.ndarray  # bool (frames,), the picture has moved as a whole


class Measure:
    """Takes frames one by one and gives Steps at the end."""

    def __init__(self) -> None:
        self.change: list[float] = []
        self.motion: list[np.ndarray] = []
        self.light: list[np.ndarray] = []
        self.shifted: list[bool] = []
        self.before: np.ndarray | None = None

    def add(self, frame: np.ndarray, first: bool = False) -> None:
        """A frame, uint8 (H, W) or (H, W, 3) BGR; the first of a stretch is not compared with the one before."""
        now, before = narrow(frame), None if first else self.before
        difference = np.zeros_like(now) if before is None else cv2.absdiff(now, before)
        change = float(difference.mean())
        # The clip's usual level is not known yet; that so far is enough to leave out most steps.
        so_far = [each for each in self.change[-USUAL:] if each > 0]
        doubtful = not so_far or change > SHAKEN_CHANGE * np.median(so_far)
        self.change.append(change)
        self.motion.append(cells(np.maximum(difference - NOISE, 0)))
        self.light.append(cells(now))
        self.shifted.append(before is not None and doubtful and moved_whole(before, now))
        self.before = now

    def steps(self) -> Steps:
        change = np.array(self.change, float)
        motion, light = (np.array(each, np.float32).reshape(-1, ROWS, COLUMNS) for each in (self.motion, self.light))
        shaken = np.array(self.shifted, bool) & (change > SHAKEN_CHANGE * usual_change(change))
        return Steps(change=change, motion=motion, light=light, shaken=shaken)


def measure(frames: Iterable[np.ndarray]) -> Steps:
    """Of frames that follow one another."""
    measured = Measure()
    for frame in frames:
        measured.add(frame)
    return measured.steps()


def narrow(frame: np.ndarray) -> np.ndarray:
    """Grey, float32, at most WIDTH wide."""
    grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) if frame.ndim == 3 else frame
    height, width = grey.shape
    if width > WIDTH:
        grey = cv2.resize(grey, (WIDTH, max(ROWS, round(height * WIDTH / width))), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(grey, np.float32)


def cells(picture: np.ndarray) -> np.ndarray:
    return cv2.resize(picture, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA)


def moved_whole(before: np.ndarray, now: np.ndarray) -> bool:
    """Whether one shift explains what has changed nearly everywhere where a shift would show at all."""
    window = cv2.createHanningWindow(now.shape[::-1], cv2.CV_32F)
    # Of sizes that suit it, it works in the very arrays that it is given.
    (right, down), _ = cv2.phaseCorrelate(before.copy(), now.copy(), window)
    if not SHAKEN_PIXELS <= np.hypot(right, down) <= WIDTH / 8:
        return False
    move = np.float32([[1, 0, right], [0, 1, down]])
    shifted = cv2.warpAffine(before, move, now.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    telling = cells(cv2.absdiff(shifted, before)) > TELLING
    left, changed = cells(cv2.absdiff(shifted, now)), cells(cv2.absdiff(before, now))
    return telling.sum() >= MOVING_CELLS and (left < SHAKEN_LEFT * changed)[telling].mean() >= SHAKEN_SHARE


def usual_change(change: np.ndarray) -> float:
    """The median of all change that there is; 0 where there is none."""
    there = change[1:][change[1:] > 0]
    return float(np.median(there)) if len(there) else 0.0
