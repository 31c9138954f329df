"""The events one after the other, each with its time burnt in: a day in minutes."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from stages.common.drawing.boxes import BLACK, WHITE, scored_frame, write
from stages.common.drawing.h264 import write_mp4
from stages.common.frames.store import open_frames
from stages.common.tables.schemas import BOX
from stages.report.findings import Findings
from stages.report.tables import Tables, of_video
from stages.report.words import clock

# Seconds before and after its peak that are shown of an event at most, and lines of the bar above the picture.
BEFORE, AFTER, BAR = 4.0, 4.0, 24


def write_digest(path: Path, store: Path, tables: Tables, findings: Findings) -> None:
    """Writes the events, in the order of their time, as H.264; no file where there is none.

    Where clips differ, the size and the pace are those of the first event's.
    """
    events = findings.events.sort_values(["video", "peak_frame"], kind="stable")
    events = events.iloc[np.argsort(tables.began[events["video"]].fillna(pd.Timestamp(0)).to_numpy(), kind="stable")]
    if events.empty:
        return
    fps = 1 / tables.seconds[events["video"].iloc[0]][1]
    pictures = chain.from_iterable(shown(event, store, tables, findings) for event in events.itertuples())
    write_mp4(path, of_one_size(pictures), fps)


def shown(event, store: Path, tables: Tables, findings: Findings) -> Iterator[np.ndarray]:
    """The frames around the peak of a row of EVENTS with their boxes, uint8 (H, W, 3) BGR, its time above them."""
    frames, seconds = open_frames(store, event.video), tables.seconds[event.video]
    first, stop = frames.span_of(event.peak_frame)
    begin = max(first, int(np.searchsorted(seconds, max(event.start - 1, event.peak - BEFORE))))
    end = min(stop, int(np.searchsorted(seconds, min(event.end + 1, event.peak + AFTER))))
    objects = dict(tuple(of_video(tables.objects, event.video)[["frame", *BOX, "score"]].groupby("frame")))
    none = pd.DataFrame(columns=[*BOX, "score"], dtype=float)
    for frame in range(begin, end):
        found = objects.get(frame, none)
        picture = scored_frame(frames[frame], found, none, findings.usual, findings.threshold.value)
        bar = np.full((BAR, picture.shape[1], 3), BLACK, np.uint8)
        write(bar, f"{event.event}  {when(event, seconds[frame], tables)}", 8, BAR - 8, WHITE, 0.45)
        yield np.vstack([bar, picture])


def when(event, second: float, tables: Tables) -> str:
    """The time of day, or the second of the clip where that is not known; in letters that can be drawn."""
    began = tables.began[event.video]
    if began is not pd.NaT:
        return f"{began + pd.Timedelta(seconds=second):%Y-%m-%d %H:%M:%S}"
    return f"{event.video.encode('ascii', 'replace').decode()}, {clock(second)}"


def of_one_size(pictures: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    """The pictures made as large as fits the first one's size, and filled up with black."""
    size = None
    for picture in pictures:
        size = size or picture.shape[:2]
        if picture.shape[:2] != size:
            scale = min(size[0] / picture.shape[0], size[1] / picture.shape[1])
            small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)[: size[0], : size[1]]
            picture = np.zeros((*size, 3), np.uint8)
            picture[: small.shape[0], : small.shape[1]] = small
        yield picture
