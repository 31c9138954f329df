"""Which part of the footage is normal to learn from, which is kept to calibrate by, and which is searched."""

import re
from datetime import datetime, timedelta

import numpy as np

from stages.common.running.errors import InputError
from stages.footage.clocks import DATE
from stages.footage.timeline import Track

# Clips into which the normal time of recordings is cut at least, so that some of it can be held out; and the time that
# is searched, so that no core waits for another, unless they would be shorter than so many seconds.
PARTS, SHORT = 4, 120.0
KNOWN = 20  # names that a message tells of


def normal_of(tracks: list[Track], named: list[str], share: float) -> list[np.ndarray]:
    """Of each track, which of its pictures are normal, bool (n,), where nobody has sorted the recordings.

    Args:
        named: recordings, days and stretches of time that are normal; or, where there are none,
        share: the first part of all time.

    Raises:
        InputError: what is named is no recording and no time in which there was one, or nothing is left to search.
    """
    if not named:
        left = share * sum(source.length for track in tracks for source in track.sources)
        normal = []
        for track in tracks:
            steps = {source.number: source.step for source in track.sources}
            ends = np.cumsum(np.vectorize(steps.get, otypes=[float])(track.numbers)).round(6)
            normal.append(ends <= round(left, 6))
            left -= ends[-1]
        return normal
    normal = [np.zeros(len(track.seconds), bool) for track in tracks]
    known = [source.clip.name for track in tracks for source in track.sources][:KNOWN]
    for name in named:
        found = [marked(track, name) for track in tracks]
        if not any(mark.any() for mark in found):
            raise InputError(
                f"params.yaml: footage.normal: {name!r} is no recording, and no time of one; known: {known}"
            )
        normal = [mark | more for mark, more in zip(normal, found, strict=True)]
    if all(mark.all() for mark in normal):
        raise InputError(f"params.yaml: footage.normal: no recording is left to search; known: {known}")
    return normal


def marked(track: Track, name: str) -> np.ndarray:
    """Which pictures of a track are those of a recording of this name, or taken on a day or in a range of time."""
    numbers = [source.number for source in track.sources if name in (source.clip.name, source.clip.path.as_posix())]
    if numbers or track.clock is None:
        return np.isin(track.numbers, numbers)
    try:
        if DATE.fullmatch(name):
            begin = datetime(*map(int, re.findall(r"\d+", name)))
            end = begin + timedelta(days=1)
        else:
            begin, end = map(datetime.fromisoformat, name.split("/"))
    except ValueError:
        return np.zeros(len(track.seconds), bool)
    bounds = ((edge.replace(tzinfo=None) - track.clock).total_seconds() for edge in (begin, end))
    first, after = bounds
    seconds = track.seconds.round(6)
    return (seconds >= first) & (seconds < after)


def hold_out(clips: list, folds: int, share: float, named: list[str], seed: int) -> dict[str, int]:
    """The training clips that are kept from a network, for its validation and calibration (normal, like the rest), and
    which network's fold each is in: that one learns from all others.

    The named ones, in turn, or else a seeded draw of `share` of them for each fold: at least one, and at least one is
    left to train on. Fewer folds than asked for where there are too few clips.

    Raises:
        InputError: a named clip is no training clip, or there are fewer than two training clips.
    """
    names = sorted(clip.name for clip in clips if clip.split == "train")
    unknown = sorted(set(named) - set(names))
    if unknown:
        raise InputError(f"params.yaml: footage.held_out_clips: {unknown[0]!r} is no training clip; known: {names}")
    if len(names) < 2 or (folds == 1 and len(set(named)) >= len(names)):
        found = f"{len(names)} training clips, {len(set(named))} of them held out"
        advice = "at least one has to be left on either side, for training and for calibration"
        raise InputError(f"footage: {found}; {advice}: cut the footage into more clips")
    drawn = list(dict.fromkeys(named))
    if not named:
        count = min(max(1, share * len(names)) * folds, len(names) if folds > 1 else len(names) - 1)
        drawn = np.random.default_rng(seed).choice(names, round(count), replace=False).tolist()
    return {name: place % folds for place, name in enumerate(drawn)}
