"""Task scores to one score per object and per frame."""

import functools
from collections.abc import Callable
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt

from stages.common.objects.linking import box_speed, link_all, with_between
from stages.common.running.errors import InputError
from stages.common.running.params import settings
from stages.common.tables.schemas import BOX, CUES, TASKS, TRIVIAL
from stages.fuse.believable import believable, uncut
from stages.fuse.calibration import Calibration, fit, fit_zscore
from stages.fuse.smoothing import fill_frames, frame_maxima, object_map_maxima, smooth_frames, smooth_track

# Normal objects of a kind that a calibration among themselves needs; the deviation of one or two could be next to
# nothing, and every score far from it beyond all bounds.
LEAST_ALIKE = 30


@settings
class CueWeights:
    """Of each cue in the fused score; 0 leaves it out."""

    arrow: NonNegativeFloat
    irregularity: NonNegativeFloat
    middle: NonNegativeFloat
    distillation: NonNegativeFloat
    features: NonNegativeFloat
    shape: NonNegativeFloat
    velocity: NonNegativeFloat


@settings
class Fuse:
    """The section `fuse`."""

    method: Literal["zscore", "tail", "mean"]
    tail_share: Annotated[float, Field(gt=0, le=0.5)]
    weights: CueWeights
    min_height: NonNegativeFloat
    edge_margin: NonNegativeFloat
    clip_margin: NonNegativeInt
    track_sigma: NonNegativeFloat
    map_cell: PositiveInt
    map_filter: PositiveInt
    frame_sigma: NonNegativeFloat


def object_scores(cues: pd.DataFrame, videos: pd.DataFrame, fuse: Fuse) -> pd.DataFrame:
    """The objects of `found_objects`, and what is between two of a track in frames between them (OBJECT_SCORES)."""
    return with_between(found_objects(cues, videos, fuse), [*BOX, "raw", "score", *CUES, *TRIVIAL])


def found_objects(cues: pd.DataFrame, videos: pd.DataFrame, fuse: Fuse) -> pd.DataFrame:
    """The believable objects with calibrated and fused scores (OBJECT_SCORES); `cues` as `read_cues` gives them.

    Objects that the picture's edge cuts look and move like no other; they are calibrated among themselves. Beside the
    cues stands what anyone could score by (TRIVIAL).

    Raises:
        InputError: no weight is above 0, or the plain mean is asked for with what is no task's probability.
    """
    weights = {cue: weight for cue in CUES if (weight := getattr(fuse.weights, cue)) > 0}
    besides = [cue for cue in weights if cue not in TASKS]
    if not weights or (fuse.method == "mean" and besides):
        wrong = f"{besides[0]} has no place in method mean: set it to 0" if weights else "all are 0; raise one"
        raise InputError(f"params.yaml: fuse.weights: {wrong}")
    kept = cues[believable(cues, videos, fuse.min_height, fuse.clip_margin)]
    kept = kept.sort_values(["video", "frame", *BOX, *CUES], ignore_index=True)
    kept = kept[kept[list(weights)].notna().any(axis=1)].reset_index(drop=True)
    kept = kept.assign(track=link_all(kept))
    normal = (kept["split"] == "held_out").to_numpy()
    cut = ~uncut(kept, videos, fuse.edge_margin)
    for cue in CUES:
        of_cue = functools.partial(fit, cue, method=fuse.method, tail_share=fuse.tail_share)
        kept[cue] = calibrated(kept[cue].to_numpy().astype(float), cut, normal, of_cue)
    kept["raw"] = fused(kept[list(weights)].to_numpy(), np.array(list(weights.values())), cut, normal, fuse.method)
    kept["box_width"] = kept["x2"] - kept["x1"]
    kept["box_speed"] = box_speed(kept)
    kept["not_person"] = 1 - kept["person"]
    kept["random"] = np.random.default_rng(0).random(len(kept))
    kept["score"] = smooth_tracks(kept, "raw", fuse.track_sigma)
    return kept


def calibrated(
    values: np.ndarray, kinds: np.ndarray, normal: np.ndarray, calibrate: Callable[[np.ndarray], Calibration]
) -> np.ndarray:
    """Values (n,) calibrated, those of each kind by its normal ones; NaN stays NaN.

    Where the normal ones of a kind are too few (LEAST_ALIKE), those of all kinds speak for it.

    Args:
        kinds: int or bool (n,).
        normal: bool (n,), the held-out objects.
        calibrate: gives the calibration by normal values.
    """
    known = ~np.isnan(values)
    scores = values.copy()
    for kind in np.unique(kinds):
        own = (kinds == kind) & known
        alike = own & normal if (own & normal).sum() >= LEAST_ALIKE else known & normal
        if alike.any():
            scores[own] = calibrate(values[alike])(values[own])
    return scores


def fused(cues: np.ndarray, weights: np.ndarray, cut: np.ndarray, normal: np.ndarray, method: str) -> np.ndarray:
    """Weighted mean of the cues known of each object, float (n,).

    A mean of five cues spreads less than one cue alone. So objects of which the same cues are known are brought to one
    scale once more, as deviations from the normal ones, and a score means the same whatever it came from.

    Args:
        cues: float (n, cues), calibrated; NaN where a cue says nothing, never in a whole row.
        weights: float (cues,).
        cut: bool (n,), objects that the picture's edge cuts.
        normal: bool (n,), the held-out objects.
    """
    known = ~np.isnan(cues)
    means = np.where(known, cues, 0) @ weights / np.maximum(known @ weights, 1e-9)
    if method == "mean":
        return means
    kinds = np.column_stack([known, cut]) @ (1 << np.arange(cues.shape[1] + 1))
    return calibrated(means, kinds, normal, fit_zscore)


def smooth_tracks(objects: pd.DataFrame, column: str, sigma: float) -> np.ndarray:
    """The scores of `column` smoothed along each track, float (n,)."""
    smoothed = objects[column].to_numpy().astype(float)
    frames = objects["frame"].to_numpy()
    for rows in objects.groupby(["video", "track"]).indices.values():
        smoothed[rows] = smooth_track(frames[rows], smoothed[rows], sigma)
    return smoothed


def frame_scores(objects: pd.DataFrame, videos: pd.DataFrame, fuse: Fuse, every: int) -> pd.DataFrame:
    """A row per frame of the test and held-out clips (FRAME_SCORES).

    `raw` is the plain maximum over a frame's objects; the others go all the way: along tracks, over the object map
    and over time. A cue that says nothing of any object is NaN. `every` so many-th frame has been searched.
    """
    videos = videos[videos["split"] != "train"]
    table = pd.concat(
        [pd.DataFrame({"video": v.video, "split": v.split, "frame": np.arange(v.frames)}) for v in videos.itertuples()],
        ignore_index=True,
    )
    table["raw"] = scored_frames(objects, "raw", videos, fuse, every, smooth=False)
    table["score"] = scored_frames(objects, "score", videos, fuse, every, smooth=True)
    for column in [*CUES, *TRIVIAL]:
        known = objects[objects[column].notna()]
        smoothed = known.assign(**{column: smooth_tracks(known, column, fuse.track_sigma)})
        nothing = len(objects) and known.empty
        table[column] = np.nan if nothing else scored_frames(smoothed, column, videos, fuse, every, smooth=True)
    return table


def scored_frames(
    objects: pd.DataFrame, column: str, videos: pd.DataFrame, fuse: Fuse, every: int, smooth: bool
) -> np.ndarray:
    """Frame scores of all clips one after the other, float (frames of all clips,)."""
    rows_of = objects.groupby("video").indices
    level = normal_level(objects, column)
    parts = []
    for video in videos.itertuples():
        own = objects.iloc[rows_of.get(video.video, [])]
        frames, scores = own["frame"].to_numpy(), own[column].to_numpy()
        if smooth and fuse.map_filter > 1:
            shape = (video.frames, video.height, video.width)
            boxes = own[BOX].to_numpy()
            highest = object_map_maxima(frames, boxes, scores, shape, fuse.map_cell, fuse.map_filter, level)
        else:
            highest = frame_maxima(frames, scores, video.frames)
        filled = fill_frames(highest, fuse.clip_margin, level, every)
        parts.append(smooth_frames(filled, fuse.frame_sigma if smooth else 0.0))
    return np.concatenate(parts)


def normal_level(objects: pd.DataFrame, column: str) -> float:
    """The median over the held-out normal frames of the highest score in the frame; 0 where there are none."""
    normal = objects[objects["split"] == "held_out"]
    return float(normal.groupby(["video", "frame"])[column].max().median()) if len(normal) else 0.0
