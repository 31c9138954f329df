"""The class scores of objects, of which there may be more than memory holds."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.compute as pc
from pyarrow.dataset import dataset

BATCH = 1 << 14  # rows of the table in memory at once


def class_scores_of(rows: pd.DataFrame, path: Path) -> np.ndarray:
    """The class scores of each row's object, float32 (rows, classes); classes is 0 where the detector has none.

    A part of the table at a time is in memory.

    Args:
        rows: with columns video and object.
        path: of OBJECTS, all of the rows' among them.
    """
    found = np.zeros((0, 0), np.float32)
    if rows.empty:
        return found
    wanted = pd.MultiIndex.from_frame(rows[["video", "object"]])
    videos = pc.field("video").isin(wanted.unique("video").to_list())
    columns = ["video", "object", "class_scores"]
    for batch in dataset(path).to_batches(columns=columns, filter=videos, batch_size=BATCH, batch_readahead=1):
        if len(batch):
            there = pd.MultiIndex.from_arrays([batch["video"].to_pandas(), batch["object"].to_pandas()])
            scores = batch["class_scores"].flatten().to_numpy().reshape(len(batch), -1)
            places = there.get_indexer(wanted)
            if not found.shape[1]:
                found = np.zeros((len(rows), scores.shape[1]), np.float32)
            found[places >= 0] = scores[places[places >= 0]]
    return found
