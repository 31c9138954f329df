"""params.yaml: what a set states lies over the defaults, and whatever is wrong is named by its path in the file."""

import subprocess
import sys
from copy import deepcopy

import pytest
from helpers import PARAMS, ROOT
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from stages.common.running.errors import InputError
from stages.common.running.params import SECTIONS, checked, load, load_machine, merged, settings
from stages.decode.settings import Decode
from stages.footage.settings import Footage

scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2)
trees = st.recursive(
    st.dictionaries(st.sampled_from("abcd"), scalars),
    lambda below: st.dictionaries(st.sampled_from("abcd"), below | scalars, max_size=4),
    max_leaves=12,
)


@settings
class Inner:
    grey: bool


@settings
class Nested:
    """A section with every kind of value that the real ones have."""

    count: int
    share: float
    names: list[str]
    inner: Inner


def at(tree, path):
    for key in path:
        tree = tree[key]
    return tree


def paths(tree, above=()):
    """Every key, as a path."""
    for key, value in tree.items():
        yield (*above, key)
        if isinstance(value, dict):
            yield from paths(value, (*above, key))


def reaches(tree, path):
    for key in path:
        if not isinstance(tree, dict) or key not in tree:
            return False
        tree = tree[key]
    return True


@given(trees)
def test_nothing_over_something_is_that_and_the_other_way_round(tree):
    assert merged({}, {}) == {}
    assert merged(tree, {}) == tree
    assert merged({}, tree) == tree
    assert merged(tree, tree) == tree


@given(trees, trees)
def test_what_is_stated_holds_and_what_is_not_keeps_its_default(defaults, overrides):
    before = deepcopy((defaults, overrides))
    both = merged(defaults, overrides)
    for path in paths(overrides):
        value = at(overrides, path)
        if not isinstance(value, dict):
            assert at(both, path) == value
    for path in paths(defaults):
        covered = any(
            reaches(overrides, path[:end]) and not isinstance(at(overrides, path[:end]), dict)
            for end in range(1, len(path) + 1)
        )
        value = at(defaults, path)
        if not covered and not isinstance(value, dict) and not reaches(overrides, path):
            assert at(both, path) == value
    for path in paths(both):
        assert reaches(defaults, path) or reaches(overrides, path)
    assert (defaults, overrides) == before


@given(trees, trees, trees)
def test_layers_may_be_merged_in_any_grouping_where_mappings_stay_mappings(a, b, c):
    def no_scalar_over_mapping(low, high):
        return all(
            isinstance(at(low, path), dict) == isinstance(at(high, path), dict)
            for path in paths(low)
            if reaches(high, path)
        )

    if all(no_scalar_over_mapping(low, high) for low, high in ((a, b), (b, c), (a, c))):
        assert merged(merged(a, b), c) == merged(a, merged(b, c))


def test_the_set_lies_over_the_section(project):
    project.params(footage={"images_fps": 25.0, "seed": 3}, sets={"mine": {"footage": {"images_fps": 12}}})
    footage = load("footage", Footage, "mine", project.root / "params.yaml")
    assert (footage.images_fps, footage.seed) == (12, 3)
    with pytest.raises(AttributeError):
        footage.seed = 4


@pytest.mark.parametrize("own", [{}, {"decode": None}, None])
def test_a_set_that_states_nothing_takes_the_defaults(project, own):
    project.params(sets={"mine": own})
    assert load("decode", Decode, "mine", project.root / "params.yaml") == checked(PARAMS["decode"], Decode, "")


def test_the_projects_own_file_holds_every_section_and_states_every_set_in_full():
    """DVC asks for every section of a set. (It takes no anchors: it changes nothing of what sets share.)"""
    assert set(PARAMS) == SECTIONS.keys() | {"machine", "sets"}
    for name, own in PARAMS["sets"].items():
        assert set(own) == set(SECTIONS), name
        load("decode", Decode, name, ROOT / "params.yaml")
    assert set(YAML(typ="safe").load(ROOT / "datasets.yaml")["datasets"]) <= set(PARAMS["sets"])
    assert load_machine(ROOT / "params.yaml").workers >= 1
    assert "&" not in (ROOT / "params.yaml").read_text()


@settings
class SomeOfFootage:
    seed: int


def test_a_stage_may_ask_for_a_part_of_another_ones_section(project):
    project.params(sets={"mine": {"footage": {"seed": 5}}})
    assert load("footage", SomeOfFootage, "mine", project.root / "params.yaml") == SomeOfFootage(seed=5)


LIGHT = """
import sys
from stages.decode.settings import Decode
from stages.common.running.params import load
load("decode", Decode, "demo")
print(sorted(name for name in sys.modules if name in ("torch", "torchvision", "openvino", "cv2", "numpy", "scipy")))
"""


def test_all_rules_are_checked_without_what_takes_seconds_to_load():
    said = subprocess.run([sys.executable, "-c", LIGHT], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert said == "[]\n"


def read_nested(section):
    return checked(
        YAML(typ="safe").load("\n".join(f"{key}: {value}" for key, value in section.items())), Nested, "here"
    )


def test_values_of_the_right_type_come_through():
    texts = {"count": "3", "share": "1", "names": "[a, '2024-05-01']", "inner": "{grey: true}"}
    assert read_nested(texts) == Nested(count=3, share=1.0, names=["a", "2024-05-01"], inner=Inner(grey=True))


@pytest.mark.parametrize(
    "key, value, said",
    [
        ("count", "'3'", "count: Input should be a valid integer, found '3'"),
        ("count", "3.5", "count: Input should be a valid integer, found 3.5"),
        ("count", "true", "count: Input should be a valid integer, found True"),
        ("count", "null", "count: Input should be a valid integer, found None"),
        ("share", "a lot", "share: Input should be a valid number, found 'a lot'"),
        ("share", ".nan", "share: Input should be a finite number, found nan"),
        ("share", ".inf", "share: Input should be a finite number, found inf"),
        ("names", "a", "names: Input should be a valid array, found 'a'"),
        ("names", "[a, 1]", "names.1: Input should be a valid string, found 1"),
        ("names", "[a, 2024-05-01]", "2024-05-01 is a date to YAML; put it in quotes: '2024-05-01'"),
        ("inner", "3", "inner: Input should be an object, found 3"),
        ("inner", "{grey: 1}", "inner.grey: Input should be a valid boolean, found 1"),
        ("inner", "{}", "inner.grey: is missing"),
        ("inner", "{grey: true, gray: true}", "inner.gray: is not a known parameter"),
        ("more", "1", "more: is not a known parameter"),
    ],
)
def test_nothing_is_converted_ignored_or_made_up(key, value, said):
    texts = {"count": "3", "share": "1", "names": "[a]", "inner": "{grey: true}", key: value}
    with pytest.raises(InputError) as refusal:
        read_nested(texts)
    assert str(refusal.value) == f"here: {said}"


@pytest.mark.parametrize("workers", [0, -1, 1.5, "2"])
def test_less_than_one_worker_is_none(project, workers):
    project.params(machine={"workers": workers})
    with pytest.raises(InputError, match=r"params.yaml: machine: workers: .*found "):
        load_machine(project.root / "params.yaml")


# Through the stages, as the user meets them.


@pytest.fixture
def earlier(project):
    project.leave_earlier_outputs()
    return project


@pytest.mark.parametrize(
    "changes, line",
    [
        (
            {"decode": {"gray": True}},
            "params.yaml: decode (with sets.mine.decode): gray: is not a known parameter",
        ),
        (
            {"sets": {"mine": {"decode": {"gray": True}}}},
            "params.yaml: decode (with sets.mine.decode): gray: is not a known parameter",
        ),
        ({"decode": {"grey": "yes"}}, "params.yaml: decode (with sets.mine.decode): grey: Input should be a valid boo"),
        ({"decode": 3}, "params.yaml: decode: expected a mapping, found 3"),
        ({"sets": {"mine": {"decode": [1]}}}, "params.yaml: sets.mine.decode: expected a mapping, found [1]"),
        ({"sets": {"mine": 3}}, "params.yaml: sets.mine: expected a mapping, found 3"),
        ({"sets": None}, "params.yaml: no data set sets.mine; known: "),
        (
            {"train": {"seed": -1}},
            "params.yaml: train (with sets.mine.train): seed: Input should be greater than or eq",
        ),
        (
            {"tubes": {"size": 40}},
            "params.yaml: tubes (with sets.mine.tubes): size: Input should be a multiple of 16, f",
        ),
        ({"fuse": {"weights": {"arow": 1.0}}}, "params.yaml: set mine: fuse.weights: 'arow' is no cue; expected some "),
        ({"decoder": {}}, "params.yaml: unknown section 'decoder'; expected one of ['computing', 'decode', "),
        ({"sets": {"mine": {"decoder": {}}}}, "params.yaml: unknown key sets.mine.decoder; expected ['computing', "),
    ],
)
def test_parameters_that_a_stage_does_not_know(earlier, changes, line):
    earlier.params(**changes)
    assert earlier.refusal("decode").startswith(line)


def test_a_parameter_that_is_missing(earlier):
    del earlier.tree["decode"]["grey"]
    earlier.params()
    assert earlier.refusal("decode") == "params.yaml: decode (with sets.mine.decode): grey: is missing"


@pytest.mark.parametrize("name", ["raw", "weights", "sheets", "a-b", "a b", "a/b"])
def test_a_set_whose_name_is_another_things(earlier, name):
    """Contact sheets lie in report/sheets/<set>, and the page of a set of that name would be there, too."""
    earlier.params(sets={name: {}})
    assert earlier.refusal("decode", name).startswith(f"{name!r}: a set's name is made of letters, digits and _, and ")


def test_a_set_that_nobody_knows(earlier):
    known = ", ".join(sorted([*PARAMS["sets"], "mine"]))
    assert earlier.refusal("decode", "yours") == f"params.yaml: no data set sets.yours; known: {known}"


def test_sets_may_be_named_by_numbers_in_the_file(earlier):
    earlier.write_params("sets: {2024: {}, mine: {}}\n")
    assert earlier.refusal("decode", "yours") == "params.yaml: no data set sets.yours; known: 2024, mine"


@pytest.mark.parametrize(
    "content, line",
    [
        ("", "params.yaml: expected a mapping of sections, found NoneType"),
        ("- decode\n", "params.yaml: expected a mapping of sections, found list"),
        ("decode: {grey: false\nsets:\n", "params.yaml: not valid YAML: "),
        ("decode:\n\tgrey: false\n", "params.yaml: not valid YAML: "),
        ("decode: {grey: false}\ndecode: {grey: true}\n", "params.yaml: not valid YAML: "),
    ],
)
def test_a_file_that_is_no_mapping(earlier, content, line):
    earlier.write_params(content)
    assert earlier.refusal("decode").startswith(line)


def test_no_parameters_at_all(earlier):
    (earlier.root / "params.yaml").unlink()
    assert earlier.refusal("decode") == "params.yaml: not found; run from the repository's root"
