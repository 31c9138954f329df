"""Reading the text files that ground truth for region- and track-based metrics (RBDC, TBDC) comes in.

One `.txt` file for each video, named after it, without a header, one box a line, fields split by commas:
`track_id,frame_id,x_min,y_min,x_max,y_max`.

Frames count from 0. Edges in a file are inclusive pixels; in our tables the right and bottom edges are exclusive, so
one is added to x_max and y_max: the pixel `5,5,5,5` is the box (5, 5, 6, 6).
This is the format of the ShanghaiTech and Subway tracks of Georgescu et al., TPAMI 2021.
"""

import math
from pathlib import Path

import numpy as np
import pandas as pd

from stages.common.running.errors import InputError
from stages.common.tables.schemas import BOX

FIELDS = ["track_id", "frame_id", "x_min", "y_min", "x_max", "y_max"]


def read_tracks(path: Path) -> pd.DataFrame:
    """Tracks of one video: columns track, frame (int64), x1, y1, x2, y2 (float64, pixels); rows as in the file.

    Empty files, blank lines, spaces around fields and a missing newline at the end are fine.

    Raises:
        InputError: with file and line, for a row that is not six finite numbers, a track or frame that is not a whole
            number from 0, or a box with x_max < x_min or y_max < y_min.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "01.txt")
    >>> _ = path.write_text("0,7,10,20,29,59")
    >>> read_tracks(path).values.tolist()
    [[0.0, 7.0, 10.0, 20.0, 30.0, 60.0]]
    """
    lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    rows = [_row(line, f"{path}:{number}") for number, line in enumerate(lines, 1) if line.strip()]
    columns = ["track", "frame", *BOX]
    table = pd.DataFrame(np.array(rows, dtype=float).reshape(-1, len(columns)), columns=columns)
    table[["x2", "y2"]] += 1
    return table.astype({"track": np.int64, "frame": np.int64})


def read_folder(folder: Path) -> pd.DataFrame:
    """All tracks of a folder by `read_tracks`, in the order of the files' names, with a column video.

    The folder of the ShanghaiTech tracks also holds a `readme.txt`: a file of that name is not read as a video. A
    video whose file is empty has no rows.

    Raises:
        InputError: the folder holds no such file, or one of them has a bad row.
    """
    files = sorted(path for path in folder.glob("*.txt") if path.stem.lower() != "readme")
    if not files:
        raise InputError(f"{folder}: expected a folder with one .txt file for each video, found none")
    return pd.concat([read_tracks(path).assign(video=path.stem) for path in files], ignore_index=True)


def _row(line: str, where: str) -> list[float]:
    try:
        values = [float(field) for field in line.split(",")]
    except ValueError:
        values = []
    if len(values) != len(FIELDS) or not all(map(math.isfinite, values)):
        raise InputError(f"{where}: expected {len(FIELDS)} numbers {','.join(FIELDS)}, got {line.strip()!r}")
    value = dict(zip(FIELDS, values, strict=True))
    for name in ("track_id", "frame_id"):
        if value[name] < 0 or not value[name].is_integer():
            raise InputError(f"{where}: expected {name} to be a whole number from 0, got {value[name]:g}")
    for low, high in (("x_min", "x_max"), ("y_min", "y_max")):
        if value[high] < value[low]:
            raise InputError(f"{where}: expected {low} <= {high}, got {value[low]:g} and {value[high]:g}")
    return values
