"""Small real footage, and a working folder in which the real stages run as they do for a user."""

import contextlib
import json
import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterable
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

import stages.common.running.cli  # noqa: F401  it quietens the video library, which reads its setting on first use
from stages.common.drawing.h264 import write_mp4
from stages.common.frames.measures import Measure
from stages.common.frames.store import fill_store, open_frames, write_clip
from stages.common.running.errors import InputError
from stages.common.running.params import load, merged
from stages.common.tables.schemas import LABELS, OBJECTS, REGIONS, VIDEOS, read_table
from stages.common.tables.shards import Shard, write_shard
from stages.footage.settings import Footage

ROOT = Path(__file__).parents[1]
PARAMS = YAML(typ="safe").load((ROOT / "params.yaml").read_text())
# Most tests look at every picture; those of `decode.rate` and `detect.every` say so.
PARAMS["decode"]["rate"], PARAMS["detect"]["every"] = 30.0, 1
# For a section `decode`: what is still is kept, too, and nearly to the bit.
KEEP_ALL = {"gate": False, "quality": 100}


@pytest.fixture(autouse=True)
def one_thread():
    """For a conftest to import: torch has one thread in its tests, and as many as before after each."""
    import torch  # Takes seconds, which the tests of other stages need not wait.

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class AllLive(np.ndarray):
    """Frames of a clip, as an array, of which all is live: `np.stack(...).view(AllLive)`."""

    def span_of(self, number: int) -> tuple[int, int]:
        return 0, len(self)


def walking_square(count: int, height: int = 48, width: int = 64, seed: int = 0) -> list[np.ndarray]:
    """Frames, uint8 BGR, in which a bright square of 10x20 pixels goes 3 pixels to the right per frame over noise."""
    rng = np.random.default_rng(seed)
    ground = rng.integers(90, 130, (height, width, 3)).astype(np.uint8)
    frames = []
    for index in range(count):
        frame = ground.copy()
        frame[14:34, 3 * index : 3 * index + 10] = (200, 220, 240)
        frames.append(frame)
    return frames


def still(count: int, height: int = 48, width: int = 64, seed: int = 0) -> list[np.ndarray]:
    """Frames, uint8 BGR, in which nothing moves."""
    return [np.random.default_rng(seed).integers(90, 130, (height, width, 3)).astype(np.uint8)] * count


def drawn_picture() -> np.ndarray:
    """A picture, uint8 BGR (64, 64, 3), whose channels differ, with something upright in it."""
    down, across = np.mgrid[:64, :64]
    picture = np.stack([4 * across, 255 - 4 * down, 2 * (down + across)], axis=2).astype(np.uint8)
    picture[16:56, 24:40] = (30, 60, 200)
    return picture


def write_pictures(folder: Path, frames: Iterable[np.ndarray], name: str = "{:03d}.png") -> Path:
    folder.mkdir(parents=True)
    for index, frame in enumerate(frames):
        assert cv2.imwrite(str(folder / name.format(index)), frame)
    return folder


def write_video(path: Path, frames: Iterable[np.ndarray], fps: float = 10) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_mp4(path, frames, fps)
    return path


def write_avi(path: Path, frames: list[np.ndarray], fps: float = 10) -> Path:
    """Motion JPEG: every frame a picture of its own, so that what is left of a file that was cut off can be read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = frames[0].shape[:2]
    video = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), fps, (width, height))
    assert video.isOpened()
    for frame in frames:
        video.write(frame)
    video.release()
    return path


def store_frames(store: Path, live: dict[str, list] | None = None, /, **clips: np.ndarray) -> Path:
    """A store of frames as `decode` leaves it, of clips by name, uint8 (frames, H, W[, 3]) each, to the bit.

    10 frames a second, all of them live; of clips in `live` those from first to stop of each span.
    """
    pieces = {video: store.with_name(f"{store.name}_{video}") for video in clips}
    for video, piece in pieces.items():
        piece.mkdir(parents=True)
        frames, measured = clips[video], Measure()
        spans = (live or {}).get(video, [(0, len(frames))] if len(frames) else [])
        with write_clip(piece, 10.0, frames.shape, quality=None) as writer:
            for first, stop in spans:
                for number in range(first, stop):
                    writer.frame(number, frames[number])
                    measured.add(frames[number], first=number == first)
                writer.background(first, stop, np.median(frames[first:stop], axis=0).astype(np.uint8))
            writer.finish(spans, measured.steps())
    store.mkdir()
    fill_store(store, pieces.items())
    return store


class Spanned:
    """Frames of a clip, uint8 (frames, H, W[, 3]), without a store; these stretches of them are live, or all."""

    def __init__(self, frames: np.ndarray, *spans: tuple[int, int]):
        self.frames, self.shape, self.spans = frames, frames.shape, spans or ((0, len(frames)),)

    def span_of(self, number: int) -> tuple[int, int]:
        return next(span for span in self.spans if span[0] <= number < span[1])

    def __getitem__(self, number: int) -> np.ndarray:
        self.span_of(number)
        return self.frames[number]


def as_stored(tubes: np.ndarray) -> np.ndarray:
    """Tubes (N, frames, side, side, channels) as they come back out of a shard."""
    with TemporaryDirectory() as folder:
        write_shard(Path(folder) / "a.tubes", tubes, tubes.shape[1:])
        return Shard(Path(folder) / "a.tubes")[:]


def cut_off(path: Path, share: float) -> None:
    """Leaves the first `share` of a file's bytes."""
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])


class Counted(np.ndarray):
    """An array that counts the numbers that calculations on it, or on what comes of it, go through.

    So a test sees how work grows without a clock.
    """

    @classmethod
    def of(cls, array: np.ndarray) -> "Counted":
        counted = np.asarray(array).view(cls)
        counted.sizes = []
        return counted

    def __array_finalize__(self, origin: np.ndarray | None) -> None:
        self.sizes = getattr(origin, "sizes", [])

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **options):
        plain = [each.view(np.ndarray) if isinstance(each, Counted) else each for each in inputs]
        self.sizes.append(max(np.size(each) for each in plain))
        return getattr(ufunc, method)(*plain, **options)

    def count(self) -> int:
        return sum(self.sizes)


def tree(folder: Path) -> dict[str, bytes]:
    """All files below a folder by name, hidden ones too."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


class Project:
    """A folder with the stages' code and parameters, as after a checkout.

    Attributes:
        source: the source folder of the set `mine`, in which the tests put their footage.
    """

    def __init__(self, root: Path, capfd: pytest.CaptureFixture):
        self.root = root
        self.capfd = capfd
        self.source = root / "data/raw/mine"
        self.source.mkdir(parents=True)
        (root / "stages").symlink_to(ROOT / "stages")
        self.tree = merged(deepcopy(PARAMS), {"machine": {"workers": 1}, "sets": {"mine": {}}})
        self.write_params(self.tree)

    def copy_stages(self) -> Path:
        """Puts a copy of `stages/` into the place of the link to it, for a test to change; run it apart."""
        (self.root / "stages").unlink()
        ignored = shutil.ignore_patterns("__pycache__")
        return Path(shutil.copytree(ROOT / "stages", self.root / "stages", ignore=ignored))

    def write_params(self, content: object) -> None:
        """JSON is YAML, and keeps whatever a test wants to be there."""
        (self.root / "params.yaml").write_text(content if isinstance(content, str) else json.dumps(content))

    def params(self, **changes: dict) -> None:
        """Lays `changes`, by section, over params.yaml."""
        self.tree = merged(self.tree, changes)
        self.write_params(self.tree)

    def add_normal_clips(self) -> None:
        """Two training clips and an empty test folder, in the layout of own footage."""
        for index in range(2):
            write_pictures(self.source / f"train/normal_{index}", still(2, seed=index))
        (self.source / "test").mkdir(exist_ok=True)

    def start(self, stage: str, name: str = "mine", **options) -> subprocess.Popen:
        """`python -m stages.<stage> <name>`, in a process of its own."""
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen([sys.executable, "-m", f"stages.{stage}", name], cwd=self.root, **pipes, **options)

    def attempt(self, stage: str, name: str = "mine") -> tuple[int, str, str]:
        """Exit status, stdout and stderr of the same command within this process, for the second that a start costs.

        What libraries write past Python is in it too.
        """
        self.capfd.readouterr()
        with contextlib.chdir(self.root), pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", [stage, name])
            patch.delitem(sys.modules, f"stages.{stage}.__main__", raising=False)
            try:
                runpy.run_module(f"stages.{stage}", run_name="__main__", alter_sys=True)
                code = None
            except SystemExit as end:
                code = end.code
        out, err = self.capfd.readouterr()
        # A text is what Python prints before it ends with 1.
        return (1, out, f"{err}{code}\n") if isinstance(code, str) else (code or 0, out, err)

    def run(self, *stages: str, name: str = "mine") -> None:
        """Runs stages that have to succeed."""
        for stage in stages:
            status, out, err = self.attempt(stage, name)
            assert status == 0, err
            assert out.startswith(f"{stage}@{name}: ") and out.count("\n") == 1

    def run_apart(self, *stages: str) -> None:
        """The same, each in a process of its own, as worker processes need it."""
        for stage in stages:
            process = self.start(stage)
            _, err = process.communicate(timeout=120)
            assert process.returncode == 0, err

    def refusal(self, stage: str, name: str = "mine") -> str:
        """The one line with which a stage refuses; what earlier runs left is still there, and nothing else."""
        before = self.made()
        status, out, err = self.attempt(stage, name)
        lines = [line for line in err.splitlines() if not line.startswith("  video ")]  # the progress
        assert (status, out, len(lines)) == (1, "", 1), err
        start = f"{stage}@{name}: "
        assert lines[0].startswith(start)
        assert self.made() == before
        return lines[0].removeprefix(start)

    def refused(self, **changes: dict) -> str:
        """What the first stage says of parameters that are no good, and with it every other."""
        self.params(**changes)
        with pytest.raises(InputError) as refusal:
            load("footage", Footage, "mine", self.root / "params.yaml")
        assert "\n" not in str(refusal.value)
        return str(refusal.value).removeprefix(f"{self.root}/params.yaml: ").removeprefix("set mine: ")

    def made(self) -> dict[str, bytes]:
        """What the stages have made, pieces aside."""
        return {name: content for name, content in tree(self.root).items() if name.startswith(("data/mine", "models"))}

    def leave_earlier_outputs(self) -> None:
        """Outputs as of an earlier run, for a stage that fails to leave alone."""
        for folder in ("data/mine/footage", "data/mine/frames", "data/mine/detections", "models/mine/weights/detector"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
            (self.root / folder / "earlier").write_text(folder)

    def videos(self) -> pd.DataFrame:
        return read_table(self.root / "data/mine/footage/videos.parquet", VIDEOS)

    def labels(self) -> pd.DataFrame:
        return read_table(self.root / "data/mine/footage/labels.parquet", LABELS)

    def regions(self) -> pd.DataFrame:
        return read_table(self.root / "data/mine/footage/regions.parquet", REGIONS)

    def frames(self, video: str) -> AllLive:
        return np.stack(open_frames(self.root / "data/mine/frames", video)).view(AllLive)

    def detections(self) -> pd.DataFrame:
        return read_table(self.root / "data/mine/detections/objects.parquet", OBJECTS)
