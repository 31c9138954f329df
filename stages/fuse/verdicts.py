"""Where in the clips the verdicts of people are, which objects they are of, and which peaks."""

import numpy as np
import pandas as pd

from stages.common.objects.boxes import iou_matrix
from stages.common.objects.linking import LINK_GAP, link_boxes
from stages.common.tables.schemas import BOX, PEAKS, VERDICTS
from stages.common.tables.verdicts import NORMAL, standing

# A verdict is of the track, and of the peak, whose box overlaps its box most, by so much at least, within so many
# seconds of its moment.
OVERLAP, NEAR = 0.3, 0.5


def placed(verdicts: pd.DataFrame, videos: pd.DataFrame, files: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """The verdicts (of `read_verdicts`) that stand, each with its clip and frames there (VERDICTS).

    Args:
        videos, files, runs: VIDEOS, FILES, RUNS.
    """
    verdicts, clips = standing(verdicts), videos.set_index("video")
    runs = runs.merge(files[["file", "path"]], on="file")
    runs["fps"] = clips["fps"].reindex(runs["video"]).to_numpy()
    by_path, rows = dict(tuple(runs.groupby("path"))), []
    for own in verdicts.itertuples():
        there = by_path.get(own.recording, runs[:0])
        after = (own.second - there["second"]) * there["fps"]
        there = there[(after > -0.5) & (after < there["frames"] - 0.5)]
        if there.empty:
            rows.append(("", -1, -1, -1))
            continue
        run = there.iloc[0]
        peak = run["first"] + round((own.second - run["second"]) * run["fps"])
        first, last = peak - round(own.before * run["fps"]), peak + round(own.after * run["fps"])
        rows.append((run["video"], max(first, 0), peak, min(last, clips["frames"][run["video"]] - 1)))
    where = pd.DataFrame(rows, columns=["video", "first_frame", "peak_frame", "last_frame"], index=verdicts.index)
    return pd.concat([verdicts, where], axis=1).assign(taught=0)[VERDICTS.names]


def taught_by(objects: pd.DataFrame, verdicts: pd.DataFrame, videos: pd.DataFrame) -> np.ndarray:
    """By which verdict each object (video, frame, BOX) is known as normal, int (n,): its place in VERDICTS, or -1.

    It is all of the track that the verdict's box is on, from the event's first frame to its last.
    """
    taught, clips = np.full(len(objects), -1), videos.set_index("video")
    rows_of, frames = objects.groupby("video").indices, objects["frame"].to_numpy()
    for own in verdicts[verdicts["verdict"] == NORMAL].itertuples():
        rows = rows_of.get(own.video, np.zeros(0, int))
        rows = rows[(frames[rows] >= own.first_frame) & (frames[rows] <= own.last_frame)]
        rows = rows[np.argsort(frames[rows], kind="stable")]
        clip, boxes = clips.loc[own.video] if own.video else None, objects[BOX].to_numpy(float)[rows]
        near = np.flatnonzero(is_near(frames[rows], own, clip)) if len(rows) else []
        if not len(near):
            continue
        overlaps = iou_matrix(boxes[near], in_pixels(own, clip)[None])[:, 0]
        if overlaps.max() >= OVERLAP:
            steps = np.diff(np.unique(frames[rows]))
            gap = max(LINK_GAP, 2 * int(steps.min(initial=LINK_GAP)))
            tracks = link_boxes(frames[rows], boxes, gap)
            taught[rows[tracks == tracks[near[overlaps.argmax()]]]] = own.Index
    return taught


def with_verdicts(
    peaks: pd.DataFrame, objects: pd.DataFrame, verdicts: pd.DataFrame, videos: pd.DataFrame
) -> pd.DataFrame:
    """The peaks, each with the verdict that is said of it (PEAKS).

    Args:
        objects: OBJECT_SCORES.
        verdicts, videos: VERDICTS and VIDEOS.
    """
    peaks, clips = peaks.reset_index(drop=True), videos.set_index("video")
    said, best = np.full(len(peaks), -1), np.full(len(peaks), OVERLAP)
    boxes_of = objects.groupby(["video", "track"]).indices if len(verdicts) else {}
    rows_of, tracks = peaks.groupby("video").indices, peaks["track"].to_numpy()
    firsts, lasts = peaks["first_frame"].to_numpy(), peaks["last_frame"].to_numpy()
    for own in verdicts.itertuples():
        rows = rows_of.get(own.video, np.zeros(0, int))
        for row in rows[(firsts[rows] <= own.last_frame) & (lasts[rows] >= own.first_frame)]:
            boxes = objects.iloc[boxes_of[own.video, tracks[row]]]
            boxes = boxes[is_near(boxes["frame"].to_numpy(), own, clips.loc[own.video])]
            overlaps = iou_matrix(boxes[BOX].to_numpy(float), in_pixels(own, clips.loc[own.video])[None])
            if overlaps.max(initial=0) >= best[row]:
                said[row], best[row] = own.Index, overlaps.max()
    return peaks.assign(verdict=said)[PEAKS.names]


def is_near(frames: np.ndarray, verdict, clip: pd.Series) -> np.ndarray:
    """Which frames are near the moment of a row of VERDICTS, bool (n,); `clip` is a row of VIDEOS."""
    return np.abs(frames - verdict.peak_frame) <= max(1, NEAR * clip["fps"])


def in_pixels(verdict, clip: pd.Series) -> np.ndarray:
    """The box of a row of VERDICTS, float (4,), in pixels of a clip, a row of VIDEOS."""
    shares = np.array([verdict.x1, verdict.y1, verdict.x2, verdict.y2])
    return shares * ([clip["width"], clip["height"]] * 2)
