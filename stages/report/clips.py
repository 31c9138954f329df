"""Annotated clips that a browser plays, and the small pictures of each event."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from stages.common.drawing.boxes import scored_frame
from stages.common.drawing.curve import Curve
from stages.common.drawing.h264 import write_paced_mp4
from stages.common.frames.store import Frames, open_frames
from stages.report.stills import scene, strip

JPEG = [cv2.IMWRITE_JPEG_QUALITY, 78]


@dataclass(frozen=True)
class Scored:
    """What is drawn of one video."""

    scores: np.ndarray  # float (frames,)
    seconds: np.ndarray  # float (frames + 1,), when each frame begins and the last one ends
    anomalous: np.ndarray  # bool (frames,), labelled so
    objects: pd.DataFrame  # frame, BOX and score
    regions: pd.DataFrame  # frame and BOX, labelled
    events: pd.DataFrame  # first_frame, peak_frame, track and BOX, of those that the page shows
    clips: list[tuple[int, int]]  # first and last frame of each
    spans: np.ndarray  # int (n, 2), first and stop of the kept stretches, whose frames there are
    usual: float  # the score of a usual object
    threshold: float  # the score from which on one is unusual
    score_range: tuple[float, float]  # lowest and highest score that the curves have room for

    def hash(self) -> str:
        """SHA-256 of all of it."""
        digest = hashlib.sha256(repr((self.clips, self.usual, self.threshold, self.score_range)).encode())
        tables = [table.to_numpy(float) for table in (self.objects, self.regions, self.events)]
        for array in (self.spans, self.scores, self.seconds, self.anomalous.astype(float), *tables):
            digest.update(repr(array.shape).encode() + np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


def clips_around(moments: list[tuple[float, float]], seconds: np.ndarray, margin: float) -> list[tuple[int, int]]:
    """First and last frame of the clips of moments of one video, `margin` seconds wider; what overlaps is one clip.

    Args:
        moments: first and last second of each.
        seconds: float (frames + 1,), when each frame begins and the last one ends.
    """
    clips: list[tuple[int, int]] = []
    for begin, end in sorted(moments):
        first = int(np.searchsorted(seconds[1:], begin - margin + 1e-6))
        last = max(first, int(np.searchsorted(seconds[:-1], end + margin - 1e-6)) - 1)
        if clips and first <= clips[-1][1] + 1:
            clips[-1] = clips[-1][0], max(last, clips[-1][1])
        else:
            clips.append((first, last))
    return clips


def clip_name(video: str, first: int) -> str:
    return f"{video}_{first}.mp4"


def picture_name(video: str, first: int, track: int) -> str:
    """How the names of an event's pictures begin: by its beginning and track, for its rank depends on all others."""
    return f"{video}_{first}_{track}"


def make_pictures(store: Path, video: str, scored: Scored, folder: Path) -> None:
    """Writes the clips of one video and, of each of its events, `<picture_name>_scene.jpg` and `_strip.jpg`."""
    frames = open_frames(store, video)
    step = max(1, int(frames.fps / 8))
    for event in scored.events.itertuples():
        box = np.array([event.x1, event.y1, event.x2, event.y2])
        name = picture_name(video, event.first_frame, event.track)
        save_jpeg(folder / f"{name}_scene.jpg", scene(frames[event.peak_frame], box))
        save_jpeg(folder / f"{name}_strip.jpg", strip(frames, event.peak_frame, box, step))
    for first, last in scored.clips:
        write_clip(folder / clip_name(video, first), frames, first, last, scored)


def save_jpeg(path: Path, picture: np.ndarray) -> None:
    path.write_bytes(cv2.imencode(".jpg", picture, JPEG)[1].tobytes())


def write_clip(path: Path, frames: Frames, first: int, last: int, scored: Scored) -> None:
    """Frames first to last with what was found in them, as H.264 at their real pace."""
    write_paced_mp4(path, annotated(frames, first, last, scored), scored.seconds[first : last + 2])


def annotated(frames: Frames, first: int, last: int, scored: Scored) -> Iterator[np.ndarray]:
    """The frames with boxes, and below them the curve with a cursor: uint8 (H, W, 3) BGR, all of one size."""
    objects, regions = (dict(tuple(table.groupby("frame"))) for table in (scored.objects, scored.regions))
    part, curve = slice(first, last + 1), None
    for frame in range(first, last + 1):
        boxes, truth = objects.get(frame, scored.objects[:0]), regions.get(frame, scored.regions[:0])
        picture = scored_frame(frames[frame], boxes, truth, scored.usual, scored.threshold)
        if curve is None:
            shown = scored.scores[part], scored.anomalous[part], scored.seconds[first : last + 2]
            curve = Curve(*shown, scored.score_range, scored.threshold, picture.shape[1])
        yield np.vstack([picture, curve.at(frame - first)])
