"""Clips as they lie in a source folder: which files and folders of pictures there are."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
import pandas as pd

from stages.common.running.errors import InputError
from stages.common.source.pictures import IMAGE_SUFFIXES, images_in, visible
from stages.common.source.videos import opened, picture_stream
from stages.footage.clocks import stem_of

# Files of these names are videos, also where they cannot be read; of others the content tells.
VIDEO_SUFFIXES = set(
    ".264 .265 .3g2 .3gp .asf .avi .dav .divx .f4v .flv .h264 .h265 .hevc .m2ts .m2v .m4v .mjpeg .mjpg .mkv .mov .mp4 "
    ".mpeg .mpg .mts .mxf .ogv .ts .vob .webm .wmv".split()
)
# FFmpeg takes texts and pictures for videos, too.
OTHER_SUFFIXES = IMAGE_SUFFIXES | set(
    ".aac .ass .csv .dat .db .gif .heic .htm .html .idx .ini .json .log .m .m4a .mat .md .md5 .mp3 .npy .npz .ogg .pdf "
    ".py .sha256 .srt .sub .sup .thm .tmp .toml .txt .vtt .wav .webp .xml .yaml .yml .zip".split()
)
OTHER_FORMATS = {"image2", "tty", "gif", "apng", "webp", "svg_pipe", "concat", "hls", "lavfi"}
# What file servers and operating systems put beside footage.
ODD = ("@", "#", "$", "lost+found", "System Volume Information")
# What may lie beside the footage in the source folder.
TRUTH = ("labels", "tracks")


@dataclass(frozen=True)
class Clip:
    """A video or folder of pictures. split: train, test, or recording, of which a part is normal. kind: file or images.
    path: below the source. view: which scene of several it shows, "" where there is one."""

    name: str
    split: str
    kind: str
    path: Path
    view: str = ""

    @property
    def own_name(self) -> str:
        """What its publisher calls the clip: the name of its folder, or of its file without the suffix."""
        return self.path.name if self.kind == "images" else stem_of(self.path)


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
        elif is_video(path):
            clips.append(Clip(prefix + path.stem, split, "file", below))
    return clips


def own_clips(source: Path, folder: Path, split: str, leave_out: Collection[str] = ()) -> list[Clip]:
    """The videos and folders of pictures in and below `folder`, however deep; pictures beside videos show only these.

    A single picture is a clip where somebody has sorted it into train/ or test/.
    """
    clips = []
    for path in visible(folder):
        if path.name.startswith(ODD) or path.name in leave_out:
            continue
        below = path.relative_to(source)
        if not path.is_dir():
            if is_video(path):
                clips.append(Clip(stem_of(path), split, "file", below))
        elif found := own_clips(source, path, split):
            clips += found
        elif len(images_in(path)) > (split == "recording"):
            clips.append(Clip(path.name, split, "images", below))
    return clips


def is_video(path: Path) -> bool:
    """Whether a file is meant to be a video, by its suffix, or else by its content."""
    suffix = path.suffix.lower()
    return suffix in VIDEO_SUFFIXES or (
        suffix not in OTHER_SUFFIXES and path.is_file() and holds_video(path.absolute())
    )


@cache
def holds_video(path: Path) -> bool:
    try:
        with opened(path) as container:
            name = container.format.name
            return bool(picture_stream(container).width) and name not in OTHER_FORMATS and not name.endswith("_pipe")
    except (av.error.FFmpegError, IndexError, OSError):
        return False


def distinct(clips: list[Clip]) -> list[Clip]:
    """The clips, named with their folders where two have one name, and with their suffix where that does not help."""
    for longer in (lambda path: "_".join(path.with_name(stem_of(path)).parts), lambda path: "_".join(path.parts)):
        many = Counter(clip.name for clip in clips)
        clips = [replace(clip, name=longer(clip.path)) if many[clip.name] > 1 else clip for clip in clips]
    return clips


def left_out(source: Path, paths: Iterable[Path], own: bool) -> str:
    """What lies beside clips' `paths` and in the source folder, and is neither a clip nor ground truth: in words.

    Own footage is looked for in all folders.
    """
    taken = {source / path for path in paths}
    folders = {path.parent for path in taken}
    files: list[Path] = []
    for folder in [source] if own else {source, *folders}:
        for path in visible(folder):
            if path in taken or path.name in TRUTH or path.name.endswith(("_gt", ".m")):
                continue
            if path.is_file():
                files.append(path)
            elif own or folder in folders:
                files += (file for file in untaken(path, taken) if own or file not in taken)
    return f"; left out: {kinds(files, {source, *folders})}" if files else ""


def untaken(folder: Path, taken: set[Path]) -> Iterator[Path]:
    for path in visible(folder) if not folder.name.startswith(ODD) else ():
        if path.is_dir() and path not in taken:
            yield from untaken(path, taken)
        elif path not in taken:
            yield path


def kinds(files: Iterable[Path], folders: Collection[Path]) -> str:
    """How many files of each kind there are, and whether they lie deeper than in these folders.

    >>> kinds([Path("a/b.ts"), Path("a/c.TS"), Path("a/d/e.mp4")], [Path("a")])
    '2 .ts, 1 .mp4 in sub-folders'
    """
    places = [(file.suffix.lower() or "without a suffix", file.parent in folders) for file in files]
    said = [kind if near else f"{kind} in sub-folders" for kind, near in places]
    return ", ".join(f"{count} {kind}" for kind, count in Counter(sorted(said)).most_common()) or "nothing"
