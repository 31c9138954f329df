"""Time and memory of RBDC and TBDC at the size of ShanghaiTech's test set.

    python -m benchmarks.region_metrics [FOLDER]

FOLDER holds track files (see `tables/track_files.py`); without it, tracks of that size are made up. The detections
are made up in either case: some near the regions, the others anywhere.
"""

import resource
import sys
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd

from stages.common.metrics.region import area, region_track_curve
from stages.common.tables.schemas import BOX
from stages.common.tables.track_files import read_folder

FRAMES, VIDEOS, TRACKS, TRACK_LENGTH, DETECTIONS = 40_791, 107, 158, 120, 220_000
WIDTH, HEIGHT = 856, 480
RUNS = 5


def made_up_tracks(rng: np.random.Generator) -> pd.DataFrame:
    """Boxes that walk to the right, one or two tracks a video."""
    track = np.repeat(np.arange(TRACKS), TRACK_LENGTH)
    frame = np.tile(np.arange(TRACK_LENGTH), TRACKS) + rng.integers(0, 200, TRACKS)[track]
    x = rng.integers(0, WIDTH // 2, TRACKS)[track] + frame
    y = rng.integers(0, HEIGHT // 2, TRACKS)[track]
    video = np.char.mod("%03d", track % VIDEOS)
    return pd.DataFrame({"video": video, "track": track, "frame": frame, "x1": x, "y1": y, "x2": x + 40, "y2": y + 90})


def made_up_detections(rng: np.random.Generator, regions: pd.DataFrame) -> pd.DataFrame:
    """One box in eight is a region moved a little; the others lie anywhere and score lower on average."""
    near = regions.sample(DETECTIONS // 8, replace=True, random_state=rng)[["video", "frame", *BOX]]
    near[BOX] += rng.normal(0, 10, (len(near), 2))[:, [0, 1, 0, 1]]
    count = DETECTIONS - len(near)
    x, y = rng.uniform(0, WIDTH - 40, count), rng.uniform(0, HEIGHT - 90, count)
    frames = regions.groupby("video")["frame"].max() + 1  # no box beyond a video's last region
    names = rng.choice(frames.index, count)
    frame = rng.integers(0, frames[names])
    far = pd.DataFrame({"video": names, "frame": frame, "x1": x, "y1": y, "x2": x + 40, "y2": y + 90})
    score = np.append(rng.normal(2, 1, len(near)), rng.normal(0, 1, count))
    return pd.concat([near, far], ignore_index=True).assign(score=score)


def main(arguments: list[str]) -> None:
    rng = np.random.default_rng(0)
    regions = read_folder(Path(arguments[0])) if arguments else made_up_tracks(rng)
    detections = made_up_detections(rng, regions)
    tracks = len(regions[["video", "track"]].drop_duplicates())
    print(f"{len(detections):,} detections, {len(regions):,} regions, {tracks} tracks, {FRAMES:,} frames")

    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        curve = region_track_curve(detections, regions, FRAMES)
        seconds.append(time.perf_counter() - start)
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    tracemalloc.start()  # apart from the timed runs, which it slows
    region_track_curve(detections, regions, FRAMES)
    allocated = tracemalloc.get_traced_memory()[1] / 2**20
    rbdc, tbdc = area(curve)
    print(f"RBDC {rbdc:.4f}, TBDC {tbdc:.4f}")
    print(f"best of {RUNS}: {min(seconds):.3f} s, median {np.median(seconds):.3f} s")
    print(f"peak memory: {allocated:.0f} MiB allocated by the call, {resident:.0f} MiB resident in all")


if __name__ == "__main__":
    main(sys.argv[1:])
