"""Folders of pictures: in the order of their numbers, without what operating systems leave there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.common.source.pictures import images_in, visible


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
