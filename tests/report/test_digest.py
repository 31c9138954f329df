"""The digest shows every event in the order of time, and no more than what is around its peak."""

from contextlib import chdir
from pathlib import Path

import av
import numpy as np
import pandas as pd
import pytest
from small_set import EVENT, FPS, write_set

from stages.common.running.paths import SetPaths
from stages.report.__main__ import run
from stages.report.digest import BAR, of_one_size


def digest(root: Path, **given) -> tuple[list[np.ndarray], str]:
    """Its pictures, RGB, and the page."""
    with chdir(root):
        write_set(Path(), report={"digest": True}, **given)
        run("small")
        folder = SetPaths("small").report
        page = (folder / "index.html").read_text()
        if not (folder / "digest.mp4").exists():
            return [], page
        with av.open(str(folder / "digest.mp4")) as file:
            assert file.streams.video[0].average_rate == FPS
            return [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)], page


def test_every_event_is_shown_with_a_second_around_it_and_its_time_above(tmp_path):
    pictures, page = digest(tmp_path, second=True, began=pd.Timestamp("2026-11-29T10:00:00"))
    # The second event, of frames 50 to 53, has a second after it but for the end of the clip.
    first, second = len(EVENT) + 2 * FPS, 60 - 50 + FPS
    assert len(pictures) == pytest.approx(first + second, abs=4)
    assert 'href="digest.mp4"' in page
    assert all((picture[:BAR] > 128).any() and picture[:BAR].mean() < 60 for picture in pictures)
    # Both have the red box that is drawn from the threshold on.
    for part in (pictures[: round(first)], pictures[round(first) :]):
        assert any(((picture[..., 0] > 190) & (picture[..., 1] < 100)).sum() > 50 for picture in part)


def test_without_an_event_there_is_none(tmp_path):
    pictures, page = digest(tmp_path, event=False)
    assert pictures == [] and "digest.mp4" not in page


def test_pictures_of_other_sizes_are_fitted_into_that_of_the_first():
    given = [np.full((40, 60, 3), 9, np.uint8), np.full((80, 60, 3), 7, np.uint8), np.full((10, 15, 3), 5, np.uint8)]
    first, tall, small = of_one_size(iter(given))
    assert (first == 9).all() and tall.shape == small.shape == first.shape
    assert (tall[:, :30] == 7).all() and (tall[:, 30:] == 0).all() and (small == 5).all()
    assert list(of_one_size(iter([]))) == []
