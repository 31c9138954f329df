"""Clips as they lie in a source folder, and what is found out about each."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pandas as pd

from stages.common.running.errors import InputError
from stages.common.running.files import sha256
from stages.common.source.pictures import IMAGE_SUFFIXES, files_below, images_in, visible

VIDEO_SUFFIXES = {".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v"}


@dataclass(frozen=True)
class Clip:
    """A clip, or a part of it. split: train, test, or recording, which is to be split into both. kind: file or images.
    path: below the source. part: from where to where it goes, as shares of the file or folder."""

    name: str
    split: str
    kind: str
    path: Path
    part: tuple[float, float] = (0.0, 1.0)

    @property
    def own_name(self) -> str:
        """What its publisher calls the clip: the name of its folder, or of its file without the suffix."""
        return self.path.name if self.kind == "images" else self.path.stem


class Truth(NamedTuple):
    """What a data set says about one test clip; None where it says nothing. labels: bool (frames,), True where
    anomalous. regions: columns track, frame, x1, y1, x2, y2, type."""

    labels: np.ndarray | None
    regions: pd.DataFrame | None


def clips_in(source: Path, folder: Path, split: str, prefix: str = "", leave_out: Collection[Path] = ()) -> list[Clip]:
    """The videos and folders of pictures directly below `folder`, but for some paths, as clips."""
    clips = []
    for path in visible(folder):
        below = path.relative_to(source)
        if below in leave_out:
            continue
        if path.is_dir() and not images_in(path):
            advice = f"remove it or fill it with {sorted(IMAGE_SUFFIXES)}; videos in it go into {folder}"
            raise InputError(f"{path}: a folder without pictures; {advice}")
        if path.is_dir():
            clips.append(Clip(prefix + path.name, split, "images", below))
        elif path.suffix.lower() in VIDEO_SUFFIXES:
            clips.append(Clip(prefix + path.stem, split, "file", below))
    return clips


def left_out(source: Path, clips: list[Clip]) -> str:
    """What lies beside the clips and in the source folder itself, and is neither a clip nor ground truth: in words."""
    taken = {source / clip.path for clip in clips}
    folders = {path.parent for path in taken}
    files: list[Path] = []
    for folder in {source, *folders}:
        for path in visible(folder):
            if path in taken or path.name in ("labels", "tracks") or path.name.endswith(("_gt", ".m")):
                continue
            if path.is_file():
                files.append(path)
            elif folder in folders:
                files += files_below(path)
    return f"; left out: {kinds(files, {source, *folders})}" if files else ""


def kinds(files: Iterable[Path], folders: Collection[Path]) -> str:
    """How many files of each kind there are, and whether they lie deeper than in these folders.

    >>> kinds([Path("a/b.ts"), Path("a/c.TS"), Path("a/d/e.mp4")], [Path("a")])
    '2 .ts, 1 .mp4 in sub-folders'
    """
    places = [(file.suffix.lower() or "without a suffix", file.parent in folders) for file in files]
    said = [kind if near else f"{kind} in sub-folders" for kind, near in places]
    return ", ".join(f"{count} {kind}" for kind, count in Counter(sorted(said)).most_common()) or "nothing"


def probe(path: Path, kind: str, images_fps: float) -> dict:
    """Frames, times, fps, width, height and sha256 of a clip; the frames are counted, not believed.

    The times are float64 (frames,), in seconds from the first frame; fps is their mean rate.

    Raises:
        InputError: no video, no frame, or fewer frames than the file's own header promises.
    """
    times, fps, width, height = probe_images(path, images_fps) if kind == "images" else probe_file(path)
    return {"frames": len(times), "times": times, "fps": fps, "width": width, "height": height, "sha256": sha256(path)}


def probe_images(folder: Path, fps: float) -> tuple[np.ndarray, float, int, int]:
    pictures = images_in(folder)
    if not pictures:
        raise InputError(f"{folder}: no pictures; expected {sorted(IMAGE_SUFFIXES)}")
    first = cv2.imread(str(pictures[0]))
    if first is None:
        raise InputError(f"{pictures[0]}: cannot be read as a picture; replace it")
    return np.arange(len(pictures)) / fps, fps, first.shape[1], first.shape[0]


def probe_file(path: Path) -> tuple[np.ndarray, float, int, int]:
    video = cv2.VideoCapture(str(path))
    try:
        promised, fps = video.get(cv2.CAP_PROP_FRAME_COUNT), video.get(cv2.CAP_PROP_FPS)
        seconds = []
        while video.grab():
            seconds.append(video.get(cv2.CAP_PROP_POS_MSEC) / 1000)
        if not seconds:
            raise InputError(f"{path}: no frame can be read; it is no video, or it was cut off: copy it again")
        frames, times = len(seconds), steady_times(np.array(seconds), fps)
        # Containers count one or two frames differently, and some take the count from the length, wrongly where the
        # rate varies; a file that was cut off lacks far more of both.
        enough = promised * 0.98 - 2
        if frames < enough and times[-1] * fps < enough:
            found = f"its header promises {promised:.0f} frames, {frames} can be read"
            raise InputError(f"{path}: truncated: {found}; copy it again, or re-encode what is left")
        width, height = (int(video.get(side)) for side in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        return times, mean_rate(times, fps), width, height
    finally:
        video.release()


def steady_times(seconds: np.ndarray, fps: float) -> np.ndarray:
    """Times (frames,) from the first frame on; by the rate alone where a file's own do not increase."""
    increasing = (np.diff(seconds) > 0).all()
    return seconds - seconds[0] if increasing else np.arange(len(seconds)) / fps


def mean_rate(times: np.ndarray, fps: float) -> float:
    """Frames per second: what the file says of itself, or where its times (frames,) say otherwise, their mean.

    >>> mean_rate(np.arange(50) / 25, 25.0), mean_rate(np.array([0.0, 0.1, 2.0]), 25.0)
    (25.0, 1.0)
    """
    mean = (len(times) - 1) / times[-1] if len(times) > 1 else fps
    return fps if abs(mean - fps) < 0.01 * fps else round(float(mean), 3)
