"""A folder of footage becomes a set: a link and an entry in params.yaml, and nothing else changes there."""

import difflib
import shutil
from contextlib import chdir

import pytest
from helpers import ROOT, still, write_avi, write_pictures

from stages.common.running.errors import InputError
from stages.common.running.params import load, read_tree
from stages.footage.__main__ import Footage
from stages.footage.add import add


@pytest.fixture
def place(tmp_path):
    """A checkout's params.yaml, and a folder of recordings elsewhere."""
    (tmp_path / "checkout").mkdir()
    shutil.copyfile(ROOT / "params.yaml", tmp_path / "checkout/params.yaml")
    write_avi(tmp_path / "videos/gate.avi", still(12))
    write_avi(tmp_path / "videos/yard.avi", still(12))
    with chdir(tmp_path / "checkout"):
        yield tmp_path


def test_a_folder_is_linked_and_entered_and_the_rest_of_the_file_stays(place):
    said = add("gate", place / "videos")
    assert "The first half of each of the 2 recordings is taken as normal" in said
    assert "dvc repro sheets@gate report@gate" in said and "report/gate/index.html" in said
    assert (place / "checkout/data/raw/gate").resolve() == place / "videos"
    before, after = ((folder / "params.yaml").read_text().splitlines() for folder in (ROOT, place / "checkout"))
    changes = [line for line in difflib.ndiff(before, after) if line[0] in "+-"]
    assert changes[:2] == ["+   - gate", "+   gate:"] and all(line.startswith("+     ") for line in changes[2:])
    assert after[after.index("datasets:") + 1 :][:2] == ["  - gate", "  - demo"]
    assert load("footage", Footage, "gate").normal_share == 0.5


@pytest.mark.parametrize("like", ["ped2", "ped2_rehearsal_1", "shanghaitech"])
def test_a_set_like_another_takes_over_all_but_what_tells_of_footage(place, like):
    before = read_tree(ROOT / "params.yaml")["sets"]
    add("gate", place / "videos", like)
    sets = read_tree(place / "checkout/params.yaml")["sets"]
    assert sets.pop("gate") == {**before[like], "footage": {}, "decode": {}} and sets == before
    lines = (place / "checkout/params.yaml").read_text().split("\n  gate:\n")[1].splitlines()
    assert all(line.startswith("    ") for line in lines) and not any("#" in line or "*" in line for line in lines)


def test_sorted_clips_are_counted(place):
    for path in ("train/a", "train/b", "test/c"):
        write_pictures(place / "sorted" / path, still(2))
    assert "3 clips are sorted into normal ones and ones to search" in add("mine", place / "sorted")


@pytest.mark.parametrize(
    "name, folder, message",
    [
        ("my set", "videos", "'my set': a set's name is made of letters, digits and _, and"),
        ("weights", "videos", "is not raw or weights"),
        ("demo", "videos", "params.yaml: sets.demo is there already"),
        ("gate", "nowhere", "nowhere: no such folder"),
        ("gate", "checkout", "checkout: lies in none of the known layouts"),
    ],
)
def test_what_cannot_be_added_changes_nothing(place, name, folder, message):
    before = (place / "checkout/params.yaml").read_bytes()
    with pytest.raises(InputError, match=message):
        add(name, place / folder)
    assert (place / "checkout/params.yaml").read_bytes() == before
    assert not (place / "checkout/data").exists()


def test_a_set_that_is_like_none_is_refused(place):
    with pytest.raises(InputError, match="--like: params.yaml has no set 'ped3'; known: .'demo', 'ped2', "):
        add("gate", place / "videos", "ped3")
    assert not (place / "checkout/data").exists()


def test_a_place_that_is_taken_is_not_overwritten(place):
    (place / "checkout/data/raw/gate").mkdir(parents=True)
    with pytest.raises(InputError, match="data/raw/gate: is there already"):
        add("gate", place / "videos")
