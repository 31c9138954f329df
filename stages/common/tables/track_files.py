"""Text files of tracks, in the format that region- and track-based metrics (RBDC, TBDC) are exchanged in.

One `.txt` file for each video, named after it, without a header, one box a line, fields split by commas:

    track_id,frame_id,x_min,y_min,x_max,y_max[,type]

Frames count from 0. Edges in a file are inclusive pixels; in our tables the right and bottom edges are exclusive, so
one is added to x_max and y_max on reading and taken off on writing: the pixel `5,5,5,5` is the box (5, 5, 6, 6).
This is the format of the ShanghaiTech and Subway tracks of Georgescu et al., TPAMI 2021. The type is ours and may be
absent: in a word what the object is, as `cyclist`.
"""

import math
from pathlib import Path

import numpy as np
import pandas as pd

from stages.common.running.errors import InputError
from stages.common.running.files import written_whole
from stages.common.tables.schemas import BOX

FIELDS = ["track_id", "frame_id", "x_min", "y_min", "x_max", "y_max"]
COLUMNS = ["track", "frame", *BOX]


def read_tracks(path: Path) -> pd.DataFrame:
    """Tracks of one video: columns track, frame (int64), x1, y1, x2, y2 (float64, pixels), type (str, "" where the
    line has none); rows as in the file.

    Empty files, blank lines, spaces around fields and a missing newline at the end are fine.

    Raises:
        InputError: with file and line, for a row that is not six finite numbers and at most a type, a track or frame
            that is not a whole number from 0, or a box with x_max < x_min or y_max < y_min.
    """
    lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    rows = [_row(line, f"{path}:{number}") for number, line in enumerate(lines, 1) if line.strip()]
    table = pd.DataFrame(np.array([numbers for numbers, _ in rows]).reshape(-1, len(COLUMNS)), columns=COLUMNS)
    table[["x2", "y2"]] += 1
    types = {"track": np.int64, "frame": np.int64, "type": str}
    return table.assign(type=[kind for _, kind in rows]).astype(types)


def read_folder(folder: Path) -> pd.DataFrame:
    """The tracks of all files of a folder, in the order of their names, with a column video.

    The folder of the ShanghaiTech tracks also holds a `readme.txt`: a file of that name is not read as a video. A
    video whose file is empty has no rows.

    Raises:
        InputError: the folder holds no such file, or one of them has a bad row.
    """
    files = sorted(path for path in folder.glob("*.txt") if path.stem.lower() != "readme")
    if not files:
        raise InputError(f"{folder}: expected a folder with one .txt file for each video, found none")
    return pd.concat([read_tracks(path).assign(video=path.stem) for path in files], ignore_index=True)


def write_tracks(path: Path, tracks: pd.DataFrame) -> None:
    """Writes the columns that `read_tracks` gives, sorted by track and frame.

    Boxes read back exactly where their edges are whole pixels, and to rounding where they are not.
    """
    inclusive = tracks.assign(x2=tracks["x2"] - 1, y2=tracks["y2"] - 1).sort_values(["track", "frame"], kind="stable")
    lines = []
    for *numbers, kind in inclusive[[*COLUMNS, "type"]].itertuples(index=False, name=None):
        lines.append(",".join([*map(_number, numbers), *([kind] if kind else [])]) + "\n")
    with written_whole(path) as aside:
        aside.write_text("".join(lines), encoding="utf-8", newline="\n")


def _row(line: str, where: str) -> tuple[list[float], str]:
    fields = [field.strip() for field in line.split(",")]
    numbers, kind = fields[: len(FIELDS)], fields[len(FIELDS) :]
    try:
        values = [float(number) for number in numbers]
    except ValueError:
        values = []
    if len(values) != len(FIELDS) or not all(map(math.isfinite, values)) or len(kind) > 1:
        expected = f"{len(FIELDS)} numbers {','.join(FIELDS)} and at most a type"
        raise InputError(f"{where}: expected {expected}, got {line.strip()!r}")
    for name, value in zip(FIELDS[:2], values[:2], strict=True):
        if value < 0 or not value.is_integer():
            raise InputError(f"{where}: expected {name} to be a whole number from 0, got {value:g}")
    for axis, low, high in zip("xy", values[2:4], values[4:], strict=True):
        if high < low:
            raise InputError(f"{where}: expected {axis}_min <= {axis}_max, got {low:g} and {high:g}")
    return values, "".join(kind)


def _number(value: float) -> str:
    """The shortest text that reads back as the same number, without decimals for a whole one."""
    value = float(value)
    return str(int(value)) if value.is_integer() else repr(value)
