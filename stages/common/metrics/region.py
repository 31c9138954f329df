"""Region- and track-based detection criteria (RBDC, TBDC): was the anomaly found where it is, not only when.

Definitions of Ramachandra and Jones, "Street Scene: A New Dataset and Evaluation Protocol for Video Anomaly Detection",
WACV 2020, over the frames of all test videos together:

- a ground-truth region is detected when a detected box of its frame has IoU >= beta with it;
- a ground-truth track is detected when at least the fraction alpha of its regions is detected;
- a detected box is a false positive when its IoU with every region of its frame is < beta; so a second box on a region
  that is already found costs nothing, and one box may find several regions;
- the false-positive rate is the number of false positives per test frame (it can exceed 1);
- RBDC and TBDC are the areas under the rate of detected regions, or tracks, over false-positive rates in [0, 1], as the
  score threshold falls.

Boxes are pixels with exclusive right and bottom edges: the region of one pixel is (x, y, x + 1, y + 1). Files of boxes
with inclusive edges, the usual format for these criteria, are converted as `tables/track_files.py` reads them.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from stages.common.objects.boxes import iou_of_pairs
from stages.common.tables.schemas import BOX

# What the field counts by: the IoU that finds a region, and the share of its regions that finds a track.
REGION_OVERLAP, TRACK_SHARE = 0.1, 0.1


class RegionTrackCurve(NamedTuple):
    """Rates as the threshold falls: float64 arrays of one length, from (0, 0, 0) to a false-positive rate of 1."""

    false_positive_rate: np.ndarray  # false positives per test frame, non-decreasing, in [0, 1]
    region_detection_rate: np.ndarray  # non-decreasing, in [0, 1]; all NaN where there are no regions
    track_detection_rate: np.ndarray


class RegionTrackArea(NamedTuple):
    """Both criteria, each in [0, 1]; NaN where there are no regions."""

    rbdc: float
    tbdc: float


class Findings(NamedTuple):
    """Which detection finds what. Detections have ranks, 0 for the highest score; what none finds has rank D."""

    videos: np.ndarray  # names, sorted; the other columns count in it
    det_video: np.ndarray  # int (D,), by rank
    false_positive: np.ndarray  # bool (D,), by rank
    region_video: np.ndarray  # int (R,)
    region_found_by: np.ndarray  # int (R,), rank of the first detection that finds the region
    track_video: np.ndarray  # int (T,)
    track_found_by: np.ndarray  # int (T,), rank of the detection with which the track is found


def region_track_curve(
    detections: pd.DataFrame,
    regions: pd.DataFrame,
    frames: int,
    alpha: float = TRACK_SHARE,
    beta: float = REGION_OVERLAP,
) -> RegionTrackCurve:
    """Detection rates of regions and tracks over the rate of false positives.

    Detections are taken one by one from the highest score down, equal scores in the order of video, frame and box: the
    order of the rows makes no difference. Points whose rate of false positives exceeds 1 are dropped, without
    interpolation, and the last rates kept are extended flat to 1. So with no detections the rates are 0 from end to
    end; with no regions they are NaN. Memory grows with the number of pairs of boxes that share a frame.

    Args:
        detections: columns video, frame (integer), BOX and score (higher is more anomalous). May be empty.
        regions: columns video, track (unique in its video), frame and BOX. May be empty.
        frames: number of frames of all test videos together, those without any box included; at least 1.
        alpha: share of a track's regions that must be detected for the track to be, in (0, 1].
        beta: least IoU of a detected box with a region that it finds, in (0, 1].

    Raises:
        ValueError: a score that is not finite, or more frames with boxes than `frames`.
    """
    found = findings(detections, regions, frames, alpha, beta)
    return curve_of(found, frames, np.ones(len(found.videos)))


def findings(
    detections: pd.DataFrame,
    regions: pd.DataFrame,
    frames: int,
    alpha: float = TRACK_SHARE,
    beta: float = REGION_OVERLAP,
) -> Findings:
    """What each detection finds; arguments and errors as of `region_track_curve`."""
    videos, (det_video, region_video), (det_frame, region_frame) = _keys(detections, regions)
    if (seen := len(np.union1d(det_frame, region_frame))) > frames:
        raise ValueError(f"frames: expected the number of all test frames, got {frames}, but {seen} frames hold boxes")
    x1, y1, x2, y2, score = detections[[*BOX, "score"]].to_numpy(dtype=float).T
    if not np.isfinite(score).all():
        raise ValueError(f"detections: expected finite scores, got {score[~np.isfinite(score)][0]}")
    order = np.lexsort([y2, x2, y1, x1, det_frame, -score])  # the last key counts first

    det, region = _pairs_in_one_frame(det_frame[order], region_frame)
    hit = iou_of_pairs(detections[BOX].to_numpy(float)[order[det]], regions[BOX].to_numpy(float)[region]) >= beta
    det, region = det[hit], region[hit]

    false_positive = np.ones(len(detections), dtype=bool)
    false_positive[det] = False
    found_by = np.full(len(regions), len(detections))
    np.minimum.at(found_by, region, det)
    tracks = _rank_that_finds_tracks(found_by, region_video, regions["track"], alpha)
    return Findings(videos, det_video[order], false_positive, region_video, found_by, *tracks)


def curve_of(found: Findings, frames: float, weights: np.ndarray) -> RegionTrackCurve:
    """The curve if each video were there so many times: weights (videos,), `frames` in all."""
    count = len(found.false_positive)
    false_positives = np.append(0, np.cumsum(found.false_positive * weights[found.det_video]))
    region_rate = _found_rate(found.region_found_by, weights[found.region_video], count)
    track_rate = _found_rate(found.track_found_by, weights[found.track_video], count)
    points = np.stack([false_positives / frames, region_rate, track_rate])
    points = points[:, : np.searchsorted(points[0], 1, side="right")]
    if points[0, -1] < 1:
        points = np.column_stack([points, [1, *points[1:, -1]]])
    return RegionTrackCurve(*points)


def area(curve: RegionTrackCurve) -> RegionTrackArea:
    """RBDC and TBDC: the areas, by trapezoids, under both rates of a curve; the base has length 1."""
    false_positives, *rates = curve
    return RegionTrackArea(*(float(np.trapezoid(rate, false_positives)) for rate in rates))


def best_overlaps(boxes: pd.DataFrame, regions: pd.DataFrame) -> np.ndarray:
    """The highest IoU of each region with a box of its frame, float (regions,), in [0, 1]; 0 where there is no box.

    Args:
        boxes, regions: columns video, frame and BOX.

    >>> regions = pd.DataFrame({"video": "01", "frame": [3, 4], "x1": 10, "y1": 10, "x2": 30, "y2": 40})
    >>> best_overlaps(regions.head(1).assign(x2=20), regions).tolist()
    [0.5, 0.0]
    """
    box, region = _pairs_in_one_frame(*_keys(boxes, regions)[2])
    best = np.zeros(len(regions))
    np.maximum.at(best, region, iou_of_pairs(boxes[BOX].to_numpy(float)[box], regions[BOX].to_numpy(float)[region]))
    return best


def _keys(first: pd.DataFrame, second: pd.DataFrame) -> tuple[np.ndarray, list[np.ndarray], list[np.ndarray]]:
    """The videos of two tables, sorted; of each table's rows, which of them it is, and an integer for its frame."""
    codes, names = pd.factorize(np.concatenate([first["video"], second["video"]]), sort=True)
    frames = np.concatenate([first["frame"], second["frame"]]).astype(np.int64)
    keys = codes * (1 + frames.max(initial=0)) + frames
    return names, np.split(codes, [len(first)]), np.split(keys, [len(first)])


def _pairs_in_one_frame(det_frame: np.ndarray, region_frame: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions of all (detection, region) whose frames are the same."""
    by_frame = np.argsort(region_frame, kind="stable")
    start = np.searchsorted(region_frame[by_frame], det_frame, side="left")
    count = np.searchsorted(region_frame[by_frame], det_frame, side="right") - start
    det = np.repeat(np.arange(len(det_frame)), count)
    within = np.arange(len(det)) - np.repeat(np.cumsum(count) - count, count)  # 0, 1, .. in each detection's run
    return det, by_frame[np.repeat(start, count) + within]


def _rank_that_finds_tracks(
    found_by: np.ndarray, video: np.ndarray, track: pd.Series, alpha: float
) -> tuple[np.ndarray, np.ndarray]:
    """Of each track, its video and the rank of the detection with which it has the fraction alpha of its regions."""
    name = pd.factorize(track)[0]
    ids = np.unique(video * (name.max(initial=0) + 1) + name, return_inverse=True)[1]
    length = np.bincount(ids)
    # The fewest with needed / length >= alpha, in those words: 0.07 * 100 is 7.000000000000001, but 7 do.
    needed = np.floor(alpha * length).astype(int)
    needed += needed / length < alpha
    by_track_then_rank = np.lexsort([found_by, ids])
    first = np.cumsum(length) - length
    chosen = by_track_then_rank[first + needed - 1]
    return video[chosen], found_by[chosen]


def _found_rate(found_by: np.ndarray, weights: np.ndarray, never: int) -> np.ndarray:
    """Share of weighted things found after 0, 1, .. `never` detections; NaN where there is nothing to find."""
    if not weights.any():
        return np.full(never + 1, np.nan)
    return np.append(0, np.cumsum(np.bincount(found_by, weights, minlength=never)[:never])) / weights.sum()
