"""Text files of tracks: what they hold comes back, what is wrong in them is named."""

import numpy as np
import pandas as pd
import pytest
from helpers import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from stages.common.running.errors import InputError
from stages.common.tables.schemas import BOX
from stages.common.tables.track_files import read_folder, read_tracks, write_tracks

SHANGHAITECH = ROOT.parent / "shared/data/tracks/shanghaitech"
COLUMNS = ["track", "frame", *BOX, "type"]

numbers, edges, sizes = st.integers(0, 10**6), st.integers(-5, 1000), st.integers(1, 500)
types = st.sampled_from(["", "cyclist", "thrown_bag", "a dog; small", "été"])


@settings(deadline=None)
@given(rows=st.lists(st.tuples(numbers, numbers, edges, edges, sizes, sizes, types)))
def test_whole_pixels_and_types_come_back_to_the_last_bit(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("files") / "a.txt"
    rows = sorted(rows, key=lambda row: row[:2])
    tracks = pd.DataFrame([(t, f, x, y, x + w, y + h, kind) for t, f, x, y, w, h, kind in rows], columns=COLUMNS)
    tracks = tracks.astype({"track": np.int64, "frame": np.int64, **dict.fromkeys(BOX, float), "type": str})
    write_tracks(path, tracks)
    assert_frame_equal(read_tracks(path), tracks, check_exact=True)


def test_edges_are_inclusive_in_the_file_and_exclusive_in_the_table(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("2,30,5,6,5,6\n2,31,5,6,5.5,6\n")
    assert read_tracks(path).values.tolist() == [[2, 30, 5, 6, 6, 7, ""], [2, 31, 5, 6, 6.5, 7, ""]]
    assert read_tracks(path).dtypes.tolist()[:6] == [np.int64] * 2 + [np.float64] * 4
    write_tracks(path, read_tracks(path))
    assert path.read_text() == "2,30,5,6,5,6\n2,31,5,6,5.5,6\n"


@pytest.mark.parametrize(
    "text, rows",
    [
        ("", []),
        ("\n\n  \n", []),
        ("7,1,2,3,4,5", [(7, "")]),
        ("7,1,2,3,4,5\n\n\n", [(7, "")]),
        (" 7 , 1,2,\t3,4, 5e0 \r\n\r\n8,1,2,3,4,5\r\n", [(7, ""), (8, "")]),
        ("\ufeff7,1,2,3,4,5\n", [(7, "")]),
        ("7.0,1,2.5,3,4,5\n", [(7, "")]),
        ("7,1,2,3,4,5,cyclist\n8,1,2,3,4,5, a van \n9,1,2,3,4,5,\n", [(7, "cyclist"), (8, "a van"), (9, "")]),
    ],
)
def test_empty_files_single_rows_blank_lines_spaces_and_types(tmp_path, text, rows):
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode())
    table = read_tracks(path)
    assert table.columns.tolist() == COLUMNS
    assert table.dtypes.tolist()[:6] == [np.int64] * 2 + [np.float64] * 4
    assert list(zip(table["track"], table["type"], strict=True)) == rows


@pytest.mark.parametrize(
    "line",
    ["0,1,2,3,4", "0 1 2 3 4 5", "0,1,2,3,4,", "0,1,2,3,4,nan", "0,1,2,3,4,cyclist", "0,1,2,3,4,5,a,b", "\ufffd\0"],
)
def test_a_row_of_other_fields_is_refused_with_file_and_line(tmp_path, line):
    path = tmp_path / "a.txt"
    path.write_text(f"0,1,2,3,4,5\n\n{line}\n")
    with pytest.raises(InputError) as error:
        read_tracks(path)
    expected = "expected 6 numbers track_id,frame_id,x_min,y_min,x_max,y_max and at most a type"
    assert str(error.value) == f"{path}:3: {expected}, got {line!r}"


@pytest.mark.parametrize(
    "line, message",
    [
        ("0,1.5,2,3,4,5", "expected frame_id to be a whole number from 0, got 1.5"),
        ("-1,1,2,3,4,5", "expected track_id to be a whole number from 0, got -1"),
        ("0,1,5,3,4,5", "expected x_min <= x_max, got 5 and 4"),
        ("0,1,2,6,4,5,cyclist", "expected y_min <= y_max, got 6 and 5"),
    ],
)
def test_a_bad_row_is_refused_with_file_and_line(tmp_path, line, message):
    path = tmp_path / "a.txt"
    path.write_text(f"0,1,2,3,4,5\n\n{line}\n")
    with pytest.raises(InputError) as error:
        read_tracks(path)
    assert str(error.value) == f"{path}:3: {message}"


def test_a_folder_is_read_by_name_without_its_readme(tmp_path):
    (tmp_path / "b.txt").write_text("0,1,2,3,4,5\n")
    (tmp_path / "a.txt").write_text("3,1,2,3,4,5\n0,1,2,3,4,5\n")
    (tmp_path / "c.txt").write_text("")
    (tmp_path / "readme.txt").write_text("track_id first\n")
    (tmp_path / "notes.md").write_text("more\n")
    table = read_folder(tmp_path)
    assert table["video"].tolist() == ["a", "a", "b"]
    assert table["track"].tolist() == [3, 0, 0]


def test_a_folder_without_files_is_refused(tmp_path):
    with pytest.raises(InputError) as error:
        read_folder(tmp_path)
    assert str(error.value) == f"{tmp_path}: expected a folder with one .txt file for each video, found none"


@pytest.mark.skipif(not SHANGHAITECH.is_dir(), reason=f"ShanghaiTech's tracks are not in {SHANGHAITECH}")
def test_files_of_shanghaitech_come_back_line_by_line(tmp_path):
    files = sorted(path for path in SHANGHAITECH.glob("*.txt") if path.stem != "readme")
    assert len(files) == 107 and len(read_folder(SHANGHAITECH)) == sum(len(path.read_text().split()) for path in files)
    for path in files:  # a few of the publisher's files are not in the order of tracks and frames
        write_tracks(tmp_path / path.name, read_tracks(path))
        assert sorted((tmp_path / path.name).read_text().split()) == sorted(path.read_text().split()), path.name
