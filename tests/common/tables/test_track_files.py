"""Text files of tracks: what they hold is read, what is wrong in them is named."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.common.running.errors import InputError
from stages.common.tables.schemas import BOX
from stages.common.tables.track_files import read_folder, read_tracks

SHANGHAITECH = Path(__file__).parents[3] / "shared/data/tracks/shanghaitech"

edges = st.integers(-5, 1000)
sizes = st.integers(0, 500)


@settings(deadline=None)
@given(rows=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 10**6), edges, edges, sizes, sizes)))
def test_each_line_is_a_row_in_the_order_of_the_file_its_box_a_pixel_larger(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("files") / "a.txt"
    boxes = [(track, frame, x, y, x + width, y + height) for track, frame, x, y, width, height in rows]
    path.write_text("".join(f"{','.join(map(str, box))}\n" for box in boxes))
    assert read_tracks(path).values.tolist() == [[*box[:4], box[4] + 1, box[5] + 1] for box in boxes]


def test_edges_are_inclusive_in_the_file_and_exclusive_in_the_table(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("2,30,5,6,5,6\n")
    assert read_tracks(path).to_dict("records") == [{"track": 2, "frame": 30, "x1": 5, "y1": 6, "x2": 6, "y2": 7}]
    assert read_tracks(path).dtypes.tolist() == [np.int64] * 2 + [np.float64] * 4


@pytest.mark.parametrize(
    "text, frames",
    [
        ("", []),
        ("\n\n  \n", []),
        ("0,7,1,2,3,4.5", [7]),
        ("0,7,1,2,3,4.5\n\n\n", [7]),
        (" 0, 7 , 1,2,\t3, 45e-1 \r\n\r\n1,8,-1,2,3,4\r\n", [7, 8]),
        ("\ufeff0,7,1,2,3,4.5\n", [7]),
        ("0.0,7.0,1.5,2,3,4.5\n", [7]),
    ],
)
def test_empty_files_single_rows_blank_lines_and_spaces(tmp_path, text, frames):
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode())
    table = read_tracks(path)
    assert table["frame"].tolist() == frames
    assert table.columns.tolist() == ["track", "frame", *BOX]
    assert table.dtypes.tolist() == [np.int64] * 2 + [np.float64] * 4


@pytest.mark.parametrize(
    "line, message",
    [
        ("0,1,2,3,4", "expected 6 numbers track_id,frame_id,x_min,y_min,x_max,y_max, got '0,1,2,3,4'"),
        ("0 1 2 3 4 5", "expected 6 numbers track_id,frame_id,x_min,y_min,x_max,y_max, got '0 1 2 3 4 5'"),
        ("0,1,2,3,4,", "expected 6 numbers track_id,frame_id,x_min,y_min,x_max,y_max, got '0,1,2,3,4,'"),
        ("0,1,2,3,4,nan", "expected 6 numbers track_id,frame_id,x_min,y_min,x_max,y_max, got '0,1,2,3,4,nan'"),
        ("0,1.5,2,3,4,5", "expected frame_id to be a whole number from 0, got 1.5"),
        ("-1,1,2,3,4,5", "expected track_id to be a whole number from 0, got -1"),
        ("0,1,5,3,4,5", "expected x_min <= x_max, got 5 and 4"),
        ("0,1,2,6,4,5", "expected y_min <= y_max, got 6 and 5"),
    ],
)
def test_a_bad_row_is_refused_with_file_and_line(tmp_path, line, message):
    path = tmp_path / "a.txt"
    path.write_text(f"0,1,2,3,4,5\n\n{line}\n")
    with pytest.raises(InputError) as error:
        read_tracks(path)
    assert str(error.value) == f"{path}:3: {message}"


def test_a_file_that_is_no_text_is_refused_like_a_bad_row(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xff\x00")
    with pytest.raises(InputError, match="a.txt:1: expected 6 numbers track_id,"):
        read_tracks(tmp_path / "a.txt")


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
def test_all_lines_of_shanghaitechs_files_are_read():
    tracks = read_folder(SHANGHAITECH)
    files = [path for path in SHANGHAITECH.glob("*.txt") if path.stem.lower() != "readme"]
    assert len(files) == tracks["video"].nunique() == 107
    assert len(tracks) == sum(len(path.read_text().split()) for path in files)
