"""Frames kept in another way, behind the same door: one file, and the same results."""

import shutil
import sys
from pathlib import Path

from projects import BUSY, RUN_STAGES, copied

# Every frame a file of its own with all its bits, and what is known about the clip in another.
TOY = """
import hashlib
import pickle
from contextlib import contextmanager

import cv2
import numpy as np

from stages.common.running.files import link_or_copy


class Frames:
    def __init__(self, folder):
        self.folder = folder
        known = pickle.loads((folder / "known.pickle").read_bytes())
        self.fps, self.shape, self.spans, self.live, self.measures, self.backgrounds = known

    @property
    def hash(self):
        return hashlib.sha256(b"".join(file.read_bytes() for file in sorted(self.folder.iterdir()))).hexdigest()

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, number):
        self.span_of(number)
        return np.load(self.folder / f"{number}.npy")

    def span_of(self, number):
        for first, stop in self.spans:
            if first <= number < stop:
                return int(first), int(stop)
        raise IndexError(number)

    def searched(self, every):
        live = [number for first, stop in self.live for number in range(first, stop) if number % every == 0]
        return np.array(live, np.int64)

    def background(self, number):
        return next(picture for first, stop, picture in self.backgrounds if first <= number < stop)


class Writer:
    def __init__(self, folder, fps, shape, quality):
        self.folder, self.fps, self.shape, self.quality, self.backgrounds = folder, fps, tuple(shape), quality, []

    def frame(self, number, frame, code=None):
        np.save(self.folder / f"{number}.npy", coded(frame, self.quality))

    def background(self, first, stop, background):
        self.backgrounds.append((first, stop, background))

    def finish(self, spans, steps, live=None):
        live = spans if live is None else live
        spans, live = (np.array(list(each), np.int64).reshape(-1, 2) for each in (spans, live))
        known = self.fps, self.shape, spans, live, steps, self.backgrounds
        (self.folder / "known.pickle").write_bytes(pickle.dumps(known))


def coded(frame, quality):
    # What JPEG loses is lost here as well, so that results can be the same.
    code = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.imdecode(code, cv2.IMREAD_UNCHANGED)


@contextmanager
def write_clip(folder, fps, shape, quality):
    yield Writer(folder, fps, shape, quality)


def read_clip(folder):
    return Frames(folder)


def open_frames(store, video):
    return Frames(store / video)


def fill_store(store, clips):
    for video, folder in clips:
        (store / video).mkdir()
        for file in folder.iterdir():
            if file.suffix in (".npy", ".pickle"):
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
    for output in ("data/own/frames", "data/own/live", *READERS.values()):
        path = project.folder / output
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (project.folder / "stages/common/frames/store.py").write_text(TOY)
    project.run(sys.executable, "-c", RUN_STAGES, "own", "decode", *READERS)
    assert len(list((project.folder / "data/own/frames" / BUSY).glob("*.npy"))) == 42
    after = files(project.folder)
    assert sorted(after) == sorted(before)
    assert [name for name in before if after[name] != before[name]] == []
