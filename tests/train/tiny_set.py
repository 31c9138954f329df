"""A set of a few tiny tubes, as the stages before `train` leave it."""

from pathlib import Path

import numpy as np
import pandas as pd

from stages.common.tables.schemas import BOX, OBJECTS, TUBES, write_table

SIDE, REACH, HALF, FEATURES = 16, 6, 2, 5
TASKS = ["arrow", "irregularity", "middle", "distillation"]
FOLDER = Path("data/tiny")


def moving_bars(count: int, seed: int, channels: int = 1) -> np.ndarray:
    """Wide tubes uint8 (count, 2 REACH + 1, SIDE, SIDE, channels): a bright bar that moves right a pixel a frame."""
    random = np.random.default_rng(seed)
    tubes = random.integers(0, 60, (count, 2 * REACH + 1, SIDE, SIDE, channels), dtype=np.uint8)
    for tube, start in zip(tubes, random.integers(0, SIDE, count), strict=True):
        for time, frame in enumerate(tube):
            frame[:, (start + time + np.arange(3)) % SIDE] += 180
    return tubes


def write_shards(folder: Path, counts: dict, channels: int = 1, classes: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """Writes tubes and vectors of clips, `counts` of each (video, split), into FOLDER below `folder`, and their tables.

    Returns:
        the rows (TUBES) and their class scores, float32 (rows, classes).
    """
    tables = []
    for name in ("tubes", "teacher"):
        (folder / FOLDER / name).mkdir(parents=True, exist_ok=True)
    for seed, ((video, split), count) in enumerate(counts.items()):
        random = np.random.default_rng(seed)
        tubes = moving_bars(count, seed, channels)
        vectors = tubes[:, REACH, 0, :FEATURES, 0].astype(np.float16) / 50 + 1
        for name, array in (("tubes", tubes), ("teacher", vectors)):
            # Another file than before, whose maps may still be open.
            (folder / FOLDER / name / f"{video}.npy").unlink(missing_ok=True)
            np.save(folder / FOLDER / name / f"{video}.npy", array)
        numbers = {"object": np.arange(count), "frame": np.arange(count), "row": np.arange(count)}
        table = pd.DataFrame({"video": video, "split": split, **numbers, **dict.fromkeys(BOX, 0.0)})
        scores = [random.random(classes, dtype=np.float32) for _ in range(count)]
        tables.append(table.assign(score=1.0, label=-1, source="motion", class_scores=pd.Series(scores, dtype=object)))
    table = pd.concat(tables, ignore_index=True)
    write_table(folder / FOLDER / "detections/objects.parquet", table, OBJECTS)
    write_table(folder / FOLDER / "tubes/tubes.parquet", table, TUBES)
    return table[TUBES.names], np.array(table["class_scores"].to_list(), np.float32).reshape(len(table), classes)
