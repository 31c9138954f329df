"""Writing H.264 video whose bytes depend on the frames alone."""

import os
from collections.abc import Iterable
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
import numpy as np


def write_mp4(path: str | Path, frames: Iterable[np.ndarray], fps: float) -> None:
    """Encode frames as an H.264 MP4 (yuv420p, crf 23, one thread), complete or not at all.

    frames: uint8 arrays (H, W, 3), BGR, all of one size. 4:2:0 colour needs even sides, so an odd side grows by one
    repeated pixel at the right or at the bottom: coordinates in the image stay what they were.
    fps: frames per second, above 0.
    Raises ValueError when there are no frames, or a frame has another shape or type than the first.
    """
    path = Path(path)
    if not fps > 0:
        raise ValueError(f"{path}: fps must be above 0, got {fps}")
    frames = iter(frames)
    first = next(frames, None)
    if first is None:
        raise ValueError(f"{path}: there are no frames to write")
    # A reader never sees half a file, and two writers of one path do not share a temporary one.
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        _encode(part, first, chain([first], frames), fps, path)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _encode(part: Path, first: np.ndarray, frames: Iterable[np.ndarray], fps: float, path: Path) -> None:
    if first.dtype != np.uint8 or first.ndim != 3 or first.shape[2] != 3:
        raise ValueError(f"{path}: frames must be uint8 (H, W, 3), got {first.dtype} {first.shape}")
    height, width = first.shape[:2]
    with av.open(str(part), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001))
        stream.width, stream.height, stream.pix_fmt = width + width % 2, height + height % 2, "yuv420p"
        # The bytes depend on the number of threads, and, with x264's macroblock tree, on what lay in memory before.
        stream.thread_count = 1
        stream.options = {"threads": "1", "crf": "23", "preset": "veryfast", "x264-params": "mbtree=0"}
        for number, frame in enumerate(frames):
            if frame.shape != first.shape or frame.dtype != first.dtype:
                raise ValueError(
                    f"{path}: frame {number} is {frame.dtype} {frame.shape}, the first is {first.dtype} {first.shape}"
                )
            even = np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
            container.mux(stream.encode(av.VideoFrame.from_ndarray(even, format="bgr24")))
        container.mux(stream.encode())
