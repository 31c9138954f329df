"""The frames of a set's clips, behind one door: who reads them need not know how they are stored.

A store is a folder with `<clip>.zip` of each clip and `clips.json` with the hash of each. In a clip's file are its kept
frames as JPEG or PNG, by their numbers, its backgrounds as PNG, the measures as arrays, and `clip.json` (Clip).
"""

import io
import json
import zipfile
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np

from stages.common.frames.measures import Steps
from stages.common.running.errors import InputError
from stages.common.running.files import link_or_copy, sha256

CACHED = 128 << 20  # bytes of decoded frames that are kept: what is around an object is read for the next one, too
FILE = "clip.zip"  # of a clip by itself


@dataclass
class Clip:
    """What is known about a clip's frames."""

    fps: float
    shape: list[int]  # (frames, height, width[, 3])
    spans: list[list[int]] = field(default_factory=list)  # first and stop of each stretch that is kept
    live: list[list[int]] = field(default_factory=list)  # first and stop of what is live of each of them
    backgrounds: list[list[int]] = field(default_factory=list)  # first and stop of the frames that each belongs to


class Frames:
    """The kept frames of one clip, read when they are asked for: uint8, grey (height, width) or BGR (height, width, 3).

    Attributes:
        hash: of all that is kept of the clip.
    """

    def __init__(self, store: Path, video: str, file: Path, hash: str):
        self.store, self.video, self.file, self.hash = store, video, file, hash
        self.cache: OrderedDict[str, np.ndarray] = OrderedDict()

    @cached_property
    def archive(self) -> zipfile.ZipFile:
        return zipfile.ZipFile(self.file)

    @cached_property
    def clip(self) -> Clip:
        return Clip(**json.loads(self.archive.read("clip.json")))

    @property
    def fps(self) -> float:
        """Frames of the clip's grid per second."""
        return self.clip.fps

    @property
    def shape(self) -> tuple[int, ...]:
        """(frames, height, width) or (frames, height, width, 3)."""
        return tuple(self.clip.shape)

    @cached_property
    def spans(self) -> np.ndarray:
        """First frame of each kept stretch and the first beyond, int64 (n, 2), ascending; between two of a stretch
        there is no frame that was not recorded."""
        return np.array(self.clip.spans, np.int64).reshape(-1, 2)

    @cached_property
    def live(self) -> np.ndarray:
        """What is live of each of `spans`, first frame and the first beyond, int64 (n, 2); the rest is its margins."""
        return np.array(self.clip.live, np.int64).reshape(-1, 2)

    @cached_property
    def measures(self) -> Steps:
        """What changes from each kept frame to the next; nothing (0) at the first of a stretch."""
        arrays = (np.lib.format.read_array(io.BytesIO(self.archive.read(f"{name}.npy"))) for name in Steps._fields)
        return Steps(*arrays)

    def __len__(self) -> int:
        return self.clip.shape[0]

    def __getitem__(self, number: int) -> np.ndarray:
        """Kept frame `number`, read-only; IndexError for one that is not kept."""
        self.span_of(number)
        return self.picture(f"frame_{number}")

    def span_of(self, number: int) -> tuple[int, int]:
        """First and stop of the kept stretch that a frame is in; IndexError where it is in none."""
        first, stop = place_in(self.spans, number)
        return first, stop

    def searched(self, every: int) -> np.ndarray:
        """The live frames whose number is a multiple of `every`, int64 (m,)."""
        numbers = [np.arange(-(-first // every) * every, stop, every) for first, stop in self.live]
        return np.concatenate([np.zeros(0, np.int64), *numbers])

    def background(self, number: int) -> np.ndarray:
        """The median of what is seen in the stretch of time around kept frame `number`, read-only, as a frame."""
        first, _ = place_in(self.clip.backgrounds, number)
        return self.picture(f"background_{first}")

    def picture(self, name: str) -> np.ndarray:
        if name in self.cache:
            self.cache.move_to_end(name)
            return self.cache[name]
        coded = np.frombuffer(self.archive.read(name), np.uint8)
        picture = np.asarray(cv2.imdecode(coded, cv2.IMREAD_ANYCOLOR))
        if picture.ndim > len(self.shape) - 1:
            picture = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        elif picture.ndim < len(self.shape) - 1:
            picture = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
        picture.flags.writeable = False
        self.cache[name] = picture
        if len(self.cache) > max(1, CACHED // picture.nbytes):
            self.cache.popitem(last=False)
        return picture


def place_in(stretches: Sequence, number: int) -> tuple[int, int]:
    """The one of ascending stretches (first, stop) that holds a number; IndexError where none does."""
    place = int(np.searchsorted([first for first, _ in stretches], number, side="right")) - 1
    if place < 0 or number >= stretches[place][1]:
        raise IndexError(number)
    return int(stretches[place][0]), int(stretches[place][1])


def open_frames(store: Path, video: str) -> Frames:
    """The frames of a clip of a store; InputError where there is no store, or no such clip in it."""
    if not (store / "clips.json").exists():
        raise InputError(f"{store}: not found; run `dvc repro` to make it")
    hashes = json.loads((store / "clips.json").read_text())
    if video not in hashes:
        raise InputError(f"{store}: no clip {video!r} in it; run `dvc repro` to make it anew")
    return Frames(store, video, store / f"{video}.zip", hashes[video])


class Writer:
    """Writes a clip's frames, in any order, into its file."""

    def __init__(self, archive: zipfile.ZipFile, clip: Clip, quality: int | None):
        self.archive, self.clip = archive, clip
        self.coding = (".png", []) if quality is None else (".jpg", [cv2.IMWRITE_JPEG_QUALITY, quality])

    def frame(self, number: int, frame: np.ndarray, code: bytes | None = None) -> None:
        """Keeps a frame; by `code` where there is one, the file of a picture that shows it in its size."""
        suffix, options = self.coding
        self.put(f"frame_{number}", code or cv2.imencode(suffix, frame, options)[1])

    def background(self, first: int, stop: int, background: np.ndarray) -> None:
        """Of the kept frames from first to stop; in ascending order."""
        self.put(f"background_{first}", cv2.imencode(".png", background)[1])
        self.clip.backgrounds.append([int(first), int(stop)])

    def finish(
        self, spans: Iterable[tuple[int, int]], steps: Steps, live: Iterable[tuple[int, int]] | None = None
    ) -> None:
        """What is kept, what changes in it, and what is live of each of `spans`: all of it where that is None."""
        self.clip.spans = [[int(edge) for edge in span] for span in spans]
        self.clip.live = self.clip.spans if live is None else [[int(edge) for edge in span] for span in live]
        for name, array in steps._asdict().items():
            content = io.BytesIO()
            np.lib.format.write_array(content, array)
            self.put(f"{name}.npy", content.getvalue(), zipfile.ZIP_DEFLATED)
        self.put("clip.json", json.dumps(asdict(self.clip)))

    def put(self, name: str, content, how: int = zipfile.ZIP_STORED) -> None:
        # ZipInfo has one date for all: same frames, same bytes.
        self.archive.writestr(zipfile.ZipInfo(name), content if isinstance(content, str) else bytes(content), how)


@contextmanager
def write_clip(folder: Path, fps: float, shape: Sequence[int], quality: int | None) -> Iterator[Writer]:
    """Takes a clip's frames within the block, uint8 of shape[1:], into `folder`; `finish` has to be called at its end.

    Args:
        shape: (frames, height, width[, 3]); the frames are those of the grid, kept or not.
        quality: of JPEG, 1 to 100; None keeps every bit.
    """
    with zipfile.ZipFile(folder / FILE, "w") as archive:
        yield Writer(archive, Clip(float(fps), [int(side) for side in shape]), quality)


def read_clip(folder: Path) -> Frames:
    """The frames of a clip that `write_clip` has written."""
    return Frames(folder, "", folder / FILE, "")


def fill_store(store: Path, clips: Iterable[tuple[str, Path]]) -> None:
    """Puts clips, each a name and the folder that `write_clip` filled, into an empty folder `store`."""
    hashes = {}
    for video, folder in clips:
        link_or_copy(folder / FILE, store / f"{video}.zip")
        hashes[video] = sha256(store / f"{video}.zip")
    (store / "clips.json").write_text(json.dumps(hashes, indent=0, sort_keys=True) + "\n")
