"""Boxes of a detector of one's own, from a table: Parquet or CSV, a row per box.

Columns: video (as in the set's videos.parquet), frame (from 0), x1, y1, x2, y2 (pixels, x2 and y2 exclusive); also
score (0 to 1; else 1) and class_scores (a list of 0 to 1 per class, Parquet only).
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from stages.common.errors import InputError
from stages.common.tables import BOX
from stages.detect.boxes import Detections, clip_boxes, no_detections

NEEDED = ["video", "frame", *BOX]


def read_boxes(path: Path) -> pd.DataFrame:
    """The table, with score and class_scores for every box.

    Raises:
        InputError: no table, columns missing, NaN, scores out of range, or class scores of different lengths.
    """
    try:
        read = pd.read_csv if path.suffix.lower() == ".csv" else pd.read_parquet
        table = read(path, dtype={"video": str}) if read is pd.read_csv else read(path)
    except (ValueError, OSError, pd.errors.ParserError) as error:
        raise InputError(f"{path}: no table of boxes: {str(error).splitlines()[0]}") from None
    missing = [column for column in NEEDED if column not in table]
    if missing:
        raise InputError(f"{path}: column {missing[0]!r} is missing; expected {NEEDED} and, if known, score")
    table = table.assign(score=table["score"] if "score" in table else 1.0)
    numbers = table[["frame", *BOX, "score"]].apply(pd.to_numeric, errors="coerce").astype(float)
    wrong = ~np.isfinite(numbers).all(axis=1) | (numbers["frame"] % 1 != 0)
    refuse(path, table, wrong, "expected whole frames and finite numbers")
    refuse(path, table, ~numbers["score"].between(0, 1), "expected a score from 0 to 1")
    flat = (numbers["x2"] <= numbers["x1"]) | (numbers["y2"] <= numbers["y1"])
    refuse(path, table, flat, "expected x1 < x2 and y1 < y2")
    table[["frame", *BOX, "score"]] = numbers
    if "class_scores" not in table:
        return table.assign(class_scores=[np.zeros(0, np.float32)] * len(table))
    lengths = sorted(set(map(len, table["class_scores"])))
    if len(lengths) > 1:
        raise InputError(
            f"{path}: class_scores of {lengths[0]} and of {lengths[1]} classes; expected as many for each box"
        )
    return table


def refuse(path: Path, table: pd.DataFrame, wrong: pd.Series, expected: str) -> None:
    """Raises InputError that shows the first wrong row, if there is one."""
    if wrong.any():
        number = int(np.flatnonzero(wrong)[0])
        found = table[[*NEEDED, "score"]].iloc[number].to_dict()
        raise InputError(f"{path}: row {number} of {int(wrong.sum())} such: {expected}, found {found}")


def check_boxes(path: Path, table: pd.DataFrame, videos: pd.DataFrame) -> None:
    """Raises InputError for boxes of no clip (VIDEOS) of the set, of no frame of it, or wholly outside the picture."""
    known = videos.set_index("video")
    unknown = sorted(set(table["video"]) - set(known.index))
    if unknown:
        raise InputError(
            f"{path}: no clip is named {unknown[0]!r} ({len(unknown)} such); expected {sorted(known.index)[0]!r} and "
            f"the like, as in the set's videos.parquet"
        )
    own = known.loc[table["video"]]
    frames = own["frames"].to_numpy()
    refuse(path, table, (table["frame"] < 0) | (table["frame"] >= frames), "expected a frame of the clip, from 0")
    width, height = own["width"].to_numpy(), own["height"].to_numpy()
    outside = (table["x2"] <= 0) | (table["y2"] <= 0) | (table["x1"] >= width) | (table["y1"] >= height)
    refuse(path, table, outside, "expected a box that is at least partly in the picture")


def detect_given(table: pd.DataFrame, frames: int, width: int, height: int, least: float) -> Iterator[Detections]:
    """The objects of each frame of one clip, best first: its boxes of a score of at least `least`, cut at the edges."""
    table = table[table["score"] >= least].sort_values(["score", *BOX], ascending=False, kind="stable")
    rows_of = table.groupby("frame").indices
    classes = len(table["class_scores"].iloc[0]) if len(table) else 0
    for frame in range(frames):
        own = table.iloc[rows_of.get(frame, [])]
        if own.empty:
            yield no_detections(classes)
            continue
        boxes = np.round(clip_boxes(own[BOX].to_numpy(), width, height), 2)
        class_scores = np.stack(own["class_scores"].to_list()).astype(np.float32)
        labels = class_scores.argmax(axis=1) if classes else np.full(len(own), -1)
        scores = own["score"].to_numpy().astype(np.float32)
        yield Detections(boxes, scores, labels.astype(np.int16), class_scores)
