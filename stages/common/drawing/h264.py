"""H.264 that any browser plays, in bytes that depend on the pictures alone."""

import os
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain, count, repeat
from pathlib import Path

import av
import numpy as np

# Ticks of a second in which footage of its own pace tells when its pictures are shown.
TICKS = 90_000


def write_mp4(path: Path, pictures: Iterable[np.ndarray], fps: float) -> None:
    """Writes pictures at an even pace as an MP4, complete or not at all.

    Args:
        pictures: uint8 (H, W, 3) BGR, all of one size. 4:2:0 colour needs even sides, so an odd side grows by one
            repeated pixel at the right or at the bottom: coordinates in the picture stay what they were.
        fps: pictures per second, above 0.

    Raises:
        ValueError: no pictures, or one of another shape or type than the first.
    """
    if not fps > 0:
        raise ValueError(f"{path}: fps must be above 0, got {fps}")
    rate = Fraction(fps).limit_denominator(1001)
    encode(path, pictures, zip(count(), repeat(1), strict=False), 1 / rate, rate, {"crf": "23"}, {})


def write_paced_mp4(path: Path, pictures: Iterable[np.ndarray], seconds: np.ndarray) -> None:
    """The same at the pictures' own pace; it begins to play before all of it is loaded, and is soon wherever one jumps.

    Args:
        seconds: float (pictures + 1,), when each picture is shown and the last one ends.
    """
    steps = np.arange(len(seconds))
    # Every picture is shown for a tick at least, whatever the footage says.
    ticks = np.maximum.accumulate(np.round((seconds - seconds[0]) * TICKS).astype(int) - steps) + steps
    rate = Fraction(int(steps[-1]) * TICKS, int(ticks[-1])).limit_denominator(1001)
    shown = zip(ticks[:-1].tolist(), np.diff(ticks).tolist(), strict=True)
    # Without frames that are sent after later ones: by the order of sending, MP4 takes a last frame unlike the others
    # for shorter or longer than it is, and players leave it out.
    quality = {"crf": "25", "bf": "0", "g": str(max(2, round(2 * rate)))}
    encode(path, pictures, shown, Fraction(1, TICKS), rate, quality, {"movflags": "+faststart"})


def encode(
    path: Path,
    pictures: Iterable[np.ndarray],
    shown: Iterable[tuple[int, int]],
    tick: Fraction,
    rate: Fraction,
    quality: dict[str, str],
    container_options: dict[str, str],
) -> None:
    """Writes an MP4 aside and puts it into its place.

    Args:
        shown: of each picture, when it is shown and for how long, in ticks of so many seconds.
        rate: pictures per second, about.
        quality: options of x264.
    """
    pictures = alike(pictures, path)
    first = next(pictures, None)
    if first is None:
        raise ValueError(f"{path}: there are no frames to write")
    # A reader never sees half a file, and two writers of one path do not share a temporary one.
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with av.open(str(aside), "w", format="mp4", options=container_options) as container:
            stream = container.add_stream("libx264", rate=rate)
            stream.height, stream.width = first.shape[:2]
            stream.codec_context.time_base = tick
            # The bytes depend on the number of threads, and, with x264's macroblock tree, on what lay in memory before.
            stream.thread_count, stream.pix_fmt = 1, "yuv420p"
            stream.options = {"threads": "1", "preset": "veryfast", "x264-params": "mbtree=0", **quality}
            lengths = {}

            def put(image: av.VideoFrame | None) -> None:
                for packet in stream.encode(image):
                    packet.duration = lengths.pop(packet.pts)
                    container.mux(packet)

            for picture, (at, length) in zip(chain([first], pictures), shown, strict=False):
                image = av.VideoFrame.from_ndarray(picture, format="bgr24")
                image.pts, image.time_base, lengths[at] = at, tick, length
                put(image)
            put(None)
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def alike(pictures: Iterable[np.ndarray], path: Path) -> Iterator[np.ndarray]:
    """The pictures with even sides, after a look at whether they can be pictures of one video."""
    first = None
    for number, picture in enumerate(pictures):
        found = picture.dtype, picture.shape
        first = first or found
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
            raise ValueError(f"{path}: frames must be uint8 (H, W, 3), got {picture.dtype} {picture.shape}")
        if found != first:
            raise ValueError(f"{path}: frame {number} is {found[0]} {found[1]}, the first is {first[0]} {first[1]}")
        height, width = picture.shape[:2]
        yield np.ascontiguousarray(np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge"))
