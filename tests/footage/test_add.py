"""A folder of footage becomes a set: a link, and some lines at the end of params.yaml, where nothing else changes."""

import shutil
from contextlib import chdir

import pytest
from helpers import ROOT, still, write_avi, write_pictures
from ruamel.yaml import YAML

from stages.common.running.errors import InputError
from stages.common.running.only import read_datasets
from stages.common.running.params import SECTIONS, load, read_tree
from stages.common.tables.verdicts import COLUMNS
from stages.footage import add as footage_add
from stages.footage.add import add
from stages.footage.settings import Footage


@pytest.fixture
def place(tmp_path):
    """A checkout's parameters, and a folder of recordings elsewhere."""
    (tmp_path / "checkout").mkdir()
    for name in ("params.yaml", "datasets.yaml"):
        shutil.copyfile(ROOT / name, tmp_path / "checkout" / name)
    write_avi(tmp_path / "videos/2026-11-25.avi", still(12))
    write_avi(tmp_path / "videos/it's #2: yard.avi", still(12))
    with chdir(tmp_path / "checkout"):
        yield tmp_path


def added_lines(place) -> list[str]:
    """What was put after the end of the project's own params.yaml."""
    before, after = ((folder / "params.yaml").read_text() for folder in (ROOT, place / "checkout"))
    assert after.startswith(before)
    return after.removeprefix(before).splitlines()


def test_a_folder_is_linked_and_entered_and_the_rest_of_the_file_stays(place):
    said = add("gate", place / "videos")
    assert "The first half of the time of all 2 recordings is taken as normal" in said
    assert "dvc repro sheets@gate report@gate" in said and "report/gate/index.html" in said
    assert (place / "checkout/data/raw/gate").resolve() == place / "videos"
    assert added_lines(place)[:2] == ["", "  gate:"]
    assert set(read_tree(place / "checkout/params.yaml")["sets"]["gate"]) == set(SECTIONS)
    assert load("footage", Footage, "gate").normal_share == 0.5
    assert (place / "checkout/data/verdicts/gate.csv").read_text() == ",".join(COLUMNS) + "\n"


def test_what_was_said_of_a_set_of_that_name_stays(place):
    said = place / "checkout/data/verdicts/gate.csv"
    said.parent.mkdir(parents=True)
    said.write_text("something")
    add("gate", place / "videos")
    assert said.read_text() == "something"


def test_the_lines_that_its_owner_will_want_need_but_lose_their_mark(place):
    add("gate", place / "videos")
    text = (place / "checkout/params.yaml").read_text()
    for line in added_lines(place):
        if ": " in line and "# " in line and not line.lstrip().startswith(("# What", "# Less", "# Frames")):
            text = text.replace(line, line.replace("# ", "", 1))
    (place / "checkout/params.yaml").write_text(text)
    assert load("footage", Footage, "gate").normal == ["2026-11-25", "it's #2: yard"]
    own = YAML(typ="safe").load(text)["sets"]["gate"]
    clock = [[0, 0], [0.3, 0], [0.3, 0.1], [0, 0.1]]
    assert own["decode"] == {"rate": 12.5, "grey": True, "areas": {"ignore": [clock]}}
    assert set(own["footage"]) < set(Footage.__annotations__)


def test_whoever_never_ran_the_demo_does_not_meet_it(place):
    add("gate", place / "videos")
    assert read_datasets() == ["gate"]
    add("yard", place / "videos")
    assert read_datasets() == ["yard", "gate"]


def test_whoever_ran_the_demo_keeps_it(place):
    (place / "checkout/data/demo").mkdir(parents=True)
    add("gate", place / "videos")
    assert read_datasets() == ["gate", "demo"]


def test_no_sets_in_datasets_are_no_hindrance(place):
    (place / "checkout/datasets.yaml").write_text("datasets:\n")
    add("gate", place / "videos")
    assert read_datasets() == ["gate"]


@pytest.mark.parametrize("like", ["ped2", "demo", "shanghaitech"])
def test_a_set_like_another_takes_over_all_but_what_tells_of_footage(place, like):
    before = read_tree(ROOT / "params.yaml")["sets"]
    add("gate", place / "videos", like)
    sets = read_tree(place / "checkout/params.yaml")["sets"]
    own = {section: values or {} for section, values in sets.pop("gate").items()}
    taken = {**before[like], "footage": {}, "decode": {}}
    for section in () if like == "shanghaitech" else ("detect", "train", "score"):
        own[section].pop("precision")
        taken[section] = {key: value for key, value in taken[section].items() if key != "precision"}
    assert own == taken and sets == before
    assert not any("*" in line or "&" in line for line in added_lines(place))


@pytest.mark.parametrize("has, precision", [(True, "bfloat16"), (False, "float32")])
@pytest.mark.parametrize("like", [None, "ped2"])
def test_networks_calculate_in_what_is_fastest_here(place, monkeypatch, has, precision, like):
    monkeypatch.setattr(footage_add, "has_bfloat16", lambda device: has)
    add("gate", place / "videos", like)
    own = read_tree(place / "checkout/params.yaml")["sets"]["gate"]
    assert own["train"]["precision"] == own["score"]["precision"] == precision
    assert like is None or own["detect"]["precision"] == precision
    assert "# mirror: false  # a one-way road" in (place / "checkout/params.yaml").read_text()


def test_a_graphics_card_calculates_as_the_set_that_is_taken_over_says(place):
    add("gate", place / "videos", "shanghaitech")
    sets = read_tree(place / "checkout/params.yaml")["sets"]
    assert sets["gate"]["train"] == sets["shanghaitech"]["train"]


def test_sorted_clips_are_counted(place):
    for path in ("train/a", "train/b", "test/c"):
        write_pictures(place / "sorted" / path, still(2))
    assert "3 clips are sorted into normal ones and ones to search" in add("mine", place / "sorted")


def test_recordings_that_are_not_of_one_camera_are_told(place):
    write_avi(place / "roads/north/2026-11-25/a.avi", still(3))
    write_avi(place / "roads/south/2026-11-25/a.avi", still(3, width=96))
    said = add("gate", place / "roads")
    assert "unlike each other: 1 in north, 1 in south, 1 of 64x48, 1 of 96x48. A set is one camera's view" in said
    assert "unlike" not in add("yard", place / "videos")


@pytest.mark.parametrize(
    "name, folder, message",
    [
        ("my set", "videos", "'my set': a set's name is made of letters, digits and _, and"),
        ("weights", "videos", "is none of raw, recipes, sheets, weights"),
        ("sheets", "videos", "is none of raw, recipes, sheets, weights"),
        ("demo", "videos", "params.yaml: sets.demo is there already"),
        ("gate", "nowhere", "nowhere: no such folder"),
        ("gate", "checkout", "checkout: no video in it; expected videos "),
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


def test_without_the_right_to_make_the_link_nothing_is_changed(place):
    (place / "checkout/data").write_text("no folder")
    with pytest.raises(InputError, match="^data/raw: cannot be made or written: "):
        add("gate", place / "videos")
    assert added_lines(place) == [] and read_datasets() == ["demo"]


def test_parameters_that_do_not_end_with_the_sets_stay_as_they_are_and_the_link_is_undone(place):
    path, tree = place / "checkout/params.yaml", read_tree(ROOT / "params.yaml")
    YAML(typ="safe").dump(dict(sorted(tree.items(), reverse=True)), path)
    before = path.read_bytes()
    with pytest.raises(InputError, match="^params.yaml: `sets` is not its last section"):
        add("gate", place / "videos")
    assert path.read_bytes() == before and not (place / "checkout/data/raw/gate").is_symlink()


def test_where_the_list_of_sets_cannot_be_written_all_is_undone(place):
    (place / "checkout/datasets.yaml").unlink()
    with pytest.raises(InputError, match="^datasets.yaml: cannot be made or written: No such file"):
        add("gate", place / "videos")
    assert added_lines(place) == [] and not (place / "checkout/data/raw/gate").is_symlink()
