import numpy as np
import pandas as pd
import pytest
import torch

from stages.common.tables.schemas import BOX, TUBES, write_table

SIDE, REACH, FEATURES = 16, 6, 5


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def moving_bars(count, seed, channels=1):
    """Wide tubes uint8 (count, 2 REACH + 1, SIDE, SIDE, channels): a bright bar that moves right a pixel a frame."""
    random = np.random.default_rng(seed)
    tubes = random.integers(0, 60, (count, 2 * REACH + 1, SIDE, SIDE, channels), dtype=np.uint8)
    for tube, start in zip(tubes, random.integers(0, SIDE, count), strict=True):
        for time, frame in enumerate(tube):
            frame[:, (start + time + np.arange(3)) % SIDE] += 180
    return tubes


@pytest.fixture
def shards(tmp_path):
    """Writes tubes and vectors of clips into two folders below `tmp_path` and gives their table (TUBES)."""

    def write(counts, channels=1, classes=0):
        tables = []
        for folder in ("tubes", "teacher"):
            (tmp_path / "data/tiny" / folder).mkdir(parents=True, exist_ok=True)
        for seed, ((video, split), count) in enumerate(counts.items()):
            random = np.random.default_rng(seed)
            tubes = moving_bars(count, seed, channels)
            vectors = tubes[:, REACH, 0, :FEATURES, 0].astype(np.float16) / 50 + 1
            np.save(tmp_path / f"data/tiny/tubes/{video}.npy", tubes)
            np.save(tmp_path / f"data/tiny/teacher/{video}.npy", vectors)
            facts = {"video": video, "row": np.arange(count), "split": split, "frame": np.arange(count)}
            scores = [random.random(classes, dtype=np.float32) for _ in range(count)]
            table = pd.DataFrame({**facts, **dict.fromkeys(BOX, 0.0)})
            tables.append(table.assign(class_scores=pd.Series(scores, dtype=object)))
        table = pd.concat(tables, ignore_index=True)
        write_table(tmp_path / "data/tiny/tubes/tubes.parquet", table, TUBES)
        return table

    return write
