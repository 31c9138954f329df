"""A rehearsal of a data set without any of its test clips: normal clips with made-up anomalies take their place.

An ordinary data set (layout ano_pred): some of the normal clips become test clips, once per kind of anomaly, each with
objects that do not belong there, drawn into the pixels; the rest stays for training. Another number draws other clips.
benchmarks/rehearse.py makes it.
"""

from pathlib import Path

import cv2
import numpy as np
from scipy.spatial import KDTree

from benchmarks.riders import RIDES, draw_ride
from stages.common.frames.light import soften
from stages.common.frames.store import open_frames
from stages.common.objects.linking import link_boxes
from stages.common.running.errors import InputError
from stages.common.running.files import folder_whole
from stages.common.running.params import load
from stages.common.running.paths import SetPaths
from stages.common.tables.schemas import VIDEOS, read_table
from stages.decode.backgrounds import SAMPLES, median_of
from stages.detect.motion import contrast, find_moving
from stages.detect.settings import Detect

# Normal clips that become test clips; anomalies per test clip; frames that an object must be seen for to be copied.
TEST_CLIPS, ANOMALIES, LEAST_FRAMES = 3, len(RIDES), 40
# sped: an object passes at 1.5 to 2.5 times its speed. skipped: it moves in irregular steps of 1 to 3 frames.
# turned: it lies on its side. foreign: in its place moves a patch of ground from elsewhere, 1 to 2 times as wide.
# ridden: in its place come a drawn bicycle, skateboard and cart, at 1 to 2.5 times its speed. elsewhere: it walks where
# nobody does.
KINDS = ("sped", "skipped", "turned", "foreign", "ridden", "elsewhere")


class Donor:
    """An object of a normal clip, cut out: its boxes and its pixels in each of its frames."""

    def __init__(self, frames: np.ndarray, times: np.ndarray, boxes: np.ndarray, background: np.ndarray, level: float):
        self.boxes = boxes.astype(int)
        self.crops, self.alphas = [], []
        for time, (x1, y1, x2, y2) in zip(times, self.boxes, strict=True):
            window = slice(y1, y2), slice(x1, x2)
            inside = (contrast(frames[time], background)[window] > level).astype(np.uint8)
            inside = cv2.morphologyEx(inside, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
            self.crops.append(np.array(frames[time][window]))
            self.alphas.append(cv2.GaussianBlur(cv2.dilate(inside, np.ones((3, 3))).astype(np.float32), (3, 3), 0))

    def __len__(self) -> int:
        return len(self.boxes)


def median_background(frames: np.ndarray) -> np.ndarray:
    """Of a whole clip, as `decode` makes them of its stretches."""
    chosen = np.unique(np.linspace(0, len(frames) - 1, SAMPLES).round().astype(int))
    return median_of([soften(frames[number]) for number in chosen])


def find_donors(frames: np.ndarray, detect: Detect) -> list[Donor]:
    """The objects that cross a clip without touching the picture's edge, seen in LEAST_FRAMES or more."""
    background = median_background(frames)
    found = [find_moving(frame, background, detect.motion) for frame in frames]
    times = np.repeat(np.arange(len(found)), [len(f.boxes) for f in found])
    boxes = np.concatenate([f.boxes for f in found])
    tracks = link_boxes(times, boxes)
    height, width = frames.shape[1:3]
    donors = []
    for track in np.unique(tracks):
        rows = np.flatnonzero(tracks == track)
        own = boxes[rows]
        inside = (own[:, :2] > 2).all(1) & (own[:, 2] < width - 2) & (own[:, 3] < height - 2)
        rows = rows[inside]
        whole = len(rows) >= LEAST_FRAMES and np.ptp(times[rows]) == len(rows) - 1
        if whole and np.ptp((boxes[rows, 0] + boxes[rows, 2]) / 2) > 0.5 * len(rows):
            donors.append(Donor(frames, times[rows], boxes[rows], background, detect.motion.contrast))
    return donors


def steps_of(kind: str, length: int, random: np.random.Generator) -> np.ndarray:
    """Which of a donor's frames are shown one after the other."""
    if kind in ("sped", "ridden"):
        return np.arange(0, length - 0.5, random.uniform(1.5 if kind == "sped" else 1.0, 2.5)).astype(int)
    if kind == "skipped":
        steps = np.cumsum(random.integers(1, 4, length))
        return steps[steps < length]
    return np.arange(length)


def entering(boxes: np.ndarray, width: int) -> np.ndarray:
    """Middles, float (n, 2), of boxes (n, 4) moved sideways: the first one is just outside the picture's edge."""
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    rightwards = middles[-1, 0] >= middles[0, 0]
    return middles + [-boxes[0, 2] if rightwards else width - boxes[0, 0], 0]


def feet_of(donors: list[Donor]) -> np.ndarray:
    """Where the donors stand, float (n, 2): the middles of the lower edges of their boxes."""
    boxes = np.concatenate([np.zeros((0, 4)), *(donor.boxes for donor in donors)])
    return np.column_stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]])


def moved_away(middles: np.ndarray, height: int, feet: np.ndarray, picture: int) -> np.ndarray:
    """Middles, float (n, 2), of something so high, moved up or down to where its feet are farthest from all `feet`,
    within a picture of so many lines."""
    tree, best = KDTree(feet), (-1.0, middles)
    for shift in range(-picture, picture, 4):
        moved = middles + [0, shift]
        foot = moved + [0, height / 2]
        if (moved[:, 1] >= height / 2).all() and (foot[:, 1] <= picture).all():
            best = max(best, (float(np.median(tree.query(foot)[0])), moved), key=lambda found: found[0])
    return best[1]


def paste(picture: np.ndarray, mask: np.ndarray, crop: np.ndarray, alpha: np.ndarray, middle: np.ndarray) -> None:
    """Draws a crop into a picture around a place, and marks its pixels in the mask; in place."""
    height, width = crop.shape[:2]
    x, y = (np.asarray(middle) - [width / 2, height / 2]).round().astype(int)
    left, top = max(0, -x), max(0, -y)
    right, bottom = min(width, picture.shape[1] - x), min(height, picture.shape[0] - y)
    if left >= right or top >= bottom:
        return
    alpha, crop = alpha[top:bottom, left:right], crop[top:bottom, left:right]
    window = slice(y + top, y + bottom), slice(x + left, x + right)
    weight = alpha.reshape(*alpha.shape, *[1] * (picture.ndim - 2))
    picture[window] = (weight * crop + (1 - weight) * picture[window]).round().astype(np.uint8)
    mask[window] |= alpha > 0.5


def patch_from_elsewhere(background: np.ndarray, width: int, height: int, random: np.random.Generator):
    """A piece of the background, turned by 90 degrees, with an oval alpha."""
    x = random.integers(0, background.shape[1] - height)
    y = random.integers(0, background.shape[0] - width)
    crop = np.rot90(background[y : y + width, x : x + height]).round()
    alpha = np.zeros((height, width), np.float32)
    cv2.ellipse(alpha, (width // 2, height // 2), (width // 2, height // 2), 0, 0, 360, 1.0, -1)
    return np.ascontiguousarray(crop), cv2.GaussianBlur(alpha, (3, 3), 0)


def changed(kind: str, crop: np.ndarray, alpha: np.ndarray, foreign: tuple) -> tuple[np.ndarray, np.ndarray]:
    """Crop and alpha of a donor in one frame as an anomaly of this kind shows them."""
    if kind == "turned":
        return np.rot90(crop), np.rot90(alpha)
    return foreign if kind == "foreign" else (crop, alpha)


def disturb(frames: np.ndarray, donors: list[Donor], kind: str, random: np.random.Generator):
    """A copy of a clip with anomalies of one kind, and their masks: uint8 (F, H, W[, 3]) and bool (F, H, W)."""
    frames = np.array(frames)
    masks = np.zeros(frames.shape[:3], bool)
    background = median_background(frames)
    for ride, number in zip(RIDES, random.choice(len(donors), ANOMALIES, replace=False), strict=True):
        donor = donors[number]
        shown = steps_of(kind, len(donor), random)
        shown = shown[: len(frames) // 3]
        begin = random.integers(0, len(frames) - len(shown))
        sides = np.median(donor.boxes[:, 2:] - donor.boxes[:, :2], axis=0).astype(int)
        wide = int(sides[0] * random.uniform(1.0, 2.0))
        foreign = patch_from_elsewhere(background, wide, int(sides[1]), random)
        middles = entering(donor.boxes[shown], frames.shape[2])
        if kind == "elsewhere":
            middles = moved_away(middles, int(sides[1]), feet_of(donors), frames.shape[1])
        if kind == "ridden":
            channels = 1 if frames.ndim == 3 else 3
            seen = draw_ride(ride, donor.boxes[shown].astype(float), channels, random)
        else:
            seen = [(*changed(kind, donor.crops[i], donor.alphas[i], foreign), 0.0) for i in shown]
        for time, ((crop, alpha, beside), middle) in enumerate(zip(seen, middles, strict=True), begin):
            paste(frames[time], masks[time], crop, alpha, middle + beside)
    return frames, masks


def write_pictures(folder: Path, frames: np.ndarray) -> None:
    folder.mkdir(parents=True)
    for number, frame in enumerate(frames):
        cv2.imwrite(str(folder / f"{number:04d}.png"), frame)


def write_set(name: str, target: Path, seed: int) -> None:
    paths, detect = SetPaths(name), load("detect", Detect, name)
    videos = read_table(paths.footage / "videos.parquet", VIDEOS)
    normal = videos[videos["split"] != "test"]["video"].tolist()
    if len(normal) < TEST_CLIPS + 2:
        raise InputError(f"{name}: {len(normal)} normal clips, expected at least {TEST_CLIPS + 2}; cut them into more")
    random = np.random.default_rng(seed)
    tests = sorted(random.choice(normal, TEST_CLIPS, replace=False).tolist())
    kept = {video: open_frames(paths.frames, video) for video in normal}
    clips = {video: np.stack([frames[number] for number in frames.searched(1)]) for video, frames in kept.items()}
    donors = {video: find_donors(clips[video], detect) for video in tests}
    counts = {video: len(found) for video, found in donors.items()}
    with folder_whole(target) as folder:
        for video in sorted(set(normal) - set(tests)):
            write_pictures(folder / "training" / "frames" / video.removeprefix("train_"), clips[video])
        for video in tests:
            # An object comes from another clip than the one it is drawn into.
            others = [donor for other in tests if other != video for donor in donors[other]]
            if len(others) < ANOMALIES:
                raise InputError(f"{name}: too few objects that cross the picture to copy: {counts}; another draw")
            for kind in KINDS:
                frames, masks = disturb(clips[video], others, kind, random)
                clip = f"{video.removeprefix('train_')}_{kind}"
                write_pictures(folder / "testing" / "frames" / clip, frames)
                write_pictures(folder / "testing" / "masks" / clip, masks.astype(np.uint8) * 255)
