"""The cues of an object to one score."""

import zlib

import numpy as np
import pandas as pd

from stages.common.cues.all import ALL
from stages.common.objects.coco import PERSON, class_names
from stages.common.objects.linking import box_speed
from stages.fuse.calibration import by_kind, fit_zscore
from stages.fuse.settings import Fuse
from stages.fuse.smoothing import smooth_tracks


def weights_of(fuse: Fuse) -> dict[str, float]:
    """The cues of a weight above 0, in the order of ALL."""
    return {cue: weight for cue in ALL if (weight := fuse.weights.get(cue, 0)) > 0}


def fused(objects: pd.DataFrame, fuse: Fuse, fps: dict[str, float]) -> pd.DataFrame:
    """The objects with their fused score `raw`, and `score`, which is smoothed along each track.

    They have split, cut, video, track, frame, and calibrated cues, of which one with a weight is known of each. A mean
    of five cues spreads less than one cue alone. So objects of which the same cues are known are brought to one scale
    once more, as deviations from the normal ones, and a score means the same whatever it came from.

    Args:
        fps: of each video.
    """
    weights = weights_of(fuse)
    values, factors = objects[list(weights)].to_numpy(), np.array(list(weights.values()))
    known = ~np.isnan(values)
    scores = np.where(known, values, 0) @ factors / np.maximum(known @ factors, 1e-9)
    if fuse.method != "mean":
        kinds = np.column_stack([known, objects["cut"]]) @ (1 << np.arange(len(factors) + 1))
        scores = by_kind(scores, kinds, (objects["split"] == "held_out").to_numpy(), fit_zscore)
    objects = objects.assign(raw=scores)
    return objects.assign(score=smooth_tracks(objects, "raw", fuse.track_seconds, fps))


def with_trivial(objects: pd.DataFrame) -> pd.DataFrame:
    """The objects and what anyone could score by (TRIVIAL)."""
    return objects.assign(
        box_width=objects["x2"] - objects["x1"],
        box_speed=box_speed(objects),
        not_person=1 - objects["person"],
        random=random_scores(objects),
    )


def person_scores(class_scores: np.ndarray) -> np.ndarray:
    """The class score of a person, float32 (n,), of float32 (n, classes).

    NaN where the detector saw nothing, or tells other classes than COCO.
    """
    place = PERSON.get(class_scores.shape[1])
    if place is None:
        return np.full(len(class_scores), np.nan, np.float32)
    return np.where(class_scores.any(axis=1), class_scores[:, place], np.float32(np.nan))


def names_of(class_scores: np.ndarray) -> np.ndarray:
    """The class of the highest score, str (n,), of float32 (n, classes); "" as of `person_scores`."""
    if class_scores.shape[1] not in PERSON:
        return np.full(len(class_scores), "", object)
    names = np.array(class_names(class_scores.shape[1]), object)[class_scores.argmax(axis=1)]
    return np.where(class_scores.any(axis=1), names, "")


def random_scores(objects: pd.DataFrame) -> np.ndarray:
    """Chance, float (n,) in 0 to 1: an object's depends on its clip's name and its number alone."""
    scores = np.zeros(len(objects))
    for video, rows in objects.groupby("video").indices.items():
        numbers = objects["object"].to_numpy()[rows]
        scores[rows] = np.random.default_rng(zlib.crc32(video.encode())).random(numbers.max() + 1)[numbers]
    return scores
