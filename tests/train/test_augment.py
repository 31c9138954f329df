import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stages.train.augment import BRIGHTNESS, CONTRAST, Jitter, draw_jitter, jittered


def slow_jittered(tube, down, right, contrast, brightness):
    """One tube (frames, side, side, channels), pixel by pixel."""
    side, shifted = tube.shape[1], np.empty_like(tube)
    for row in range(side):
        for column in range(side):
            source = min(max(row + down, 0), side - 1), min(max(column + right, 0), side - 1)
            shifted[:, row, column] = tube[:, source[0], source[1]]
    mean = shifted.astype(np.float64).mean()
    return np.clip((shifted - mean) * contrast + mean + brightness, 0, 255)


@given(
    st.integers(0, 5), st.sampled_from([1, 3]), st.sampled_from([16, 48]), st.integers(0, 255), st.integers(0, 2**32)
)
def test_tubes_are_shifted_and_their_levels_changed_alike_in_all_frames(count, channels, side, level, seed):
    random = np.random.default_rng(seed)
    shape = (count, 3, side, side, channels)
    tubes = np.clip(random.normal(level, 30, shape), 0, 255).astype(np.uint8)
    before, jitter = tubes.copy(), draw_jitter(count, side, random)
    changed = jittered(tubes, jitter)
    assert changed.dtype == np.uint8 and changed.shape == shape
    np.testing.assert_array_equal(tubes, before)
    for one, tube, *drawn in zip(changed, tubes, *jitter, strict=True):
        # Half a level for rounding, and what float32 is short of.
        np.testing.assert_allclose(one, slow_jittered(tube, *drawn), atol=0.51)


def test_nothing_drawn_changes_nothing():
    tubes = np.random.default_rng(0).integers(0, 256, (4, 3, 16, 16, 3), dtype=np.uint8)
    none, ones = np.zeros(4, int), np.ones(4, np.float32)
    np.testing.assert_array_equal(jittered(tubes, Jitter(none, none, ones, 0 * ones)), tubes)


def test_what_is_drawn_reaches_both_ends_and_no_further():
    jitter = draw_jitter(2000, 32, np.random.default_rng(0))
    assert set(jitter.down) == set(jitter.right) == {-2, -1, 0, 1, 2}
    for drawn, most in ((np.log(jitter.contrast), CONTRAST), (jitter.brightness, BRIGHTNESS)):
        assert 0.95 * most < drawn.max() <= most and -0.95 * most > drawn.min() >= -most
    assert abs(np.corrcoef([jitter.down, jitter.right, jitter.contrast, jitter.brightness]) - np.eye(4)).max() < 0.1


def test_each_process_changes_its_tubes_as_one_process_would():
    tubes = np.random.default_rng(0).integers(0, 256, (7, 3, 16, 16, 1), dtype=np.uint8)
    jitter = draw_jitter(7, 16, np.random.default_rng(1))
    parts = [jittered(tubes[own], jitter.part(own)) for own in (slice(0, None, 2), slice(1, None, 2))]
    whole = jittered(tubes, jitter)
    np.testing.assert_array_equal(parts[0], whole[::2])
    np.testing.assert_array_equal(parts[1], whole[1::2])
