"""A set of a few tiny tubes, as the stages before `train` leave it, and settings to learn from it by."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from helpers import PARAMS

from stages.common.running.params import checked, merged
from stages.common.tables import schemas
from stages.common.tables.schemas import BOX, OBJECTS, write_table
from stages.common.tables.shards import write_shard
from stages.train.settings import Train, Tubes

FOLDER = Path("data/tiny")
SIDE, HALF, MAX_STEP, FEATURES = 16, 2, 3, 5
REACH = HALF * MAX_STEP
TASKS = ["arrow", "irregularity", "middle", "distillation"]
SMALL = {
    "tubes": {"size": SIDE, "half_length": HALF, "max_step": MAX_STEP, "train_stride": 1},
    "teach": {"compared": "classifier"},
    "train": {
        "weights": {"arrow": 1.0, "irregularity": 1.0, "middle": 1.0, "distillation": 0.5},
        "mirror": False,
        "jitter": False,
        "epochs": 3,
        "tubes_per_epoch": 160,
        "precision": "float32",
        "threads": 1,
    },
}
TUBES = Tubes(size=SIDE, half_length=HALF, max_step=MAX_STEP)
SETTINGS = checked(merged(PARAMS["train"], SMALL["train"]), Train, "SMALL")


def write_params(folder: Path, **changes: dict) -> None:
    """Writes params.yaml: the repository's sections with SMALL over them, and `changes` by section over both."""
    sections = {name: values for name, values in PARAMS.items() if name != "sets"}
    tree = merged(merged(sections, SMALL), changes)
    (folder / "params.yaml").write_text(json.dumps({**tree, "sets": {"tiny": {}}}))


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
        write_shard(folder / FOLDER / f"tubes/{video}.tubes", tubes, tubes.shape[1:])
        np.save(folder / FOLDER / f"teacher/{video}.npy", vectors)
        numbers = {"object": np.arange(count), "frame": np.arange(count), "row": np.arange(count)}
        # Of several held-out clips each is a fold.
        fold = sum(of == "held_out" for _, of in list(counts)[:seed]) if split == "held_out" else -1
        facts = {"video": video, "split": split, "fold": fold, "learnt": split != "test"}
        table = pd.DataFrame({**facts, **numbers, **dict.fromkeys(BOX, 0.0)})
        scores = [random.random(classes, dtype=np.float32) for _ in range(count)]
        tables.append(table.assign(score=1.0, label=-1, source="motion", class_scores=pd.Series(scores, dtype=object)))
    table = pd.concat(tables, ignore_index=True)
    write_table(folder / FOLDER / "detections/objects.parquet", table, OBJECTS)
    write_table(folder / FOLDER / "tubes/tubes.parquet", table, schemas.TUBES)
    return table[schemas.TUBES.names], np.array(table["class_scores"].to_list(), np.float32).reshape(
        len(table), classes
    )
