"""Boxes of a detector of one's own, from a table: Parquet or CSV, a row per box.

Columns: video (as in the set's videos.parquet), frame (of the clip, from 0), x1, y1, x2, y2 (pixels, x2 and y2
exclusive); also score (0 to 1; else 1) and class_scores (a list of 0 to 1 per class, Parquet only). Who changes the
table also changes its SHA-256 in params.yaml: that is how `dvc repro` learns of it.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from stages.common.objects.boxes import Detections, clip_boxes, no_detections
from stages.common.running.errors import InputError
from stages.common.tables.schemas import BOX

NEEDED = ["video", "frame", *BOX]


def read_boxes(path: Path) -> pd.DataFrame:
    """The table, with score and class_scores for every box.

    Raises:
        InputError: no table, columns missing, NaN, scores out of range, or class scores of different lengths.
    """
    csv = path.suffix.lower() == ".csv"
    try:
        table = pd.read_csv(path, dtype={"video": str}) if csv else pd.read_parquet(path)
    except (ValueError, OSError, pd.errors.ParserError) as error:
        raise InputError(f"{path}: no table of boxes: {str(error).splitlines()[0]}") from None
    missing = [column for column in NEEDED if column not in table]
    if missing:
        raise InputError(f"{path}: column {missing[0]!r} is missing; expected {NEEDED} and, if known, score")
    if csv and "class_scores" in table:
        raise InputError(f"{path}: class_scores are lists, which CSV does not have; drop the column, or use Parquet")
    table = table.assign(score=table["score"] if "score" in table else 1.0)
    numbers = table[["frame", *BOX, "score"]].apply(pd.to_numeric, errors="coerce").astype(float)
    wrong = table["video"].isna() | ~np.isfinite(numbers).all(axis=1) | (numbers["frame"] % 1 != 0)
    refuse(path, table, wrong, "expected a video, a whole frame and finite numbers")
    refuse(path, table, ~numbers["score"].between(0, 1), "expected a score from 0 to 1")
    flat = (numbers["x2"] <= numbers["x1"]) | (numbers["y2"] <= numbers["y1"])
    refuse(path, table, flat, "expected x1 < x2 and y1 < y2")
    table[["frame", *BOX, "score"]] = numbers
    if "class_scores" not in table:
        return table.assign(class_scores=[np.zeros(0, np.float32)] * len(table))
    refuse(path, table, table["class_scores"].isna(), "expected class_scores")
    lengths = sorted(set(map(len, table["class_scores"])))
    if len(lengths) > 1:
        few, many = lengths[0], lengths[-1]
        raise InputError(f"{path}: class_scores of {few} and of {many} classes; expected as many for each box")
    outside = [not all(0 <= score <= 1 for score in scores) for scores in table["class_scores"]]
    refuse(path, table, pd.Series(outside, table.index, bool), "expected class_scores from 0 to 1")
    return table


def refuse(path: Path, table: pd.DataFrame, wrong: pd.Series, expected: str) -> None:
    """Raises InputError that shows the first wrong row, if there is one."""
    if wrong.any():
        number = int(np.flatnonzero(wrong)[0])
        found = table[[*NEEDED, "score"]].iloc[number].to_dict()
        raise InputError(f"{path}: row {number} (of {int(wrong.sum())} such): {expected}, found {found}")


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


def classes_of(table: pd.DataFrame) -> int:
    """The number of classes that all boxes of a table have scores for."""
    return len(table["class_scores"].iloc[0]) if len(table) else 0


def detect_given(
    table: pd.DataFrame, classes: int, frames: range, width: int, height: int, least: float
) -> Iterator[Detections]:
    """The objects of those frames of one clip, best first: its boxes of a score of at least `least`, cut at the edges.

    What is less than a pixel wide or high then is left out.
    """
    boxes = np.round(clip_boxes(table[BOX].to_numpy(float), width, height), 2)
    kept = (table["score"].to_numpy() >= least) & ((boxes[:, 2:] - boxes[:, :2]) >= 1).all(axis=1)
    table = table.assign(**dict(zip(BOX, boxes.T, strict=True)))[kept]
    table = table.sort_values(["score", *BOX], ascending=False, kind="stable")
    rows_of = table.groupby("frame").indices
    for frame in frames:
        own = table.iloc[rows_of.get(frame, [])]
        if own.empty:
            yield no_detections(classes)
            continue
        class_scores = np.stack(own["class_scores"].to_list()).astype(np.float32)
        labels = class_scores.argmax(axis=1) if classes else np.full(len(own), -1)
        scores = own["score"].to_numpy().astype(np.float32)
        yield Detections(own[BOX].to_numpy(np.float32), scores, labels.astype(np.int16), class_scores)
