"""What each object says by each cue, before it is calibrated."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from stages.common.cues.all import ALL
from stages.common.running.paths import SetPaths
from stages.common.tables.class_scores import class_scores_of
from stages.common.tables.schemas import BOX, CUE_VALUES, OBJECTS, read_table
from stages.fuse.calibration import of_network
from stages.fuse.fusion import names_of, person_scores
from stages.fuse.teaching import with_features
from stages.fuse.verdicts import taught_by

# Boxes of the normal clips that others are held against, evenly spread over all; parts of the clips, each of which is
# held against the others.
KEPT, PARTS = 20_000, 8


def read_cues(paths: SetPaths, videos: pd.DataFrame, verdicts: pd.DataFrame) -> pd.DataFrame:
    """The objects: video, object, frame, BOX, split, each cue (of_network where networks tell it), `person`, the class
    score of a person, NaN where it is not known, `object_class`, what the detector calls it, "" where it has no name,
    and `taught` and `like`: by which of the VERDICTS they are known as normal, and which was given to something like
    them, or -1.

    The cues of boxes are found here. The objects of the training clips have no others, and are KEPT at most.
    """
    found = paths.detections / "objects.parquet"
    objects = read_table(found, OBJECTS, ["video", "object", "frame", *BOX]).merge(
        videos[["video", "split", "view"]], on="video"
    )
    normal = np.flatnonzero(objects["split"] != "test")
    objects["known"] = np.zeros(len(objects), bool)
    objects.loc[normal[np.linspace(0, len(normal) - 1, min(KEPT, len(normal))).astype(int)], "known"] = True
    objects = objects[(objects["split"] != "train") | objects["known"]]
    objects["taught"] = taught_by(objects, verdicts, videos)
    values = pd.concat([read_table(path, CUE_VALUES) for path in (paths.scores, paths.velocity)])
    wide = values.pivot(index=["video", "object"], columns=["cue", "network"], values="value")
    wide.columns = [cue if network < 0 else of_network(cue, network) for cue, network in wide.columns]
    table = with_features(objects.merge(wide, on=["video", "object"], how="left"), paths.features)
    for name, cue in ALL.items():
        if hasattr(cue, "of_boxes"):
            table[name] = of_views(table, cue.of_boxes)
    person, names = np.full(len(table), np.nan, np.float32), np.full(len(table), "", object)
    scored = (table["split"] != "train").to_numpy()
    classes = class_scores_of(table[scored], found)
    person[scored], names[scored] = person_scores(classes), names_of(classes)
    return table.assign(person=person, object_class=names).drop(columns=["view", "known"])


def of_views(objects: pd.DataFrame, of_boxes: Callable) -> np.ndarray:
    """The values of a cue of boxes, float32 (n,), of objects (video, split, view, BOX, `known`, `taught`), by the known
    ones of the normal clips of their view, and those that were taught; those of normal clips, PARTS of them in turn, by
    the others."""
    values, boxes = np.full(len(objects), np.nan, np.float32), objects[BOX].to_numpy()
    taught = objects["taught"].to_numpy() >= 0
    known = objects["known"].to_numpy() | taught
    for rows in objects.groupby("view").indices.values():
        videos, normal = objects["video"].to_numpy()[rows], (objects["split"] != "test").to_numpy()[rows]
        names = np.unique(videos[normal])
        part = np.full(len(rows), -1)
        part[normal] = np.searchsorted(names, videos[normal]) * PARTS // max(PARTS, len(names))
        for number in np.unique(part):
            others = rows[known[rows] & ((part != number) | taught[rows])]
            values[rows[part == number]] = of_boxes(boxes[rows[part == number]], boxes[others])
    return values
