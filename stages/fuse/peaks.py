"""Peaks: where the score of an object rises above the usual, for how long, and how high."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from stages.common.tables.schemas import BOX, PEAKS
from stages.fuse.believable import span_edges

# The share of its height above the usual as far as which a peak goes on, and to which the score falls between two.
HALF = 0.5
LEAST = 1e-6  # of a height above the usual; less is the rounding of sums
# Seconds by which two peaks miss each other at most, and shares of the taller box's height between their boxes, if they
# are of one thing: of an object whose track is torn, or of one and what it carries.
GAP, APART = 1.0, 0.5


class Track(NamedTuple):
    """The boxes of a track, in the order of their frames."""

    frames: np.ndarray  # int (n,)
    boxes: np.ndarray  # float (n, 4), in pixels
    scores: np.ndarray  # float (n,), smoothed along the track


def peaks_of(objects: pd.DataFrame, videos: pd.DataFrame, spans: pd.DataFrame, seconds: float) -> pd.DataFrame:
    """The peaks of OBJECT_SCORES (PEAKS), sorted by video and first frame; none goes over the end of a kept stretch,
    none is explained by a fault yet, and no verdict is said of any.

    Args:
        videos, spans: VIDEOS and SPANS.
        seconds: of the Gaussian over time, as for the frame scores.
    """
    usual, parts = usual_score(objects), [pd.DataFrame(columns=PEAKS.names)]
    fps, (first, _) = dict(zip(videos["video"], videos["fps"], strict=True)), span_edges(objects, spans)
    for (video, split, _), rows in objects.groupby(["video", "split", first]).indices.items():
        tracks = tracks_of(objects.iloc[rows])
        sigma = seconds * fps[video]
        found = [(track, *peak) for track, own in tracks.items() for peak in peaks_of_track(own, usual, sigma)]
        names = ["track", "peak_frame", "first_frame", "last_frame", "score"]
        own = things(pd.DataFrame(found, columns=names), tracks, usual, round(GAP * fps[video]))
        parts.append(own.assign(video=video, split=split, fault=-1, beyond=own["score"], verdict=-1, object_class=""))
    peaks = pd.concat(parts, ignore_index=True)[PEAKS.names]
    return peaks.sort_values(["video", "first_frame", "track"], ignore_index=True)


def with_classes(peaks: pd.DataFrame, objects: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """The peaks (PEAKS), each with what its object is called most often while it lasts, the first by name of several.

    Args:
        objects: OBJECT_SCORES.
        names: video, object and `object_class`, "" where it has no name.
    """
    named = objects[objects["object"] >= 0].merge(names[names["object_class"] != ""], on=["video", "object"])
    rows_of, frames = named.groupby(["video", "track"]).indices, named["frame"].to_numpy()
    found = []
    for peak in peaks.itertuples():
        rows = rows_of.get((peak.video, peak.track), np.zeros(0, int))
        rows = rows[(frames[rows] >= peak.first_frame) & (frames[rows] <= peak.last_frame)]
        found.append(named["object_class"].iloc[rows].mode().min() if len(rows) else "")
    return peaks.assign(object_class=found)


def usual_score(objects: pd.DataFrame) -> float:
    """The median score of the held-out normal objects; 0 where there are none."""
    normal = objects.loc[objects["split"] == "held_out", "score"]
    return float(normal.median()) if len(normal) else 0.0


def tracks_of(objects: pd.DataFrame) -> dict[int, Track]:
    """The tracks of one video's OBJECT_SCORES, by their numbers."""
    ordered = objects.sort_values(["track", "frame"])
    columns = ordered["frame"].to_numpy(int), ordered[BOX].to_numpy(float), ordered["score"].to_numpy(float)
    numbers, starts = np.unique(ordered["track"].to_numpy(int), return_index=True)
    parts = zip(*(np.split(column, starts[1:]) for column in columns), strict=True)
    return {int(number): Track(*part) for number, part in zip(numbers, parts, strict=False)}


def peaks_of_track(track: Track, usual: float, sigma: float) -> list[tuple[int, int, int, float]]:
    """Of each peak the frame where it is highest, the first and the last one, and its height: a score.

    The score counts as usual before and after the track, so that what is seen for a moment alone does not rise high.
    Between two peaks it falls to half of the lower one's height above the usual, and each goes on as far as half of its
    own.
    """
    if track.scores.max(initial=-np.inf) <= usual:
        return []
    start, around = int(track.frames[0]), int(4 * sigma + 0.5) + 1
    curve = np.full(int(track.frames[-1]) - start + 1 + 2 * around, usual)
    curve[track.frames - start + around] = track.scores
    curve = gaussian_filter1d(curve, sigma) if sigma > 0 else curve
    found: list[tuple[int, int, int, float]] = []
    places = find_peaks(curve, height=usual + LEAST)[0]
    for place in places[np.argsort(-curve[places], kind="stable")]:
        below = np.flatnonzero(curve < usual + HALF * (curve[place] - usual))
        after = np.searchsorted(below, place)
        first, last = below[after - 1] + 1, below[after] - 1
        if not any(first <= higher <= last for higher, *_ in found):
            found.append((int(place), int(first), int(last), float(curve[place])))
    shift, stop = start - around, len(curve) - around
    inside = [[min(max(each, around), stop - 1) + shift for each in ends] for *ends, _ in found]
    return sorted((*ends, peak[3]) for ends, peak in zip(inside, found, strict=True))


def things(peaks: pd.DataFrame, tracks: dict[int, Track], usual: float, gap: int) -> pd.DataFrame:
    """The peaks of one video, those of one thing being one: the highest, with its box, and with how many tracks it has.

    From the highest to the lowest each becomes a part of what it is not apart from, in time and in the picture; what is
    at least half as high makes that longer.

    Args:
        peaks: track, peak_frame, first_frame, last_frame and score.
        gap: frames that may lie between two peaks of one thing.
    """
    peaks = peaks.sort_values(["score", "track", "peak_frame"], ascending=[False, True, True], ignore_index=True)
    of_track, at, begins, ends, scores = (peaks[name].to_numpy() for name in peaks.columns)
    boxes = np.array([box_at(tracks[track], frame) for track, frame in zip(of_track, at, strict=True)]).reshape(-1, 4)
    first, last, thing = begins.copy(), ends.copy(), np.arange(len(peaks))
    parts: list[int] = []  # what makes a thing longer, by its place
    for place in range(len(peaks)):
        known = np.array(parts, int)
        known = known[(begins[known] - gap <= ends[place]) & (ends[known] + gap >= begins[place])]
        near = [part for part in known if not apart(box_at(tracks[of_track[part]], at[place]), boxes[place])]
        owner = thing[place] = thing[near].min(initial=place)
        if scores[place] - usual >= HALF * (scores[owner] - usual):
            parts.append(place)
            first[owner], last[owner] = min(first[owner], begins[place]), max(last[owner], ends[place])
    own = np.flatnonzero(thing == np.arange(len(peaks)))
    counts = pd.Series(of_track[parts]).groupby(thing[parts]).nunique()
    peaks = peaks.assign(first_frame=first, last_frame=last, **dict(zip(BOX, boxes.T, strict=True)))
    return peaks.loc[own].assign(tracks=counts.reindex(own).to_numpy())


def box_at(track: Track, frame: int) -> np.ndarray:
    """The track's box in a frame, or in the nearest in which it has one."""
    after = min(int(np.searchsorted(track.frames, frame)), len(track.frames) - 1)
    before = max(after - 1, 0)
    return track.boxes[before if frame - track.frames[before] < track.frames[after] - frame else after]


def apart(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether there is a gap of APART of the taller one's height between two boxes, float (4,)."""
    gaps = np.maximum(one[:2], other[:2]) - np.minimum(one[2:], other[2:])
    return bool(gaps.max() > APART * max(one[3] - one[1], other[3] - other[1]))
