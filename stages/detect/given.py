"""Boxes of a detector of one's own, from a table: Parquet or CSV, a row per box.

Columns: video (as in the set's videos.parquet), frame (of the clip, from 0), x1, y1, x2, y2 (pixels, x2 and y2
exclusive); also score (0 to 1; else 1) and class_scores (a list of 0 to 1 per class, Parquet only). Who changes the
table also changes its SHA-256 in params.yaml: that is how `dvc repro` learns of it.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from stages.common.frames.store import Frames
from stages.common.objects.boxes import Detections, clip_boxes
from stages.common.running.errors import InputError
from stages.common.tables.schemas import BOX
from stages.detect.settings import Detect

NEEDED = ["video", "frame", *BOX]
# Rows of a table, and their class scores, float32 (rows, classes); classes is 0 where the table tells none.
Boxes = tuple[pd.DataFrame, np.ndarray]


def ready(path: Path, videos: pd.DataFrame) -> dict[str, Boxes]:
    """The boxes of each clip (VIDEOS), after a look at all of them."""
    table, class_scores = read_boxes(path)
    check_boxes(path, table, videos)
    rows_of = dict.fromkeys(videos["video"], np.zeros(0, int)) | table.groupby("video").indices
    return {video: (table.iloc[rows], class_scores[rows]) for video, rows in rows_of.items()}


def read_boxes(path: Path) -> Boxes:
    """The table, with a score for every box.

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
    return table, read_class_scores(path, table)


def read_class_scores(path: Path, table: pd.DataFrame) -> np.ndarray:
    if "class_scores" not in table or table.empty:
        return np.zeros((len(table), 0), np.float32)
    refuse(path, table, table["class_scores"].isna(), "expected class_scores")
    few, many = table["class_scores"].map(len).agg(["min", "max"])
    if few < many:
        raise InputError(f"{path}: class_scores of {few} and of {many} classes; expected as many for each box")
    class_scores = np.stack(table["class_scores"].to_list()).astype(np.float32)
    inside = ((class_scores >= 0) & (class_scores <= 1)).all(axis=1)
    refuse(path, table, ~inside, "expected class_scores from 0 to 1")
    return class_scores


def refuse(path: Path, table: pd.DataFrame, wrong: pd.Series | np.ndarray, expected: str) -> None:
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
    clip = known.loc[table["video"]]
    frames = clip["frames"].to_numpy()
    refuse(path, table, (table["frame"] < 0) | (table["frame"] >= frames), "expected a frame of the clip, from 0")
    width, height = clip["width"].to_numpy(), clip["height"].to_numpy()
    outside = (table["x2"] <= 0) | (table["y2"] <= 0) | (table["x1"] >= width) | (table["y1"] >= height)
    refuse(path, table, outside, "expected a box that is at least partly in the picture")


def find(frames: Frames, numbers: np.ndarray, detect: Detect, boxes: Boxes, device: str) -> Iterator[Detections]:
    _, height, width = frames.shape[:3]
    return boxes_of_frames(boxes, numbers, width, height, detect.tiles.score)


def boxes_of_frames(given: Boxes, frames: Sequence[int], width: int, height: int, least: float) -> Iterator[Detections]:
    """The boxes of those frames of one clip, best first: of a score of at least `least`, cut at the picture's edges.

    What is less than a pixel wide or high then is left out.
    """
    table, class_scores = given
    boxes = np.round(clip_boxes(table[BOX].to_numpy(float), width, height), 2)
    frame, scores = table["frame"].to_numpy(), table["score"].to_numpy()
    kept = np.flatnonzero((scores >= least) & (boxes[:, 2:] - boxes[:, :2] >= 1).all(axis=1))
    order = kept[np.lexsort([*-boxes[kept, ::-1].T, -scores[kept], frame[kept]])]
    labels = class_scores.argmax(axis=1) if class_scores.shape[1] else np.full(len(table), -1)
    found = Detections(boxes, scores.astype(np.float32), labels.astype(np.int16), class_scores)
    starts, ends = (np.searchsorted(frame[order], frames, side=side) for side in ("left", "right"))
    for start, end in zip(starts, ends, strict=True):
        yield Detections(*(column[order[start:end]] for column in found))
