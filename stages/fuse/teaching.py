"""What people called normal is known from then on: to the cues that compare with what is known, and to the others.

The objects of an event that was called normal are held against as those of the normal footage are: by shape, by place
and by what the networks see in them. The other cues compare with nothing. Of what is like such an object to the
networks, and of its proportions, they count only as far as they go beyond what they say of the event. What is unlike
it keeps its score, wherever and whenever it is.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from sklearn.metrics import pairwise_distances_argmin_min

from stages.common.cues.all import ALL
from stages.common.tables.schemas import BOX, FEATURES, check_columns
from stages.fuse.calibration import of_network

# An object is like one that was called normal if it is nearer to it than to anything learnt, by what the networks see,
# and as near as all but a few of the held-out normal objects are to the nearest known one; and if its width over its
# height is the same but for a quarter. (Who looks as all do and was called normal excuses few, therefore.)
ALIKE, PROPORTION = 0.95, np.log(1.25)
# What is known of an object by comparing, and so needs no more than to be known.
COMPARED = ["features", *(name for name, cue in ALL.items() if hasattr(cue, "of_boxes"))]


def with_features(objects: pd.DataFrame, path: Path) -> pd.DataFrame:
    """The objects (video, object, split, BOX, `taught`, and `features` of each network), those of networks held against
    what was taught too, and `like`: the verdict that was given to something like it, its place in VERDICTS, or -1.

    Args:
        path: of FEATURES.
    """
    like, nearest = objects["taught"].to_numpy().copy(), np.full(len(objects), np.inf)
    if (like < 0).all():
        return objects.assign(like=like)
    check_columns(path, FEATURES)
    vectors = pq.read_table(path)
    numbers = vectors["network"].to_numpy()
    places = pd.MultiIndex.from_frame(objects[["video", "object"]])
    shapes = proportions(objects)
    for number in np.unique(numbers):
        own = vectors.filter(numbers == number)
        rows = places.get_indexer(pd.MultiIndex.from_arrays([own["video"].to_pandas(), own["object"].to_pandas()]))
        seen = own["vector"].combine_chunks().flatten().to_numpy().reshape(len(rows), -1)[rows >= 0]
        rows, column = rows[rows >= 0], of_network("features", number)
        values = objects[column].to_numpy(copy=True)
        usual = np.quantile(values[(objects["split"] == "held_out") & ~np.isnan(values)], ALIKE)
        is_taught = objects["taught"].to_numpy()[rows] >= 0
        if is_taught.any():
            places_of, distances = pairwise_distances_argmin_min(seen, seen[is_taught])
            teachers = rows[is_taught][places_of]
            alike = (distances <= usual) & (distances < values[rows])
            alike &= np.abs(shapes[rows] - shapes[teachers]) <= PROPORTION
            values[rows] = np.fmin(values[rows], distances.astype(np.float32))
            nearer = alike & (distances / usual < nearest[rows])
            nearest[rows[nearer]] = distances[nearer] / usual
            like[rows[nearer]] = objects["taught"].to_numpy()[teachers[nearer]]
        objects = objects.assign(**{column: values})
    return objects.assign(like=np.where(objects["taught"] >= 0, objects["taught"], like))


def proportions(objects: pd.DataFrame) -> np.ndarray:
    """The logarithm of width over height, float (n,), of BOX."""
    x1, y1, x2, y2 = objects[BOX].to_numpy(float).T
    return np.log(np.maximum(x2 - x1, 1) / np.maximum(y2 - y1, 1))


def excused(objects: pd.DataFrame) -> pd.DataFrame:
    """The objects (split, `taught`, `like`, and calibrated cues), in the cues that compare with nothing as high as they
    go beyond the highest that these say of what they are like; not below the usual."""
    if (objects["like"] < 0).all():
        return objects
    like, changed = objects["like"].to_numpy(), {}
    for cue in (cue for cue in ALL if cue not in COMPARED):
        values, normal = objects[cue].to_numpy(float), objects.loc[objects["split"] == "held_out", cue]
        usual = float(normal.median()) if normal.notna().any() else 0.0
        highest = objects[objects["taught"] >= 0].groupby("taught")[cue].max()
        beyond = np.maximum(highest.reindex(like).to_numpy(float) - usual, 0)
        less = np.minimum(values, np.maximum(usual, values - beyond))
        changed[cue] = np.where(np.isnan(less), values, less)
    return objects.assign(**changed)
