"""What lies in a folder, without what operating systems leave there; pictures in the order of their numbers."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.common.running.errors import InputError
from stages.common.source.pictures import files_below, images_in, visible


def touch(folder, names):
    for name in names:
        (folder / name).touch()
    return folder


def test_an_empty_folder_and_none_hold_nothing(tmp_path):
    for folder in (tmp_path, tmp_path / "none"):
        assert visible(folder) == [] and images_in(folder) == []


def test_droppings_are_not_seen(tmp_path):
    touch(tmp_path, [".DS_Store", "._1.jpg", "Thumbs.db", "1.jpg", "notes.txt"])
    assert [p.name for p in visible(tmp_path)] == ["1.jpg", "notes.txt"]
    assert [p.name for p in images_in(tmp_path)] == ["1.jpg"]


@pytest.mark.parametrize(
    "names",
    [
        ["2.jpg", "10.jpg", "100.jpg"],
        ["frame_2.png", "frame_10.png"],
        ["1.JPG", "2.jpeg", "3.Png", "4.bmp", "5.tif", "6.TIFF"],
        ["a.jpg", "b.jpg", "c.jpg"],
        ["s1_f2.jpg", "s1_f10.jpg", "s2_f1.jpg"],
        ["2024-05-01_9.jpg", "2024-05-01_10.jpg", "2024-05-02_1.jpg"],
        ["007.jpg", "8.jpg", "0010.jpg"],
        ["1²_1.jpg", "1²_2.jpg"],
    ],
)
def test_pictures_come_in_the_order_of_their_numbers_and_else_of_their_names(tmp_path, names):
    touch(tmp_path, reversed(names))
    assert [p.name for p in images_in(tmp_path)] == names


@given(st.sets(st.integers(0, 10**9), max_size=8), st.sampled_from(["", "cam3_", "img-"]))
def test_any_numbers_behind_one_name_are_counted_up(tmp_path_factory, numbers, prefix):
    folder = touch(tmp_path_factory.mktemp("pictures"), [f"{prefix}{number}.png" for number in numbers])
    assert [p.name for p in images_in(folder)] == [f"{prefix}{number}.png" for number in sorted(numbers)]


def test_files_are_found_however_deep_and_a_link_is_followed(tmp_path):
    (tmp_path / "footage/2026/05").mkdir(parents=True)
    touch(tmp_path / "footage", ["b.mp4", "2026/a.mp4", "2026/05/c.ts", "2026/.hidden"])
    (tmp_path / "link").symlink_to(tmp_path / "footage")
    names = ["2026/05/c.ts", "2026/a.mp4", "b.mp4"]
    assert [path.relative_to(tmp_path / "link").as_posix() for path in files_below(tmp_path / "link")] == names
    (tmp_path / "footage/2026/round").symlink_to(tmp_path / "footage")
    assert len(list(files_below(tmp_path / "footage"))) < 1000


@pytest.mark.parametrize("name", [b"caf\xe9.avi", b"\xff", b"a\xc3.jpg", b"._\xe9.jpg"])
def test_a_name_that_is_not_utf_8_is_refused_readably(tmp_path, name):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / os.fsdecode(name)).touch()
    said = name.decode(errors="backslashreplace")
    for look in (visible, images_in, lambda folder: list(files_below(folder.parent))):
        with pytest.raises(InputError) as error:
            look(tmp_path / "deep")
        assert str(error.value) == f"{tmp_path}/deep/{said}: a name that is not UTF-8; rename it"


@pytest.mark.parametrize("name", ["café.avi", "🎥.mp4", "a\nb.mp4", "#%41 .mp4", "\\xe9.mp4"])
def test_any_other_name_is_taken(tmp_path, name):
    assert touch(tmp_path, [name]) and visible(tmp_path) == [Path(tmp_path, name)]
