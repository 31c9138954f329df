"""What a file of footage holds, from its packets alone: which pictures, when, and what is wrong with it."""

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import av
import cv2
import numpy as np

from stages.common.running.files import sha256
from stages.common.source.pictures import images_in
from stages.common.source.videos import opened, packets, picture_stream, read_pictures

JUMP = 3600.0  # seconds by which a clock that goes forward has jumped


@dataclass(frozen=True)
class Probe:
    """The pictures of a file or folder in the order in which they are shown, from the first that can be decoded on."""

    kind: str = "file"  # FILES.kind
    sha256: str = ""
    width: int = 0  # of the pictures, upright
    height: int = 0
    rate: float = 0.0  # pictures a second as the file tells it, 0 where it does not
    start: float = 0.0  # of `seconds`, at which a player begins to count
    lacks: float = 0.0  # seconds that its header promises and that are not there
    breaks: tuple[int, ...] = ()  # pictures before which the clock jumps
    created: str = ""  # when, as its metadata tell
    wrong: str = ""  # why nothing of it can be read; the rest is as above, then
    stamps: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))  # PICTURES.stamp
    seconds: np.ndarray = field(default_factory=lambda: np.zeros(0))  # by the file's clock; empty where it has none

    def save(self, folder: Path) -> None:
        facts = {key: value for key, value in asdict(self).items() if key not in ("stamps", "seconds")}
        (folder / "facts.json").write_text(json.dumps(facts))
        np.save(folder / "stamps.npy", self.stamps)
        np.save(folder / "seconds.npy", self.seconds)


def load_probe(folder: Path) -> Probe:
    facts = json.loads((folder / "facts.json").read_text())
    arrays = {name: np.load(folder / f"{name}.npy") for name in ("stamps", "seconds")}
    return Probe(**{**facts, **arrays, "breaks": tuple(facts["breaks"])})


def write_probe(path: Path, kind: str, folder: Path) -> None:
    """Leaves what there is to know about a file or folder of pictures in `folder`."""
    (probe_images(path) if kind == "images" else probe_video(path)).save(folder)


def probe_images(path: Path) -> Probe:
    files = images_in(path)
    image = cv2.imread(str(files[0])) if files else None
    if image is None:
        return Probe("images", sha256(path), wrong="its first picture cannot be read")
    size = {"width": image.shape[1], "height": image.shape[0]}
    return Probe("images", sha256(path), stamps=np.arange(len(files)), **size)


def probe_video(path: Path) -> Probe:
    if not path.exists():
        return Probe(wrong="it is a link to nothing")
    hashed = sha256(path)
    if not path.stat().st_size:
        return Probe(sha256=hashed, wrong="it is empty")
    try:
        found = index(path)
    except (av.error.FFmpegError, IndexError, OSError):
        return Probe(sha256=hashed, wrong="it is no video, or it was cut off before its index was written")
    if not found.wrong:
        found = with_size(path, found)
    return replace(found, sha256=hashed)


def with_size(path: Path, found: Probe) -> Probe:
    """With the size of the first picture that can be decoded: only that tells how it is to be turned."""
    tried = found.stamps[np.unique(np.linspace(0, len(found.stamps) - 1, 5).astype(int))]
    for _, picture, _ in read_pictures(path, found.kind, tried):
        if isinstance(picture, np.ndarray):
            return replace(found, height=picture.shape[0], width=picture.shape[1])
        if picture is not None:
            return replace(found, height=picture.height, width=picture.width)
    return Probe(wrong="none of its pictures can be decoded")


def index(path: Path) -> Probe:
    """What the packets tell; FFmpegError or IndexError where there is no video."""
    with opened(path) as container:
        stream = picture_stream(container)
        tick, codec = float(stream.time_base), stream.codec_context.name
        rows = [(p.pts, p.dts, p.is_keyframe, p.is_discard) for p in packets(container, stream) if p.size]
        # An AVI tells when a picture is decoded and not when it is shown; the two differ in these.
        untold = container.format.name == "avi" and codec in ("h264", "hevc")
        told = stream.codec_context.framerate or stream.average_rate
        rate = float(told) if told else 0.0
        if all(pts is None for pts, *_ in rows):
            rate = float(stream.guessed_rate or 0) if stream.codec_context.framerate else 0.0
        begins, created = container.start_time, container.metadata.get("creation_time", "")
        promised = promised_end(container, stream)
    if 0 < sum(row[0] is None for row in rows) < 0.1 * len(rows):
        rows = [row for row in rows if row[0] is not None]  # What damage has left without a time is not shown.
    keys = [row[2] for row in rows]
    if not any(keys):
        return Probe(wrong="it has no key frame" if rows else "it holds no picture")
    early, facts = keys.index(True), {"rate": rate, "created": created}
    counted = early + np.arange(len(rows) - early)
    pts, dts = ([row[column] for row in rows[early:]] for column in (0, 1))
    if untold or None in pts:
        known = None not in dts
        seconds = np.sort(np.array(dts)) * tick if known else np.zeros(0)
        return Probe("counted", stamps=counted, seconds=seconds, start=seconds[0] if known else 0.0, **facts)
    stamps, order, breaks, back = in_order(np.array(pts), dts, np.array(keys[early:]), tick)
    if len(np.unique(stamps)) < 0.9 * len(stamps) and len(breaks) > len(stamps) / 50:
        return Probe("counted", stamps=counted, **facts)  # Times that mostly stand still or go back are none.
    # What the user has cut away by an edit list is not shown; nor can be what is shown before the first key frame.
    shown = ~np.array([row[3] for row in rows[early:]])[order]
    shown[: breaks[0] if breaks else None] &= stamps[: breaks[0] if breaks else None] >= pts[0]
    if not back:
        shown[1:] &= np.diff(stamps) > 0
    places = np.cumsum(shown)
    facts |= {"breaks": tuple(int(places[place - 1]) for place in breaks)}
    seconds, all_seconds = stamps[shown] * tick, np.array(pts) * tick
    if not len(seconds):
        return Probe(wrong="it holds no picture")
    start = begins / av.time_base if begins is not None else seconds[0]
    ends = all_seconds.max() + (np.median(np.diff(np.sort(all_seconds))) if len(pts) > 1 else 1 / (rate or 1))
    lacks = promised(all_seconds.min()) - float(ends)
    facts |= {"start": float(start), "lacks": 0.0 if breaks else max(0.0, round(lacks, 6))}
    stamps = counted[shown] if back else stamps[shown]
    return Probe("counted" if back else "file", stamps=stamps, seconds=seconds, **facts)


def in_order(pts: np.ndarray, dts: list[int | None], keys: np.ndarray, tick: float) -> tuple:
    """Stamps, int64 (n,), of pictures in the order in which they are shown, and which of the packets each is.

    And the places in that order before which the clock jumps, by an hour or more or back; and whether one goes back.
    What is decoded before a key frame is shown before it, and times of decoding do not go back.
    """
    decoded = np.array([np.nan if at is None else at for at in dts])
    back = decoded[1:] < decoded[:-1]
    if np.isnan(decoded).mean() > 0.1:
        back = keys[1:] & (pts[1:] <= np.maximum.accumulate(pts)[:-1])
    edges = [0, *(np.flatnonzero(back) + 1).tolist(), len(pts)]
    parts = [first + np.argsort(pts[first:stop], kind="stable") for first, stop in zip(edges, edges[1:], strict=False)]
    order = np.concatenate(parts)
    steps = np.diff(pts[order]) * tick
    steps[np.array(edges[1:-1], int) - 1] = np.inf
    return pts[order], order, (np.flatnonzero(steps > JUMP) + 1).tolist(), bool(back.any())


def promised_end(container: av.container.InputContainer, stream: av.VideoStream) -> Callable[[float], float]:
    """When the video ends by its header, from when it begins; 0 where it does not tell."""
    whole = container.duration / av.time_base if container.duration else 0.0
    if stream.duration:
        own = float(stream.duration * stream.time_base)
        # An edit list may hide some of it.
        return lambda begins: begins + (min(own, whole) if whole else own)
    if tag := re.match(r"(\d+):(\d+):(\d+\.?\d*)", stream.metadata.get("DURATION", "")):
        hours, minutes, seconds = map(float, tag.groups())
        return lambda _: 3600 * hours + 60 * minutes + seconds
    alone = whole and len(container.streams) == 1  # Sound may be longer than its picture.
    return lambda begins: begins + whole if alone else 0.0
