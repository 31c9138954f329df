"""What decode's one pass costs beside decoding alone, whether it finds what is live, and how frames are best coded.

    python -m benchmarks.speed.gate RECORDING [FIRST:LAST ...]

FIRST:LAST are the known live stretches, in seconds. Prints CPU seconds, of the fastest of rounds in which both ways
took turns, and writes nothing but temporary files.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from stages.common.drawing.h264 import encode
from stages.common.frames.store import Frames, read_clip, write_clip
from stages.common.source.videos import opened, picture_stream
from stages.decode.backgrounds import Backgrounds
from stages.decode.clip import Grid, Pass
from stages.decode.pictures import Row
from stages.decode.settings import Decode

ROUNDS = 3
DECODE = Decode(rate=12.5, height=540, grey=False, gate=True, margin=2.0, background=25.0, quality=92)
CODED = 200  # frames of which the codings are compared


def seconds_of(function: Callable[[], object]) -> float:
    start = time.process_time()
    function()
    return time.process_time() - start


def decode_alone(path: Path) -> None:
    with opened(path) as container:
        for _ in container.decode(picture_stream(container)):
            pass


def one_pass(path: Path, folder: Path) -> None:
    """As decode does for a clip that is the whole recording, at every other frame or so."""
    with opened(path) as container:
        stream = picture_stream(container)
        rate, width, height = float(stream.average_rate), stream.width, stream.height
        stamps = sorted(packet.pts for packet in container.demux(stream) if packet.size)
    every = max(1, round(rate / DECODE.rate))
    rows = [Row(number, path, "file", stamp) for number, stamp in enumerate(stamps[::every])]
    scale = min(1.0, DECODE.height / height)
    grid = Grid(len(rows), rate / every, round(width * scale), round(height * scale))
    backgrounds = Backgrounds(len(rows), 0, len(rows), round(DECODE.background * grid.fps))
    with write_clip(folder, grid.fps, (grid.frames, grid.height, grid.width, 3), DECODE.quality) as writer:
        Pass(grid, DECODE, rows, range(len(rows)), backgrounds, writer).read()


def codings(frames: Frames, folder: Path) -> Iterator[tuple[str, float, float, float]]:
    """Name, bytes a frame, and CPU milliseconds a frame to write and to read in order, of JPEG and of H.264."""
    numbers = frames.searched(1)[:CODED]
    pictures = [frames[number] for number in numbers]

    def write_jpeg() -> list[np.ndarray]:
        return [cv2.imencode(".jpg", each, [cv2.IMWRITE_JPEG_QUALITY, DECODE.quality])[1] for each in pictures]

    coded = write_jpeg()
    read = seconds_of(lambda: [cv2.imdecode(each, cv2.IMREAD_UNCHANGED) for each in coded])
    yield "JPEG", sum(map(len, coded)) / len(coded), 1e3 * seconds_of(write_jpeg) / len(coded), 1e3 * read / len(coded)
    file, rate = folder / "coded.mp4", 12

    def write_h264() -> None:
        shown = ((place, 1) for place in range(len(pictures)))
        encode(file, pictures, shown, Fraction(1, rate), Fraction(rate), {"crf": "20", "g": "10", "bf": "0"}, {})

    def read_h264() -> None:
        with opened(file) as container:
            for frame in container.decode(picture_stream(container)):
                frame.to_ndarray(format="bgr24")

    wrote = 1e3 * seconds_of(write_h264) / len(pictures)
    yield "H.264", file.stat().st_size / len(pictures), wrote, 1e3 * seconds_of(read_h264) / len(pictures)


def main(path: Path, known: list[tuple[float, float]]) -> None:
    cv2.setNumThreads(1)
    times = {"alone": [], "pass": []}
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for _ in range(ROUNDS):
            times["alone"].append(seconds_of(lambda: decode_alone(path)))
            times["pass"].append(seconds_of(lambda: one_pass(path, folder)))
        frames = read_clip(folder)
        alone, whole = (min(each) for each in times.values())
        print(f"decoding alone {alone:.2f} CPU s, decode {whole:.2f} CPU s: {whole / alone:.2f} times")
        found = [(first / frames.fps, stop / frames.fps) for first, stop in frames.spans]
        print("live:", ", ".join(f"{first:.1f} to {stop:.1f} s" for first, stop in found) or "nothing")
        for first, stop in known:
            inside = any(start <= first and stop <= end for start, end in found)
            print(f"known {first:.1f} to {stop:.1f} s: {'inside' if inside else 'NOT INSIDE'}")
        for name, size, wrote, read in codings(frames, folder):
            print(f"{name}: {size:.0f} bytes a frame, written in {wrote:.2f} ms, read in {read:.2f} ms")


def stretch(text: str) -> tuple[float, float]:
    first, last = text.split(":")
    return float(first), float(last)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recording", type=Path)
    parser.add_argument("known", type=stretch, nargs="*")
    wanted = parser.parse_args()
    main(wanted.recording, wanted.known)
