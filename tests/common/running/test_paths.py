from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from stages.common.running.errors import InputError
from stages.common.running.params import check_name
from stages.common.running.paths import RAW_WEIGHTS, SetPaths

NAMES = st.sampled_from(
    ["gate", "gate_sheets", "sheets_gate", "sheets", "raw", "weights", "demo", "metrics", "recipes"]
)


def places(name: str) -> list[Path]:
    return [place for place in vars(SetPaths(name)).values() if isinstance(place, Path)]


@given(st.lists(NAMES | st.from_regex("[A-Za-z0-9_]{1,3}", fullmatch=True), min_size=2, max_size=2, unique=True))
def test_nothing_of_a_set_lies_where_something_of_another_does(names):
    try:
        for name in names:
            check_name(name)
    except InputError:
        assume(False)
    assert len(places(names[0])) > 10
    for one, other in permutations(names):
        for place in places(one):
            for taken in [*places(other), RAW_WEIGHTS]:
                assert place != taken and place not in taken.parents, (place, taken)


@pytest.mark.parametrize("name", ["sheets", "raw", "recipes", "weights", "", "a/b", "..", "a-b"])
def test_what_cannot_be_a_name(name):
    with pytest.raises(InputError, match="a set's name is made of letters, digits and _, and is none of raw, "):
        check_name(name)
