"""Bodies stay whole in any posture."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stages.render.figures import (
    ANKLES,
    HEAD,
    HIPS,
    KNEES,
    RUN,
    WALK,
    Gait,
    boarding,
    cycling,
    kneeling,
    lying,
    sitting,
    stepping,
)


@given(st.floats(-50, 50), st.floats(0.8, 2.2), st.floats(0, 1), st.floats(1.4, 2.0), st.sampled_from([WALK, RUN]))
def test_bodies_stay_whole_in_any_phase(phase: float, cycle: float, vigour: float, height: float, gait: Gait):
    posture = stepping(gait, phase, cycle, vigour, height)
    assert np.isfinite(posture).all() and posture[:, 2].min() > -0.05
    assert posture[HEAD, 2] == posture[:, 2].max() and 0.8 < posture[HEAD, 2] / height < 1.0
    thighs = np.linalg.norm(posture[HIPS] - posture[KNEES], axis=1) / height
    assert ((thighs > 0.2) & (thighs < 0.32)).all()


@given(st.floats(0, 0.5), st.floats(0.9, 1.4))
def test_a_foot_on_the_ground_stays_where_it_is(phase: float, cycle: float):
    step = 0.01
    before, after = (stepping(WALK, p, cycle, 1.0, 1.7)[ANKLES][0, 0] for p in (phase, phase + step))
    assert np.isclose(after + step * cycle, before, atol=1e-9)


@given(st.floats(0, 1), st.floats(1.45, 1.95))
def test_riders_and_the_fallen_are_finite(share: float, height: float):
    for posture in (cycling(share, height), boarding(share, height), sitting(height), lying(height), kneeling(height)):
        assert np.isfinite(posture).all() and posture[:, 2].min() > -0.05
    assert lying(height)[:, 2].max() < 0.3 * stepping(WALK, 0, 1.2, 0, height)[:, 2].max()
