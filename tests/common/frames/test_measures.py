"""What changes from each frame to the next; the faults that it tells of are tested in tests/report/test_faults.py."""

import numpy as np
import pytest
from helpers import walking_square

from stages.common.frames.measures import COLUMNS, ROWS, Measure, measure, usual_change


def test_of_no_frames_nothing_is_measured():
    steps = measure([])
    assert [len(values) for values in steps] == [0] * 4
    assert steps.motion.shape == steps.light.shape == (0, ROWS, COLUMNS)
    assert usual_change(steps.change) == 0


def test_a_stretch_begins_without_a_step():
    frames = walking_square(9)
    stretches, measured = (frames[:4], frames[6:]), Measure()
    for stretch in stretches:
        for place, frame in enumerate(stretch):
            measured.add(frame, first=place == 0)
    steps, apart = measured.steps(), [measure(stretch) for stretch in stretches]
    for name in ("change", "motion", "light"):
        np.testing.assert_array_equal(getattr(steps, name), np.concatenate([getattr(each, name) for each in apart]))
    assert steps.change[[0, 4]].tolist() == [0, 0] and (steps.change[[1, 2, 3, 5, 6]] > 0).all()


@pytest.mark.parametrize("shape", [(4, 6), (240, 360), (540, 960, 3)])
def test_a_frame_of_any_size_is_measured(shape):
    steps = measure([np.full(shape, level, np.uint8) for level in (100, 130)])
    assert (
        steps.change.tolist() == [0, 30]
        and steps.motion[1] == pytest.approx(20)
        and steps.light[1] == pytest.approx(130)
    )
    assert not steps.shaken.any()
