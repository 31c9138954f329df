"""What is wrong with a recording: lost, doubled and frozen frames, flashes, a shaken camera; from its frames alone.

Everything is measured against the clip's own usual level, and only what stands far out of it is called a fault: a fault
that is overlooked costs an operator a look, one that is made up could cost a finding. The constants have been chosen on
training clips with faults made in them (tests/report/test_faults.py makes the same ones).
"""

from collections.abc import Iterable
from typing import NamedTuple

import cv2
import numpy as np
import pandas as pd
from scipy.ndimage import median_filter

from stages.common.metrics.incidents import stretches

# Frames are looked at in grey and at most this wide; what moves is looked at by cells.
WIDTH = 320
ROWS, COLUMNS = 12, 16
# Grey levels by which pixels differ for all sorts of reasons: noise, the encoder.
NOISE = 10
# Frames of the running median that is "usual": for what moves, and for the light.
MOTION_SPAN, LIGHT_SPAN = 11, 25
# A cell in which something moves: mean grey levels beyond NOISE. Fewer of them than this say nothing.
MOVING, MOVING_CELLS = 0.15, 8
# Lost: what moves has gone this much farther than usual, in this share of the cells, deviations of the clip beyond 1.
LOST_TIMES, LOST_SHARE, LOST_DEVIATIONS = 1.6, 0.7, 6.0
# Doubled or frozen: less than this share of the clip's usual change, between steps of at least that share of it.
SAME, LIVELY = 0.1, 0.5
# Doubled, or lost, in more than this share of its steps, and more often than so, a clip has simply been made from one
# of another rate.
OFTEN, FEW = 0.03, 4
# Flash: grey levels (and deviations of the clip) by which this share of the cells is brighter, or darker, than before
# and after.
FLASH_LEVELS, FLASH_DEVIATIONS, FLASH_SHARE = 4.0, 8.0, 0.9
# Shaken: times the usual change; pixels of the narrow picture; what undoing the shift leaves of the change of a cell,
# and in which share of the cells that the shift could change.
SHAKEN_CHANGE, SHAKEN_PIXELS, SHAKEN_LEFT, SHAKEN_SHARE = 1.7, 0.4, 0.75, 0.75
# A phase correlation is taken at its word if undoing a shift that it names changes a cell by so many grey levels.
TELLING = 2.0


class Steps(NamedTuple):
    """What changes from each frame to the next; row i tells of the step from frame i - 1 to i, row 0 of none (0)."""

    change: np.ndarray  # float (frames,), mean absolute difference in grey levels
    motion: np.ndarray  # float (frames, ROWS, COLUMNS), that beyond NOISE, by cell
    light: np.ndarray  # float (frames, ROWS, COLUMNS), mean grey level of each cell of frame i
    shaken: np.ndarray  # bool (frames,), the picture has moved as a whole


def find_faults(frames: Iterable[np.ndarray]) -> pd.DataFrame:
    """A row per fault: kind, first and last frame, strength; sorted by frame.

    Kinds: `lost` (frames are missing before this one), `doubled` (it repeats the one before), `frozen` (several do),
    `flash`, `shake`. Strength is how many times the usual change or, of a flash, by how many grey levels.

    Args:
        frames: uint8 (H, W) or (H, W, 3) BGR, in order.
    """
    steps = measure(frames)
    shaken, dark = steps.shaken, flashes(steps.light)
    # A shake changes the picture as lost frames do, and a flash does; what explains more goes first.
    still = same_frames(steps.change)
    other = shaken | near(dark != 0, 1) | near(still, 1)
    usual = usual_change(steps.change)
    relative = steps.change / usual if usual else steps.change
    rows = [("shake", a, b, relative[a : b + 1].max()) for a, b in stretches(closed(shaken, 5))]
    rows += [("flash", a, b, np.abs(dark[a : b + 1]).max()) for a, b in stretches(closed(dark != 0, 2))]
    rows += [("doubled" if first == last else "frozen", first, last, 0.0) for first, last in stretches(still)]
    farther = gone_farther(steps.motion)
    rows += [("lost", first, last, farther[first]) for first, last in stretches((farther > 0) & ~other)]
    table = pd.DataFrame(rows, columns=["kind", "first_frame", "last_frame", "strength"])
    return table.sort_values(["first_frame", "kind"], ignore_index=True)


def measure(frames: Iterable[np.ndarray]) -> Steps:
    change, motion, light, shifted, before = [], [], [], [], None
    for number, frame in enumerate(frames):
        now = narrow(frame)
        difference = np.zeros_like(now) if before is None else cv2.absdiff(now, before)
        change.append(float(difference.mean()))
        motion.append(cells(np.maximum(difference - NOISE, 0)))
        light.append(cells(now))
        # The clip's usual level is not known yet; that so far is enough to leave out most steps.
        doubtful = number > 1 and change[-1] > SHAKEN_CHANGE * np.median(change[max(1, number - 50) : number])
        shifted.append(before is not None and (number == 1 or doubtful) and moved_whole(before, now))
        before = now
    changes = np.array(change)
    motion, light = (np.array(values).reshape(-1, ROWS, COLUMNS) for values in (motion, light))
    shaken = np.array(shifted, bool) & (changes > SHAKEN_CHANGE * usual_change(changes))
    return Steps(change=changes, motion=motion, light=light, shaken=shaken)


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


def same_frames(change: np.ndarray) -> np.ndarray:
    """Frames that repeat the one before while the clip is lively, bool (frames,)."""
    usual = usual_change(change)
    same = np.append(False, change[1:] < SAME * usual)[: len(change)]
    found = np.zeros(len(change), bool)
    for first, last in stretches(same):
        if 1 < first and last + 1 < len(change) and min(change[first - 1], change[last + 1]) >= LIVELY * usual:
            found[first : last + 1] = True
    doubled = [first for first, last in stretches(same) if first == last]
    if often(len(doubled), len(change)):
        found[doubled] = False
    return found


def flashes(light: np.ndarray) -> np.ndarray:
    """By how many grey levels the whole picture is brighter or darker for a moment, float (frames,); 0 where not."""
    if not len(light):
        return np.zeros(0)
    away = light - median_filter(light, (LIGHT_SPAN, 1, 1), mode="nearest")
    middle = np.median(away, axis=(1, 2))
    one_way = (np.sign(away) == np.sign(middle)[:, None, None]).mean(axis=(1, 2))
    enough = max(FLASH_LEVELS, FLASH_DEVIATIONS * deviation(middle))
    return np.where((np.abs(middle) >= enough) & (one_way >= FLASH_SHARE), middle, 0.0)


def gone_farther(motion: np.ndarray) -> np.ndarray:
    """How many times farther than usual all that moves has gone at one step, float (frames,); 0 where it has not."""
    if len(motion) < 3:
        return np.zeros(len(motion))
    usual = median_filter(motion[1:], (MOTION_SPAN, 1, 1), mode="nearest")
    moving = usual > MOVING
    count = moving.sum(axis=(1, 2))
    total = (motion[1:] * moving).sum(axis=(1, 2)) / np.maximum((usual * moving).sum(axis=(1, 2)), MOVING)
    farther = ((motion[1:] > 1.3 * usual) & moving).sum(axis=(1, 2)) / np.maximum(count, 1)
    known = total[count >= MOVING_CELLS]
    enough = max(LOST_TIMES, 1 + LOST_DEVIATIONS * deviation(known)) if len(known) else np.inf
    # What has jumped goes on as before: the steps beside it are no such thing.
    beside = np.maximum(np.append(0, total[:-1]), np.append(total[1:], 0))
    lost = (count >= MOVING_CELLS) & (total >= enough) & (farther >= LOST_SHARE) & (beside - 1 < 0.7 * (total - 1))
    return np.append(0.0, np.where(lost & ~often(lost.sum(), len(lost)), total, 0.0))


def often(count: int, steps: int) -> bool:
    return count > max(FEW, OFTEN * steps)


def deviation(values: np.ndarray) -> float:
    """The standard deviation of most of the values: by the median of their distances from the median."""
    return float(1.4826 * np.median(np.abs(values - np.median(values))))


def near(marked: np.ndarray, reach: int) -> np.ndarray:
    """Places at most `reach` from a true value."""
    counted = np.cumsum(np.pad(marked, (reach + 1, reach)))
    return counted[2 * reach + 1 :] > counted[: -2 * reach - 1]


def closed(marked: np.ndarray, gap: int) -> np.ndarray:
    """Gaps of at most `gap` between true values filled."""
    filled = marked.copy()
    for first, last in stretches(~marked):
        if first > 0 and last + 1 < len(marked) and last - first < gap:
            filled[first : last + 1] = True
    return filled
