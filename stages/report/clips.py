"""Annotated clips that a browser plays, and the small pictures of each event."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pandas as pd

from stages.common.drawing.drawing import Curve, draw_objects, scene, strip
from stages.common.tables.arrays import map_array

# Ticks of a second in which a clip tells when its frames are shown.
TICKS = 90_000
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
    encode(path, annotated(frames, first, last, scored), scored.seconds[first : last + 2])


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


def encode(path: Path, pictures: Iterable[np.ndarray], seconds: np.ndarray) -> None:
    """H.264 that any browser plays, and that begins to play before all of it is loaded.

    Args:
        pictures: uint8 (H, W, 3) BGR.
        seconds: float (pictures + 1,), when each is shown and the last one ends.
    """
    count = len(seconds) - 1
    steps = np.arange(count + 1)
    # Every picture is shown for a tick at least, whatever the footage says.
    ticks = np.maximum.accumulate(np.round((seconds - seconds[0]) * TICKS).astype(int) - steps) + steps
    rate = Fraction(count * TICKS, int(ticks[-1])).limit_denominator(1001)
    lengths = dict(zip(ticks[:-1].tolist(), np.diff(ticks).tolist(), strict=True))
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.codec_context.time_base = Fraction(1, TICKS)
        # One thread and no macroblock tree, so that the bytes depend on the frames alone; a place to jump to each 2 s.
        stream.thread_count, stream.pix_fmt = 1, "yuv420p"
        stream.options = {"threads": "1", "crf": "25", "preset": "veryfast", "x264-params": "mbtree=0"}
        stream.codec_context.gop_size = max(2, round(2 * rate))

        def write(image: av.VideoFrame | None) -> None:
            for packet in stream.encode(image):
                packet.duration = lengths[packet.pts]
                container.mux(packet)

        for tick, picture in zip(ticks, pictures, strict=False):
            whole = even(picture)
            if tick == 0:
                stream.height, stream.width = whole.shape[:2]
            image = av.VideoFrame.from_ndarray(whole, format="bgr24")
            image.pts, image.time_base = int(tick), Fraction(1, TICKS)
            write(image)
        write(None)


def even(picture: np.ndarray) -> np.ndarray:
    """The picture with a repeated pixel more at the right and at the bottom where its sides are odd: 4:2:0 needs it."""
    height, width = picture.shape[:2]
    return np.ascontiguousarray(np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge"))
