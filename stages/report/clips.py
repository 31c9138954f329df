"""Annotated clips that a browser plays, and the small pictures of each event."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from stages.common.drawing.drawing import Curve, draw_objects, scene, strip
from stages.common.drawing.h264 import write_paced_mp4
from stages.common.tables.arrays import map_array

JPEG = [cv2.IMWRITE_JPEG_QUALITY, 78]


@dataclass(frozen=True)
class Scored:
    """What is drawn of one video.

    Attributes:
        scores: float (frames,), of its frames.
        seconds: float (frames + 1,), when each frame begins and the last one ends.
        anomalous: bool (frames,), labelled so.
        objects: frame, BOX and score.
        regions: frame and BOX, labelled.
        events: first_frame, peak_frame, box_frame and BOX, of those that the page shows.
        spans: first and last frame of each clip.
        low, least: scores of a usual object, and the threshold.
        span: lowest and highest score that the curves have room for.
    """

    scores: np.ndarray
    seconds: np.ndarray
    anomalous: np.ndarray
    objects: pd.DataFrame
    regions: pd.DataFrame
    events: pd.DataFrame
    spans: list[tuple[int, int]]
    low: float
    least: float
    span: tuple[float, float]

    def hash(self) -> str:
        """SHA-256 of all of it."""
        digest = hashlib.sha256(repr((self.spans, self.low, self.least, self.span)).encode())
        tables = [table.to_numpy(float) for table in (self.objects, self.regions, self.events)]
        for array in (self.scores, self.seconds, self.anomalous.astype(float), *tables):
            digest.update(repr(array.shape).encode() + np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


def spans_of(moments: list[tuple[float, float]], seconds: np.ndarray, margin: float) -> list[tuple[int, int]]:
    """First and last frame of the clips around moments of one video, `margin` seconds wider; what overlaps is one clip.

    Args:
        moments: first and last second of each.
        seconds: float (frames + 1,), when each frame begins and the last one ends.

    >>> spans_of([(5.0, 6.0), (2.0, 2.2), (2.5, 2.7)], np.arange(101) / 10, 0.5)
    [(15, 31), (45, 64)]
    """
    spans: list[tuple[int, int]] = []
    for begin, end in sorted(moments):
        first = int(np.searchsorted(seconds[1:], begin - margin + 1e-6))
        last = max(first, int(np.searchsorted(seconds[:-1], end + margin - 1e-6)) - 1)
        if spans and first <= spans[-1][1] + 1:
            spans[-1] = spans[-1][0], max(last, spans[-1][1])
        else:
            spans.append((first, last))
    return spans


def clip_name(video: str, first: int) -> str:
    return f"{video}_{first}.mp4"


def picture_name(video: str, first: int) -> str:
    """How the names of an event's pictures begin: by where it begins, since its rank depends on all others."""
    return f"{video}_{first}"


def make_pictures(packed: Path, video: str, scored: Scored, folder: Path) -> None:
    """Writes the clips of one video and, of each of its events, `<picture_name>_scene.jpg` and `_strip.jpg`."""
    frames = map_array(packed)
    for event in scored.events.itertuples():
        has_box = event.box_frame >= 0
        box = np.array([event.x1, event.y1, event.x2, event.y2]) if has_box else None
        shown = frames[event.box_frame if has_box else event.peak_frame]
        name = picture_name(video, event.first_frame)
        save_jpeg(folder / f"{name}_scene.jpg", scene(shown, box))
        if has_box:
            rate = (len(scored.seconds) - 1) / max(scored.seconds[-1] - scored.seconds[0], 1e-9)
            pictures = strip(frames, event.box_frame, box, max(1, int(rate / 8)))
            save_jpeg(folder / f"{name}_strip.jpg", pictures)
    for first, last in scored.spans:
        write_clip(folder / clip_name(video, first), frames, first, last, scored)


def save_jpeg(path: Path, picture: np.ndarray) -> None:
    path.write_bytes(cv2.imencode(".jpg", picture, JPEG)[1].tobytes())


def write_clip(path: Path, frames: np.ndarray, first: int, last: int, scored: Scored) -> None:
    """Frames first to last with what was found in them, as H.264 at their real pace."""
    write_paced_mp4(path, annotated(frames, first, last, scored), scored.seconds[first : last + 2])


def annotated(frames: np.ndarray, first: int, last: int, scored: Scored) -> Iterator[np.ndarray]:
    """The frames with boxes, and below them the curve with a cursor: uint8 (H, W, 3) BGR, all of one size."""
    objects, regions = (dict(tuple(table.groupby("frame"))) for table in (scored.objects, scored.regions))
    part, curve = slice(first, last + 1), None
    for place, frame in enumerate(range(first, last + 1)):
        own, truth = objects.get(frame, scored.objects[:0]), regions.get(frame, scored.regions[:0])
        picture = draw_objects(frames[frame], own, truth, scored.low, scored.least)
        if curve is None:
            given = scored.scores[part], scored.anomalous[part], scored.seconds[first : last + 2]
            curve = Curve(*given, scored.span, scored.least, picture.shape[1])
        yield np.vstack([picture, curve.at(place, scored.scores[frame])])
