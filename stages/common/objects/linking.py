"""Boxes linked over time into tracks, and what is between two boxes of a track."""

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from stages.common.objects.boxes import iou_matrix
from stages.common.tables.schemas import BOX

# Boxes of one object overlap by more than this from one to the next, which is so many frames later at most, or as many
# as two searched frames are apart, if that is more.
LINK_IOU = 0.3
LINK_GAP = 4


def link_boxes(frames: np.ndarray, boxes: np.ndarray, gap: int = LINK_GAP) -> np.ndarray:
    """Track numbers, int32 (n,), from 0: boxes of the same object over time.

    Each frame's boxes are matched with the last box of each track seen in the `gap` frames before, so that the sum
    of overlaps is greatest; pairs that overlap by less than LINK_IOU are no match, and what is left starts a track.

    Args:
        frames: int (n,), ascending.
        boxes: float (n, 4).
    """
    tracks, started = np.full(len(frames), -1, np.int32), 0
    last_seen: dict[int, int] = {}
    moments, starts = np.unique(frames, return_index=True)
    for frame, here in zip(moments, np.split(np.arange(len(frames)), starts)[1:], strict=True):
        last_seen = {track: row for track, row in last_seen.items() if frames[row] >= frame - gap}
        known = list(last_seen)
        overlaps = iou_matrix(boxes[[last_seen[track] for track in known]].reshape(-1, 4), boxes[here])
        for track, box in zip(*linear_sum_assignment(overlaps, maximize=True), strict=True):
            if overlaps[track, box] >= LINK_IOU:
                tracks[here[box]] = known[track]
        fresh = here[tracks[here] < 0]
        tracks[fresh] = np.arange(started, started + len(fresh))
        started += len(fresh)
        last_seen.update(zip(tracks[here].tolist(), here.tolist(), strict=True))
    return tracks


def link_all(objects: pd.DataFrame, searched: pd.DataFrame, stretch: np.ndarray) -> np.ndarray:
    """`link_boxes` for the objects of several videos, sorted by video and frame, and their searched frames (SEARCHED):
    int32 (n,), unique in a video. No track goes on from one `stretch`, int (n,), of a video to the next."""
    tracks, steps, begun = np.zeros(len(objects), np.int32), steps_of(searched), dict.fromkeys(objects["video"], 0)
    for (video, _), rows in objects.groupby(["video", stretch]).indices.items():
        part = objects.iloc[rows]
        gap = max(LINK_GAP, 2 * steps.get(video, 1))
        tracks[rows] = begun[video] + link_boxes(part["frame"].to_numpy(), part[BOX].to_numpy(), gap)
        begun[video] = int(tracks[rows].max()) + 1
    return tracks


def steps_of(searched: pd.DataFrame) -> dict[str, int]:
    """By video (SEARCHED), frames from one searched frame to the next in a stretch; 1 where there are not two."""
    frames = searched.groupby("video")["frame"]
    return {video: int(np.diff(np.sort(own)).min()) if len(own) > 1 else 1 for video, own in frames}


def with_between(objects: pd.DataFrame, numbers: list[str]) -> pd.DataFrame:
    """The objects and, for each frame between two boxes of a track, one with `numbers` in a line from one to the other.

    So a frame that was not searched, or in which the detector missed an object, shows what those around it do.

    Args:
        objects: columns video, object, track, frame and `numbers`, which are floats; others are as of the box before.

    Returns:
        the same columns, sorted by video, frame, `numbers` and track; `object` is -1 of what is between two.
    """
    ordered = objects.sort_values(["video", "track", "frame"], ignore_index=True)
    following = ordered.shift(-1)
    goes_on = (ordered["video"] == following["video"]) & (ordered["track"] == following["track"])
    missing = np.where(goes_on, following["frame"] - ordered["frame"] - 1, 0).astype(int)
    before = np.repeat(np.arange(len(ordered)), missing)
    steps = np.arange(len(before)) - np.repeat(missing.cumsum() - missing, missing) + 1
    share, values = (steps / (missing[before] + 1))[:, None], ordered[numbers].to_numpy()
    added = ordered.iloc[before].assign(frame=ordered["frame"].to_numpy()[before] + steps, object=-1)
    added[numbers] = (1 - share) * values[before] + share * values[before + 1]
    added = added.astype(ordered.dtypes.to_dict())
    return pd.concat([ordered, added]).sort_values(["video", "frame", *numbers, "track"], ignore_index=True)


def box_speed(objects: pd.DataFrame, reach: int = 5) -> np.ndarray:
    """Pixels per frame, float (n,), by which a box's middle moves along its track, over up to `reach` frames each way.

    Args:
        objects: columns video, track, frame and BOX. A box that is alone in its track has speed 0.
    """
    boxes = objects[BOX].to_numpy().astype(float)
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    speed = np.zeros(len(objects))
    for rows in objects.groupby(["video", "track"]).indices.values():
        rows = np.sort(rows)
        frames = objects["frame"].to_numpy()[rows]
        first = np.searchsorted(frames, frames - reach, side="left")
        last = np.searchsorted(frames, frames + reach, side="right") - 1
        moved = np.linalg.norm(centres[rows[last]] - centres[rows[first]], axis=1)
        speed[rows] = moved / np.maximum(frames[last] - frames[first], 1)
    return speed
