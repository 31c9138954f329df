"""What decode's one pass costs beside decoding alone, whether it finds what is live, and how frames are best coded.

    python -m benchmarks.speed.gate RECORDING [FIRST:LAST ...]

FIRST:LAST are the known live stretches, in seconds. Writes a row of metrics/gate.csv: CPU seconds of decoding alone
(PyAV, one thread), and how many times that the one pass takes, and DVR-Scan by its defaults and by `-df 4 -fs 1`, all
in turns. DVR-Scan gets an environment of its own (uv); where it cannot be had, its place is empty. Prints what was
found live by each.
"""

import argparse
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from benchmarks.hours import decoding_alone, keep_row
from stages.common.drawing.h264 import encode
from stages.common.frames.settings import Areas
from stages.common.frames.store import Frames, read_clip, write_clip
from stages.common.source.videos import opened, picture_stream
from stages.decode.backgrounds import Backgrounds
from stages.decode.clip import Grid, Pass
from stages.decode.pictures import Row
from stages.decode.settings import Decode

TABLE, ROUNDS = Path("metrics/gate.csv"), 2
DECODE = Decode(
    rate=12.5,
    height=540,
    grey=False,
    gate=True,
    areas=Areas(ignore=[], only=[]),
    margin=2.0,
    background=25.0,
    quality=85,
)
PACKAGES = ["--with", "dvr-scan==1.8.2.1", "--with", "opencv-python-headless"]
DVR_SCAN = [*"-m uv run --isolated --no-project --quiet".split(), *PACKAGES, "dvr-scan", "--quiet", "--scan-only"]
FAST = ["-df", "4", "-fs", "1"]
CODED = 200  # frames of which the codings are compared


def seconds_of(function: Callable[[], object]) -> float:
    start = time.process_time()
    function()
    return time.process_time() - start


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


def dvr_scan(path: Path, options: list[str]) -> tuple[float, str]:
    """CPU seconds, and the stretches that it finds; NaN where it cannot be had."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ran = subprocess.run([sys.executable, *DVR_SCAN, *options, "--input", path], capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if ran.returncode:
        return float("nan"), "not to be had here"
    # Quiet, it says the beginning and the end of each, one after the other.
    times = re.findall(r"[0-9]{2}:[0-9:.]+", ran.stdout)
    found = [f"{first} to {last}" for first, last in zip(times[::2], times[1::2], strict=False)]
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, ", ".join(found) or "nothing"


def main(path: Path, known: list[tuple[float, float]]) -> None:
    cv2.setNumThreads(1)
    dvr_scan(path, ["--duration", "1"])  # makes its environment
    times: dict[str, list[float]] = {name: [] for name in ("decoding_alone", "one_pass", "dvr_scan_fast", "dvr_scan")}
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for _ in range(ROUNDS):
            times["decoding_alone"].append(decoding_alone(path)[1])
            times["one_pass"].append(seconds_of(lambda: one_pass(path, folder)))
            seconds, found_fast = dvr_scan(path, FAST)
            times["dvr_scan_fast"].append(seconds)
        times["dvr_scan"], found_default = [[each] for each in dvr_scan(path, [])]
        frames = read_clip(folder)
        found = [(first / frames.fps, stop / frames.fps) for first, stop in frames.spans]
        print("live:", ", ".join(f"{first:.1f} to {stop:.1f} s" for first, stop in found) or "nothing")
        print(f"DVR-Scan, fast: {found_fast}; by its defaults: {found_default[0]}")
        for first, stop in known:
            inside = any(start <= first and stop <= end for start, end in found)
            print(f"known {first:.1f} to {stop:.1f} s: {'inside' if inside else 'NOT INSIDE'}")
        for name, size, wrote, read in codings(frames, folder):
            print(f"{name}: {size:.0f} bytes a frame, written in {wrote:.2f} ms, read in {read:.2f} ms")
    alone = min(times["decoding_alone"])
    row = {"recording": path.name, "seconds": round(frames.shape[0] / frames.fps), "decoding_alone": round(alone, 2)}
    row |= {f"{name}_ratio": round(min(each) / alone, 2) for name, each in times.items() if name != "decoding_alone"}
    print(", ".join(f"{name} {value}" for name, value in row.items()))
    keep_row(TABLE, row, ["recording"])


def stretch(text: str) -> tuple[float, float]:
    first, last = text.split(":")
    return float(first), float(last)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recording", type=Path)
    parser.add_argument("known", type=stretch, nargs="*")
    wanted = parser.parse_args()
    main(wanted.recording, wanted.known)
