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


class Findings(NamedTuple):
    """Which detection finds what. Detections have ranks, 0 for the highest score; what none finds has rank D."""

    videos: np.ndarray  # names, sorted; the other columns count in it
    det_video: np.ndarray  # int (D,), by rank
    false_positive: np.ndarray  # bool (D,), by rank
    region_video: np.ndarray  # int (R,)
    region_found_by: np.ndarray  # int (R,), rank of the first detection that finds the region
    track_video: np.ndarray  # int (T,)
    track_found_by: np.ndarray  # int (T,), rank of the detection with which the track is found


class RegionTrackArea(NamedTuple):
    """Both criteria, each in [0, 1]; NaN where there are no regions."""

    rbdc: float
    tbdc: float


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
        detections: one row per detected box of any test video, columns video, frame (integer), x1, y1, x2, y2 (pixels,
            right and bottom edges exclusive) and score (finite; higher is more anomalous). May be empty.
        regions: one row per ground-truth box, columns video, track, frame, x1, y1, x2, y2. A track's name needs to be
            unique only within its video. May be empty.
        frames: number of frames of all test videos together, those without any box included; at least 1.
        alpha: share of a track's regions that must be detected for the track to be, in (0, 1].
        beta: least IoU of a detected box with a region that it finds, in (0, 1].

    Raises:
        ValueError: missing columns, boxes without area, values that are not finite, frame numbers that are not whole,
            parameters out of range, or more frames with boxes than `frames`.

    >>> regions = pd.DataFrame({"video": "01", "track": 0, "frame": [3, 4], "x1": 10, "y1": 10, "x2": 30, "y2": 40})
    >>> detections = regions.assign(score=[0.9, 0.7], x1=[10, 300], x2=[30, 320])  # the second box is beside it
    >>> curve = region_track_curve(detections, regions, frames=4)
    >>> curve.false_positive_rate.tolist()
    [0.0, 0.0, 0.25, 1.0]
    >>> curve.region_detection_rate.tolist(), curve.track_detection_rate.tolist()
    ([0.0, 0.5, 0.5, 0.5], [0.0, 1.0, 1.0, 1.0])
    """
    found = findings(detections, regions, frames, alpha, beta)
    return curve_of(found, frames, np.ones(len(found.videos)))


def findings(detections: pd.DataFrame, regions: pd.DataFrame, frames: int, alpha: float, beta: float) -> Findings:
    """What each detection finds; arguments and errors as of `region_track_curve`."""
    _check(detections, regions, frames, alpha, beta)
    videos, det_video, region_video = _shared_codes(detections["video"], regions["video"])
    order = _descending(detections, det_video)
    det_frame, region_frame = _frame_keys(detections, det_video, regions, region_video)
    det_frame = det_frame[order]
    if (seen := len(np.union1d(det_frame, region_frame))) > frames:
        raise ValueError(f"frames: expected the number of all test frames, got {frames}, but {seen} frames hold boxes")

    det, region = _pairs_in_one_frame(det_frame, region_frame)
    hit = iou_of_pairs(_boxes(detections, order[det]), _boxes(regions, region)) >= beta
    det, region = det[hit], region[hit]

    false_positive = np.ones(len(detections), dtype=bool)
    false_positive[det] = False
    found_by = np.full(len(regions), len(detections))
    np.minimum.at(found_by, region, det)
    tracks = _rank_that_finds_tracks(found_by, region_video, regions["track"], alpha)
    return Findings(videos, det_video[order], false_positive, region_video, found_by, *tracks)


def curve_of(found: Findings, frames: float, weights: np.ndarray) -> RegionTrackCurve:
    """The curve if each video were there so many times: weights (videos,), `frames` in all."""
    false_positives = np.cumsum(found.false_positive * weights[found.det_video])
    rates = [
        _found_rate(ranks, weights[video], len(found.false_positive))
        for ranks, video in (
            (found.region_found_by, found.region_video),
            (found.track_found_by, found.track_video),
        )
    ]
    return _cut_at_one(np.append(0, false_positives) / frames, *rates)


def area(curve: RegionTrackCurve) -> RegionTrackArea:
    """RBDC and TBDC: the areas, by trapezoids, under both rates of a curve; the base has length 1.

    >>> area(RegionTrackCurve(np.array([0.0, 0.5, 1.0]), np.array([0.0, 0.5, 0.5]), np.array([0.0, 1.0, 1.0])))
    RegionTrackArea(rbdc=0.375, tbdc=0.75)
    """
    rate = curve.false_positive_rate
    return RegionTrackArea(
        float(np.trapezoid(curve.region_detection_rate, rate)), float(np.trapezoid(curve.track_detection_rate, rate))
    )


def best_overlaps(boxes: pd.DataFrame, regions: pd.DataFrame) -> np.ndarray:
    """The highest IoU of each region with a box of its frame, float (regions,), in [0, 1]; 0 where there is no box.

    Args:
        boxes, regions: columns video, frame and BOX.

    >>> regions = pd.DataFrame({"video": "01", "frame": [3, 4], "x1": 10, "y1": 10, "x2": 30, "y2": 40})
    >>> best_overlaps(regions.head(1).assign(x2=20), regions).tolist()
    [0.5, 0.0]
    """
    _, box_video, region_video = _shared_codes(boxes["video"], regions["video"])
    box, region = _pairs_in_one_frame(*_frame_keys(boxes, box_video, regions, region_video))
    best = np.zeros(len(regions))
    np.maximum.at(best, region, iou_of_pairs(_boxes(boxes, box), _boxes(regions, region)))
    return best


def _shared_codes(first: pd.Series, second: pd.Series) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The videos of two columns, sorted, and which of them each row of either column names."""
    columns = [column for column in (first, second) if len(column)]  # an empty column has no type to agree with
    codes, names = pd.factorize(pd.concat(columns) if columns else first, sort=True)
    if pd.api.types.infer_dtype(names).startswith("mixed"):
        types = ", ".join(sorted({type(name).__name__ for name in names}))
        raise ValueError(f"video: expected names of one type in detections and regions, got {types}")
    return np.asarray(names), codes[: len(first)], codes[len(first) :]


def _descending(detections: pd.DataFrame, video: np.ndarray) -> np.ndarray:
    """Order of rows from the highest score down, ties by video, frame and box."""
    x1, y1, x2, y2, frame, score = detections[[*BOX, "frame", "score"]].to_numpy(dtype=float).T
    return np.lexsort([y2, x2, y1, x1, frame, video, -score])  # the last key counts first


def _frame_keys(
    detections: pd.DataFrame, det_video: np.ndarray, regions: pd.DataFrame, region_video: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """One integer for each (video, frame)."""
    det_frame, region_frame = (table["frame"].to_numpy(dtype=np.int64) for table in (detections, regions))
    span = 1 + max(det_frame.max(initial=0), region_frame.max(initial=0))
    return det_video * span + det_frame, region_video * span + region_frame


def _pairs_in_one_frame(det_frame: np.ndarray, region_frame: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions of all (detection, region) whose frames are the same."""
    by_frame = np.argsort(region_frame, kind="stable")
    start = np.searchsorted(region_frame[by_frame], det_frame, side="left")
    count = np.searchsorted(region_frame[by_frame], det_frame, side="right") - start
    det = np.repeat(np.arange(len(det_frame)), count)
    within = np.arange(len(det)) - np.repeat(np.cumsum(count) - count, count)  # 0, 1, .. in each detection's run
    return det, by_frame[np.repeat(start, count) + within]


def _boxes(table: pd.DataFrame, rows: np.ndarray) -> np.ndarray:
    return table[BOX].to_numpy(dtype=float)[rows]


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


def _cut_at_one(false_positive_rate: np.ndarray, *rates: np.ndarray) -> RegionTrackCurve:
    """The points up to a false-positive rate of 1, extended flat to exactly 1."""
    kept = np.searchsorted(false_positive_rate, 1, side="right")
    curve = [false_positive_rate[:kept], *(rate[:kept] for rate in rates)]
    if curve[0][-1] < 1:
        curve = [np.append(curve[0], 1), *(np.append(rate, rate[-1]) for rate in curve[1:])]
    return RegionTrackCurve(*curve)


def _check(detections: pd.DataFrame, regions: pd.DataFrame, frames: int, alpha: float, beta: float) -> None:
    _check_table("detections", detections, ["video", "frame", *BOX, "score"])
    _check_table("regions", regions, ["video", "track", "frame", *BOX])
    if int(frames) != frames or frames < 1:
        raise ValueError(f"frames: expected a whole number of test frames, at least 1, got {frames}")
    for name, value in (("alpha", alpha), ("beta", beta)):
        if not 0 < value <= 1:
            raise ValueError(f"{name}: expected a number in (0, 1], got {value}")


def _check_table(name: str, table: pd.DataFrame, columns: list[str]) -> None:
    if missing := [column for column in columns if column not in table]:
        raise ValueError(f"{name}: expected columns {', '.join(columns)}, missing {', '.join(missing)}")
    if not len(table):
        return
    numbers = [*BOX, "score"] if "score" in columns else BOX
    box = table[numbers].to_numpy(dtype=float)
    if not np.isfinite(box).all():
        row = int(np.argmin(np.isfinite(box).all(axis=1)))
        raise ValueError(f"{name}: expected finite {', '.join(numbers)}, got {box[row].tolist()} in row {row}")
    has_area = (box[:, 2] > box[:, 0]) & (box[:, 3] > box[:, 1])
    if not has_area.all():
        row = int(np.argmin(has_area))
        raise ValueError(f"{name}: expected x1 < x2 and y1 < y2, got box {box[row, :4].tolist()} in row {row}")
    if not pd.api.types.is_integer_dtype(table["frame"]) or table["frame"].min() < 0:
        raise ValueError(f"{name}: expected frame numbers that are whole and not negative, in an integer column")
