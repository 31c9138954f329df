"""One pass over a clip: runs, surroundings and faults."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers import PARAMS
from scenes import noisy, scene, with_walker

from stages.common.frames.store import read_clip, write_clip
from stages.common.running.params import checked
from stages.decode import pictures
from stages.decode.__main__ import neighbours
from stages.decode.backgrounds import Backgrounds
from stages.decode.clip import Grid, Pass, joined
from stages.decode.pictures import Row
from stages.decode.settings import Decode

FPS, SCENE = 10.0, scene(60, 80)


def passed(monkeypatch, folder, frames, numbers, own=None, gone=(), **changes):
    """Frames after a pass over `frames`, grey, of which those at the places `own` have the numbers of the clip."""
    decode = checked({**PARAMS["decode"], "grey": True, **changes}, Decode, "params.yaml")

    def read_pictures(path, kind, stamps):
        for stamp in stamps:
            picture = None if stamp in gone else np.repeat(frames[stamp][..., None], 3, axis=2)
            yield stamp, picture, picture is not None

    monkeypatch.setattr(pictures, "read_pictures", read_pictures)
    own, shape = own or range(len(frames)), frames[0].shape
    grid = Grid(max(numbers, default=-1) + 1, FPS, shape[1], shape[0])
    rows = [Row(number, Path("clip"), "file", stamp) for stamp, number in enumerate(numbers)]
    backgrounds = Backgrounds(len(rows), own.start, own.stop, round(decode.background * FPS))
    with write_clip(folder, FPS, (grid.frames, *shape), None) as writer:
        clip = Pass(grid, decode, rows, own, backgrounds, writer)
        clip.read()
    return read_clip(folder), clip.faults()


def test_a_clip_without_frames(monkeypatch, tmp_path):
    clip, faults = passed(monkeypatch, tmp_path, [SCENE], [], range(0))
    assert (len(clip), clip.spans.tolist(), faults) == (0, [], [])


@pytest.mark.parametrize("gate", [False, True])
def test_spans_end_where_nothing_was_recorded(monkeypatch, tmp_path, gate):
    numbers = [*range(10), *range(15, 18), *range(40, 47)]
    frames = noisy([SCENE] * 20)
    clip, _ = passed(monkeypatch, tmp_path, frames, numbers, gate=gate, margin=5.0)
    assert clip.spans.tolist() == [[0, 10], [15, 18], [40, 47]] and len(clip) == 47
    assert all(np.array_equal(clip[number], frames[place]) for place, number in enumerate(numbers))
    assert clip.measures.change[[0, 10, 13]].tolist() == [0, 0, 0] and (clip.measures.change > 0).sum() == 17
    assert clip.background(45).shape == SCENE.shape


def test_what_is_around_a_short_clip_is_seen_and_not_kept(monkeypatch, tmp_path):
    """Who stands through the clip has come before and leaves after: no part of its background."""
    standing = SCENE.copy()
    standing[20:40, 30:38] = 20
    frames = [*[SCENE] * 12, *[standing] * 10, *[SCENE] * 12]
    clip, _ = passed(monkeypatch, tmp_path, frames, [*range(50, 62), *range(10), *range(12)], range(12, 22), gate=False)
    assert clip.spans.tolist() == [[0, 10]]
    assert np.array_equal(clip[0], standing) and np.abs(clip.background(0).astype(int) - SCENE).max() < 40


def test_faults_have_their_frames(monkeypatch, tmp_path):
    frames = noisy([SCENE] * 40 + [SCENE // 2] * 40)
    _, faults = passed(monkeypatch, tmp_path, frames, range(80), gone={3, 4, 60})
    assert [row[2:6] for row in faults] == [
        ("damaged", 3, 4, pytest.approx(0.2)),
        ("light", 40, 40, 0.0),
        ("damaged", 60, 60, pytest.approx(0.1)),
    ]
    assert all(row[6] for row in faults)


def test_a_picture_that_stands_still_for_longer_than_the_damage_beside_it_is_told_too(monkeypatch, tmp_path):
    frames = [with_walker(scene(), min(k, 24) if k < 45 else k - 20) for k in range(90)]
    _, faults = passed(monkeypatch, tmp_path, frames, range(90), gone={20}, gate=False)
    assert [row[2:5] for row in faults] == [("damaged", 20, 20), ("frozen", 25, 44)]


def test_numbers_are_joined_over_gaps():
    assert joined([], 1) == []
    assert joined([3, 4, 5, 7, 20], 1) == [(3, 5), (7, 7), (20, 20)]
    assert joined([3, 4, 5, 7, 20], 2) == [(3, 7), (20, 20)]


def test_short_clips_know_those_around_them_in_their_file():
    videos = pd.DataFrame({"video": ["b", "a", "c", "z"], "frames": [100, 100, 9000, 10], "fps": FPS})
    rows = [("b", 0, 1, 10.0), ("a", 0, 1, 0.0), ("c", 0, 1, 20.0), ("z", 0, 2, 0.0)]
    runs = pd.DataFrame(rows, columns=["video", "first", "file", "second"])
    found = neighbours(videos, runs, 25.0)
    assert found == {"a": ([], ["b", "c"]), "b": (["a"], ["c"]), "c": ([], []), "z": ([], [])}
    assert neighbours(videos[:0], runs[:0], 25.0) == {}
