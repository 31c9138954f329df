"""Frames out of videos and folders of pictures, read in order, and the packed file they go into."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from stages.common.frames.store import write_frames
from stages.common.running.errors import InputError
from stages.common.source.pictures import images_in


def read_frames(path: Path, kind: str) -> Iterator[np.ndarray]:
    """The frames of a clip as uint8 BGR (height, width, 3)."""
    if kind == "images":
        for file in images_in(path):
            frame = cv2.imread(str(file))
            if frame is None:
                raise InputError(f"{file}: cannot be read as a picture; replace it")
            yield frame
        return
    video = cv2.VideoCapture(str(path))
    try:
        while (read := video.read())[0]:
            yield read[1]
    finally:
        video.release()


def pack_frames(
    path: Path, kind: str, shape: tuple[int, int, int], span: tuple[int, int], grey: bool, folder: Path
) -> None:
    """Writes the frames of a clip into `folder`, one at a time, in one channel where they are `grey`, else in three.

    shape: expected (frames, height, width); InputError where frames are of another size or number.
    span: which frame of the file or folder is the first, and every how many-th follows.
    """
    (frames, height, width), (first, step) = shape, span

    def chosen() -> Iterator[np.ndarray]:
        for number, frame in islice(enumerate(read_frames(path, kind)), first, first + frames * step, step):
            if frame.shape[:2] != (height, width):
                found = f"{path}: frame {number} is {frame.shape[1]}x{frame.shape[0]}, expected {width}x{height} as in"
                raise InputError(f"{found} the frames before; split the clip where the size changes")
            yield cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) if grey else frame

    count = write_frames(folder, chosen(), shape if grey else (*shape, 3))
    if count != frames:
        raise InputError(f"{path}: {count} frames, expected {frames}; it changed since it was counted: run again")
