"""What is kept, told frame by frame, is what is kept by marking every frame."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.decode.keeper import Keeper


def kept_slowly(count, live, margin):
    """By a mark on every frame within the margin of a live one, and on short gaps between marks."""
    marked = [any(abs(frame - each) <= margin for each in live) for frame in range(-margin, count + margin)]
    for start in range(len(marked)):
        for stop in range(start + 1, min(start + margin, len(marked))):
            if 0 < start and marked[start - 1] and marked[stop] and not any(marked[start:stop]):
                marked[start:stop] = [True] * (stop - start)
    return [frame for frame in range(count) if marked[frame + margin]]


def lively_slowly(spans, live, near):
    """Of each span what is `near` the first or the last live frame in it, and all between."""
    of = [[each for each in live if first <= each < stop] for first, stop in spans]
    return [(min(own) - near, max(own) + near + 1) for own in of]


@st.composite
def footage(draw):
    count = draw(st.integers(0, 60))
    live = sorted(draw(st.sets(st.integers(0, count - 1), max_size=6))) if count else []
    return count, live, draw(st.integers(0, 8)), draw(st.integers(1, 5)), draw(st.integers(0, 9))


def run(count, live, margin, every, late):
    """Frames that come out, and the most that waited; what is live is named at looks, up to `late` after."""
    keeper, out, most, named = Keeper(margin, 2), [], 0, 0
    for number in range(count):
        keeper.add(number, f"picture {number}")
        known = max(0, number // every * every + 1 - late)
        while named < len(live) and live[named] < known:
            keeper.add_live(live[named])
            named += 1
        out += keeper.decided(known)
        most = max(most, len(keeper.waiting))
    for each in live[named:]:
        keeper.add_live(each)
    out += keeper.decided(None)
    return out, most, keeper


def test_nothing_is_kept_of_nothing():
    keeper = Keeper(3, 2)
    assert list(keeper.decided(None)) == [] and keeper.spans == []


@given(footage())
def test_the_kept_are_those_near_to_a_live_one(case):
    count, live, margin, every, late = case
    out, most, keeper = run(*case)
    expected = kept_slowly(count, live, margin)
    assert out == [(number, f"picture {number}") for number in expected]
    spans = [(max(first, 0), min(stop, count)) for first, stop in keeper.spans]
    assert [number for span in spans for number in range(*span)] == expected
    assert [tuple(span) for span in keeper.live] == lively_slowly(keeper.spans, live, min(2, margin))
    assert most <= 2 * margin + every + late


@pytest.mark.parametrize("margin", [0, 1, 4])
def test_the_first_of_a_stretch_need_not_be_0(margin):
    keeper, out = Keeper(margin, 2), []
    for number in range(50, 80):
        keeper.add(number, number)
        if number in (55, 70):
            keeper.add_live(number)
        out += keeper.decided(number + 1)
    out += keeper.decided(None)
    assert [number for number, _ in out] == [k for k in range(50, 80) if min(abs(k - 55), abs(k - 70)) <= margin]
