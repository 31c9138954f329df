"""Clips as they lie in a source folder, and what is found out about each."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
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
    """A clip by name, or a part of it.

    Attributes:
        split: train, test, or recording: what is to be split into both.
        kind: file or images.
        path: below the source.
        part: from where to where it goes, as shares of the file or folder.
    """

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
    """What a data set says about one test clip; None where it says nothing.

    Attributes:
        labels: bool (frames,), True where the frame is anomalous.
        regions: columns track, frame, x1, y1, x2, y2, type.
    """

    labels: np.ndarray | None
    regions: pd.DataFrame | None


class Layout(NamedTuple):
    """One way in which a data set lies on disk, as three functions of its source folder."""

    matches: Callable[[Path], bool]
    clips: Callable[[Path], list[Clip]]
    truth: Callable[[Path, Clip, dict], Truth]


def clips_in(source: Path, folder: Path, split: str, prefix: str = "", leave_out: Collection[Path] = ()) -> list[Clip]:
    """The videos and folders of pictures directly below `folder`, but for some paths, as clips."""
    clips = []
    for path in visible(folder):
        below = path.relative_to(source)
        if below in leave_out:
            continue
        if path.is_dir() and not images_in(path):
            raise InputError(
                f"{path}: a folder without pictures; remove it or fill it with {sorted(IMAGE_SUFFIXES)}; videos in it "
                f"go into {folder}"
            )
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
    said = [
        f"{file.suffix.lower() or 'without a suffix'}{'' if file.parent in folders else ' in sub-folders'}"
        for file in files
    ]
    return ", ".join(f"{count} {kind}" for kind, count in Counter(sorted(said)).most_common()) or "nothing"


def probe(path: Path, kind: str, images_fps: float) -> dict:
    """Frames, times, fps, width, height and sha256 of a clip; the frames are counted, not believed.

    The times are float64 (frames,), in seconds from the first frame; fps is their mean rate.

    Raises:
        InputError: no video, no frame, or fewer frames than the file's own header promises.
    """
    facts = probe_images(path, images_fps) if kind == "images" else probe_file(path)
    return {**facts, "sha256": sha256(path)}


def probe_images(folder: Path, fps: float) -> dict:
    pictures = images_in(folder)
    if not pictures:
        raise InputError(f"{folder}: no pictures; expected {sorted(IMAGE_SUFFIXES)}")
    first = cv2.imread(str(pictures[0]))
    if first is None:
        raise InputError(f"{pictures[0]}: cannot be read as a picture; replace it")
    return {
        "frames": len(pictures),
        "times": np.arange(len(pictures)) / fps,
        "fps": fps,
        "width": first.shape[1],
        "height": first.shape[0],
    }


def probe_file(path: Path) -> dict:
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
            raise InputError(
                f"{path}: truncated: its header promises {promised:.0f} frames, {frames} can be read; "
                "copy it again, or re-encode what is left"
            )
        return {
            "frames": frames,
            "times": times,
            "fps": mean_rate(times, fps),
            "width": int(video.get(cv2.CAP_PROP_FRAME_WIDTH)),
            "height": int(video.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        }
    finally:
        video.release()


def steady_times(seconds: np.ndarray, fps: float) -> np.ndarray:
    """Times (frames,) from the first frame on; by the rate alone where a file's own do not increase."""
    if (np.diff(seconds) <= 0).any():
        return np.arange(len(seconds)) / fps
    return seconds - seconds[0]


def mean_rate(times: np.ndarray, fps: float) -> float:
    """Frames per second: what the file says of itself, or where its times (frames,) say otherwise, their mean.

    >>> mean_rate(np.arange(50) / 25, 25.0), mean_rate(np.array([0.0, 0.1, 2.0]), 25.0)
    (25.0, 1.0)
    """
    mean = (len(times) - 1) / times[-1] if len(times) > 1 else fps
    return fps if abs(mean - fps) < 0.01 * fps else round(float(mean), 3)
