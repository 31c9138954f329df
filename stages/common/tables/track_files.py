"""Reading and writing the text files that region- and track-based metrics (RBDC, TBDC) are exchanged in.

One `.txt` file for each video, named after it, without a header, one box a line, fields split by commas:

- tracks: `track_id,frame_id,x_min,y_min,x_max,y_max`
- detections: `frame_id,x_min,y_min,x_max,y_max,score`

Frames count from 0. Edges in a file are inclusive pixels; in our tables the right and bottom edges are exclusive, so
one is added to x_max and y_max on reading and taken off on writing: the pixel `5,5,5,5` is the box (5, 5, 6, 6).
This is the format of the ShanghaiTech and Subway tracks of Georgescu et al., TPAMI 2021.
"""

import math
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from stages.common.running.errors import InputError
from stages.common.running.files import written_whole
from stages.common.tables.schemas import BOX

EDGES = ["x_min", "y_min", "x_max", "y_max"]


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
    return _read(path, ["track_id", "frame_id", *EDGES]).rename(columns={"track_id": "track", "frame_id": "frame"})


def read_detections(path: Path) -> pd.DataFrame:
    """Detections of one video: columns frame (int64), x1, y1, x2, y2, score (float64); otherwise as `read_tracks`."""
    return _read(path, ["frame_id", *EDGES, "score"]).rename(columns={"frame_id": "frame"})


def read_folder(folder: Path, read: Callable[[Path], pd.DataFrame]) -> pd.DataFrame:
    """All files of a folder by `read_tracks` or `read_detections`, in the order of their names, with a column video.

    The folder of the ShanghaiTech tracks also holds a `readme.txt`: a file of that name is not read as a video. A
    video whose file is empty has no rows.

    Raises:
        InputError: the folder holds no such file, or one of them has a bad row.
    """
    files = sorted(path for path in folder.glob("*.txt") if path.stem.lower() != "readme")
    if not files:
        raise InputError(f"{folder}: expected a folder with one .txt file for each video, found none")
    return pd.concat([read(path).assign(video=path.stem) for path in files], ignore_index=True)


def write_tracks(path: Path, tracks: pd.DataFrame) -> None:
    """Writes the columns that `read_tracks` gives, sorted by track and frame.

    Track numbers are written as they are; some evaluators expect those of a video to run from 0 without gaps. Boxes
    read back exactly where their edges are whole pixels, and to rounding where they are not.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "01.txt")
    >>> write_tracks(path, pd.DataFrame({"track": [0], "frame": 7, "x1": 10, "y1": 20, "x2": 30.5, "y2": 60}))
    >>> path.read_text()
    '0,7,10,20,29.5,59\\n'
    """
    _write(path, tracks.sort_values(["track", "frame"], kind="stable"), ["track", "frame", *BOX])


def write_detections(path: Path, detections: pd.DataFrame) -> None:
    """Writes the columns that `read_detections` gives, sorted by frame; scores read back to the last bit."""
    _write(path, detections.sort_values("frame", kind="stable"), ["frame", *BOX, "score"])


def write_folder(
    folder: Path, table: pd.DataFrame, videos: Iterable[str], write: Callable[[Path, pd.DataFrame], None]
) -> None:
    """One file for each of `videos` by `write_tracks` or `write_detections`, empty where `table` has no rows of it.

    Raises:
        ValueError: the table has rows of a video that is not among `videos`.
    """
    videos = list(videos)
    if unknown := sorted(set(table["video"]) - set(videos)):
        raise ValueError(f"{folder}: expected rows of the {len(videos)} videos given, got rows of {unknown[0]!r}")
    for video in videos:
        write(folder / f"{video}.txt", table[table["video"] == video])


def _read(path: Path, fields: list[str]) -> pd.DataFrame:
    lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    rows = [_row(line, fields, f"{path}:{number}") for number, line in enumerate(lines, 1) if line.strip()]
    table = pd.DataFrame(np.array(rows, dtype=float).reshape(-1, len(fields)), columns=fields)
    table[["x_max", "y_max"]] += 1
    whole = {name: np.int64 for name in fields if name.endswith("_id")}
    return table.astype(whole).rename(columns=dict(zip(EDGES, BOX, strict=True)))


def _row(line: str, fields: list[str], where: str) -> list[float]:
    try:
        values = [float(field) for field in line.split(",")]
    except ValueError:
        values = []
    if len(values) != len(fields) or not all(map(math.isfinite, values)):
        raise InputError(f"{where}: expected {len(fields)} numbers {','.join(fields)}, got {line.strip()!r}")
    value = dict(zip(fields, values, strict=True))
    for name in fields:
        if name.endswith("_id") and (value[name] < 0 or not value[name].is_integer()):
            raise InputError(f"{where}: expected {name} to be a whole number from 0, got {value[name]:g}")
    for low, high in (("x_min", "x_max"), ("y_min", "y_max")):
        if value[high] < value[low]:
            raise InputError(f"{where}: expected {low} <= {high}, got {value[low]:g} and {value[high]:g}")
    return values


def _write(path: Path, table: pd.DataFrame, columns: list[str]) -> None:
    inclusive = table.assign(x2=table["x2"] - 1, y2=table["y2"] - 1)[columns]
    lines = [",".join(map(_number, row)) + "\n" for row in inclusive.itertuples(index=False, name=None)]
    with written_whole(path) as aside:
        aside.write_text("".join(lines), encoding="utf-8", newline="\n")


def _number(value: float) -> str:
    """The shortest text that reads back as the same number, without decimals for a whole one."""
    value = float(value)
    return str(int(value)) if value.is_integer() else repr(value)
