"""Frames kept in another way, behind the same door: one file, and the same results."""

import shutil
import sys
from pathlib import Path

from projects import BUSY, RUN_STAGES, copied

# Every frame a PNG file.
TOY = """
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from stages.common.running.files import link_or_copy, sha256


class Frames(Sequence):
    def __init__(self, store: Path, video: str):
        self.files = sorted((store / video).glob("*.png"))
        self.hash = sha256(store / video)
        self.shape = (len(self.files), *self[0].shape)
        table = pd.read_parquet(store / "times.parquet")
        self.times = table[table["video"] == video].sort_values("frame")["seconds"].to_numpy()

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, place: int) -> np.ndarray:
        return cv2.imread(str(self.files[place]), cv2.IMREAD_UNCHANGED)


def open_frames(store, video):
    return Frames(store, video)


def write_frames(folder, frames, shape):
    count = 0
    for frame in frames:
        cv2.imwrite(str(folder / f"{count:06}.png"), frame)
        count += 1
    return count


def fill_store(store, clips, times):
    times.to_parquet(store / "times.parquet")
    for video, folder in clips:
        (store / video).mkdir()
        for file in folder.iterdir():
            link_or_copy(file, store / video / file.name)
"""
READERS = {
    "detect": "data/own/detections",
    "velocity": "data/own/velocity.parquet",
    "tubes": "data/own/tubes",
    "sheets": "report/sheets/own",
    "report": "report/own",
}


def files(folder: Path) -> dict[str, bytes]:
    """All that the readers of frames have made, but for the page, which tells the time of each stage."""
    paths = [path for output in READERS.values() for path in [folder / output, *(folder / output).rglob("*")]]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths if path.is_file()}


def test_frames_may_be_kept_in_another_way(own, tmp_path):
    project = copied(own, tmp_path / "project")
    before = files(project.folder)
    assert len(before) > 15
    for output in ("data/own/frames", *READERS.values()):
        path = project.folder / output
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (project.folder / "stages/common/frames/store.py").write_text(TOY)
    project.run(sys.executable, "-c", RUN_STAGES, "own", "decode", *READERS)
    assert len(list((project.folder / "data/own/frames" / BUSY).glob("*.png"))) == 42
    after = files(project.folder)
    assert sorted(after) == sorted(before)
    assert [name for name in before if after[name] != before[name]] == []
