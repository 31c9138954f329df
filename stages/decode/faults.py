"""What is wrong with a recording: lost, doubled and frozen frames, flashes, a shaken camera; from its frames alone.

Everything is measured against the clip's own usual level, and only what stands far out of it is called a fault: a fault
that is overlooked costs an operator a look, one that is made up could cost a finding. The constants have been chosen on
training clips with faults made in them (tests/report/test_faults.py makes the same ones).
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.ndimage import median_filter

from stages.common.frames.measures import MOVING_CELLS, Steps, usual_change

# Frames of the running median that is "usual": for what moves, and for the light.
MOTION_SPAN, LIGHT_SPAN = 11, 25
# A cell in which something moves: mean grey levels beyond the noise.
MOVING = 0.15
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


def faults_of(steps: Steps, spans: np.ndarray) -> pd.DataFrame:
    """`find_faults` of each kept stretch of a clip, int (n, 2), by the numbers of its frames.

    steps: of all kept frames of the clip, stretch after stretch.
    """
    parts, start = [], 0
    for first, stop in spans.tolist():
        own = Steps(*(values[start : start + stop - first] for values in steps))
        found = find_faults(own)
        parts.append(found.assign(first_frame=found["first_frame"] + first, last_frame=found["last_frame"] + first))
        start += stop - first
    return pd.concat(parts, ignore_index=True) if parts else find_faults(steps)


def find_faults(steps: Steps) -> pd.DataFrame:
    """A row per fault: kind, first and last frame, strength; sorted by frame.

    Kinds: `lost` (frames are missing before this one), `doubled` (it repeats the one before), `frozen` (several do),
    `flash`, `shake`. Strength is how many times the usual change or, of a flash, by how many grey levels.
    """
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


def stretches(marked: np.ndarray) -> list[tuple[int, int]]:
    """First and last place of each stretch of true values."""
    return joined(np.flatnonzero(marked).tolist(), 1)


def joined(numbers: Iterable[int], gap: int) -> list[tuple[int, int]]:
    """First and last of ascending numbers of which neighbours are at most `gap` apart."""
    both: list[list[int]] = []
    for number in numbers:
        if both and number - both[-1][1] <= gap:
            both[-1][1] = number
        else:
            both.append([number, number])
    return [(first, last) for first, last in both]
