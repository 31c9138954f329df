"""Which part of the footage is normal to learn from, which is kept to calibrate by, and which is searched."""

import math
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from stages.common.running.errors import InputError
from stages.footage.clips import Clip

# Clips into which the normal part of a recording is cut, so that some of it can be held out.
NORMAL_PARTS = 4


class Span(NamedTuple):
    """Frames of a file or folder that are a clip's: `frames` of them, from `first` on, every `step`-th."""

    first: int
    step: int
    frames: int


def split_recordings(clips: list[Clip], normal_clips: list[str], normal_share: float) -> list[Clip]:
    """Recordings that nobody has sorted, as clips for training, NORMAL_PARTS of each, and for the search.

    The named ones are normal and the others are searched; or, where none is named, the first part of each is normal.

    Raises:
        InputError: a named clip is no recording, or none is left to search.
    """
    recordings = [clip for clip in clips if clip.split == "recording"]
    names = [clip.name for clip in recordings]
    unknown = sorted(set(normal_clips) - set(names))
    if not recordings and not unknown:
        return clips
    if unknown or set(normal_clips) == set(names):
        wrong = f"{unknown[0]!r} is no recording" if unknown else "no recording is left to search"
        raise InputError(f"params.yaml: footage.normal_clips: {wrong}; known: {names}")
    if normal_clips:
        searched = [replace(clip, split="test") for clip in recordings if clip.name not in normal_clips]
        normal = [clip for clip in recordings if clip.name in normal_clips]
        return searched + [part for clip in normal for part in parts_of(clip, 1.0)[:-1]]
    return [part for clip in recordings for part in parts_of(clip, normal_share)]


def parts_of(clip: Clip, normal_share: float) -> list[Clip]:
    """The normal part of a recording in NORMAL_PARTS clips, and the rest.

    >>> [(part.name, part.part) for part in parts_of(Clip("gate", "recording", "file", None), 0.5)][-2:]
    [('gate_normal_4', (0.375, 0.5)), ('gate_rest', (0.5, 1.0))]
    """
    edges = [normal_share * part / NORMAL_PARTS for part in range(NORMAL_PARTS + 1)]
    normal = [
        replace(clip, name=f"{clip.name}_normal_{number}", split="train", part=part)
        for number, part in enumerate(pairwise(edges), 1)
    ]
    return [*normal, replace(clip, name=f"{clip.name}_rest", split="test", part=(normal_share, 1.0))]


def span_of(clip: Clip, facts: dict, start: float, end: float | None, stride: int) -> Span:
    """The frames of a clip from `start` to `end`, in seconds of its file or folder (None: its end), every `stride`-th.

    Raises:
        InputError: no frame is left.
    """
    times = facts["times"].round(6)
    begin = int(np.searchsorted(times, start))
    stop = len(times) if end is None else int(np.searchsorted(times, end))
    first, last = (begin + math.floor(round(max(0, stop - begin) * share, 6)) for share in clip.part)
    if last <= first:
        found = f"{len(times)} frames at {facts['fps']:g} per second, none of them is left for {clip.name}"
        advice = "change footage.start_seconds, footage.end_seconds or footage.normal_share"
        raise InputError(f"{clip.path}: {found}; {advice}")
    return Span(first, stride, math.ceil((last - first) / stride))


def hold_out(clips: list[Clip], share: float, named: list[str], seed: int) -> set[str]:
    """Names of the training clips kept from training, for validation and calibration (normal, like the rest).

    The named ones, or else a seeded draw of `share` of them: at least one, and at least one is left to train on.

    Raises:
        InputError: a named clip is no training clip, or there are fewer than two training clips.
    """
    names = sorted(clip.name for clip in clips if clip.split == "train")
    unknown = sorted(set(named) - set(names))
    if unknown:
        raise InputError(f"params.yaml: footage.held_out_clips: {unknown[0]!r} is no training clip; known: {names}")
    if len(names) < 2 or len(set(named)) >= len(names) > 0:
        found = f"{len(names)} training clips, {len(set(named))} of them held out"
        advice = "at least one has to be left on either side, for training and for calibration"
        raise InputError(f"footage: {found}; {advice}: cut the footage into more clips")
    if named:
        return set(named)
    count = min(max(1, round(share * len(names))), len(names) - 1)
    return set(np.random.default_rng(seed).choice(names, count, replace=False).tolist())
