"""Memory while footage grows: each stage's own of a short clip, and of one ten times as long."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import pandas as pd

from benchmarks.speed.sample import Sample, peak_memory
from benchmarks.speed.whole import stages
from stages.common.tables.schemas import FILES, PICTURES, write_table

FRAMES, TIMES = 40, 10


def growth(sample: Sample, scratch: Path) -> Iterator[dict]:
    """A row per stage: MB of the process's own at most, beyond what it had before, for FRAMES and for TIMES as many."""
    peaks: dict[str, list[float]] = {}
    for times in (1, TIMES):
        clip, folder = repeated(sample, scratch / str(times), times)
        for stage, work in stages(sample, folder / "footage").items():
            if times == 1:
                work(clip, folder)  # loads code and weights, and tells the allocator how much is needed
            with peak_memory() as peak:
                work(clip, folder)
            peaks.setdefault(stage, []).append(peak[0])
    for stage, (few, many) in peaks.items():
        yield {"step": stage, f"mb_{FRAMES}_frames": few, f"mb_{FRAMES * TIMES}_frames": many}


def repeated(sample: Sample, folder: Path, times: int):
    """The first frames of the sample's clip as pictures, `times` over; as a row of VIDEOS, with its folder, in which
    there is nothing but what `footage` says of them."""
    pictures = folder / "pictures"
    pictures.mkdir(parents=True)
    frames = [sample.frames[place] for place in range(min(FRAMES, len(sample.frames)))]
    for number in range(FRAMES * times):
        cv2.imwrite(str(pictures / f"{number:06}.png"), frames[number % len(frames)])
    clip = sample.videos.set_index("video", drop=False).loc[[sample.video]]
    file = {"file": [0], "path": [str(pictures.absolute())], "kind": ["images"], "sha256": [""]}
    numbers = range(FRAMES * times)
    shown = pd.DataFrame({"video": sample.video, "frame": numbers, "file": 0, "stamp": numbers})
    write_table(folder / "footage/files.parquet", pd.DataFrame(file), FILES)
    write_table(folder / "footage/pictures.parquet", shown, PICTURES)
    return next(clip.assign(frames=FRAMES * times).itertuples(index=False)), folder
