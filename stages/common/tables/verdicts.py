"""What a person says of the events of a set: `data/verdicts/<set>.csv`, a line each, in git.

A line stays true when the set is made anew: it names a recording and a second of it rather than a clip and a frame, and
gives the box in shares of the picture rather than in pixels.
"""

import csv
import io
import math
from pathlib import Path

import pandas as pd

from stages.common.running.errors import InputError
from stages.common.running.files import written_whole

NORMAL, EVENT, UNSURE = SAID = ["normal", "event", "unsure"]
# second: of the recording, when the event is highest; before and after: so many seconds it lasts around that.
NUMBERS = ["second", "before", "after", "x1", "y1", "x2", "y2"]
PLACE = ["recording", *NUMBERS]
COLUMNS = ["set", *PLACE, "verdict", "comment", "by", "at"]
NONE = pd.DataFrame(columns=COLUMNS)
# Two lines are of one event if each other's times meet and the boxes overlap so much: the later one counts.
SAME = 0.3


def read_verdicts(path: Path, name: str) -> pd.DataFrame:
    """The verdicts of a set (COLUMNS; numbers are floats, all else text), in the order of the file; none without it.

    Raises:
        InputError: a line of it is no verdict of this set; the line is named.
    """
    text = path.read_text(encoding="utf-8-sig", errors="replace") if path.exists() else f"{','.join(COLUMNS)}\n"
    return parsed(text, name, str(path))


def parsed(text: str, name: str, where: str) -> pd.DataFrame:
    """`read_verdicts` of a text, of which errors say that it is `where`."""
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        if reader.fieldnames != COLUMNS:
            raise InputError(f"{where}: columns {reader.fieldnames}, expected {COLUMNS}")
        rows = [row_of(line, name, f"{where}, line {reader.line_num}") for line in reader]
    except csv.Error as error:
        raise InputError(f"{where}, after line {reader.line_num}: {error}") from None
    return pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(NUMBERS, float))


def row_of(line: dict, name: str, where: str) -> dict:
    if None in line or None in line.values():
        raise InputError(f"{where}: expected {len(COLUMNS)} fields")
    if line["set"] != name:
        raise InputError(f"{where}: is of the set {line['set']!r}, expected {name!r}")
    if line["verdict"] not in SAID:
        raise InputError(f"{where}: verdict {line['verdict']!r}, expected one of {SAID}")
    numbers = {}
    for column in NUMBERS:
        try:
            numbers[column] = float(line[column])
        except ValueError:
            numbers[column] = math.nan
        if not math.isfinite(numbers[column]) or numbers[column] < 0:
            raise InputError(f"{where}: {column} {line[column]!r}, expected a number from 0")
    if not (numbers["x1"] < numbers["x2"] <= 1 and numbers["y1"] < numbers["y2"] <= 1):
        raise InputError(f"{where}: expected x1 < x2 <= 1 and y1 < y2 <= 1, in shares of the picture")
    return {**line, **numbers}


def write_verdicts(path: Path, verdicts: pd.DataFrame = NONE) -> None:
    """Writes them (COLUMNS) a line each, sorted by what they are of, so that two people's lines merge."""
    ordered = verdicts.sort_values(["recording", "second", "x1", "y1", "at"], kind="stable")
    with written_whole(path) as aside:
        ordered[COLUMNS].to_csv(aside, index=False, float_format="%.6g", lineterminator="\n")


def standing(verdicts: pd.DataFrame) -> pd.DataFrame:
    """The verdicts that no later one of the same event has replaced, in their order."""
    kept: dict[str, list] = {recording: [] for recording in verdicts["recording"]}
    for own in verdicts.sort_values("at", ascending=False, kind="stable").itertuples():
        if not any(same(own, other) for other in kept[own.recording]):
            kept[own.recording].append(own)
    return verdicts.loc[sorted(own.Index for of in kept.values() for own in of)].reset_index(drop=True)


def same(one, other) -> bool:
    """Whether two lines of a recording are of one event."""
    if max(one.second - one.before, other.second - other.before) > min(
        one.second + one.after, other.second + other.after
    ):
        return False
    width, height = (min(one.x2, other.x2) - max(one.x1, other.x1), min(one.y2, other.y2) - max(one.y1, other.y1))
    shared = max(width, 0) * max(height, 0)
    areas = [(each.x2 - each.x1) * (each.y2 - each.y1) for each in (one, other)]
    return shared / (sum(areas) - shared) >= SAME
