"""Text files of tracks and detections: what they hold comes back, what is wrong in them is named."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from stages.common.running.errors import InputError
from stages.common.tables.schemas import BOX
from stages.common.tables.track_files import (
    read_detections,
    read_folder,
    read_tracks,
    write_detections,
    write_folder,
    write_tracks,
)

SHANGHAITECH = Path(__file__).parents[3] / "shared/data/tracks/shanghaitech"
TRACK_COLUMNS = ["track", "frame", *BOX]

edges = st.integers(-5, 1000)
sizes = st.integers(1, 500)
scores = st.floats(allow_nan=False, allow_infinity=False)


@settings(deadline=None)
@given(rows=st.lists(st.tuples(st.integers(0, 10**6), edges, edges, sizes, sizes, scores)))
def test_whole_pixels_and_any_score_come_back_to_the_last_bit(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("files") / "a.txt"
    rows = sorted(rows, key=lambda row: row[0])
    table = pd.DataFrame(
        [(frame, x, y, x + width, y + height, score) for frame, x, y, width, height, score in rows],
        columns=["frame", *BOX, "score"],
        dtype=float,
    ).astype({"frame": np.int64})
    write_detections(path, table)
    assert_frame_equal(read_detections(path), table, check_exact=True)
    tracks = table.rename(columns={"score": "track"}).assign(track=np.arange(len(table)))[TRACK_COLUMNS]
    write_tracks(path, tracks)
    assert_frame_equal(read_tracks(path), tracks, check_exact=True)


def test_edges_are_inclusive_in_the_file_and_exclusive_in_the_table(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("2,30,5,6,5,6\n")
    assert read_tracks(path).to_dict("records") == [{"track": 2, "frame": 30, "x1": 5, "y1": 6, "x2": 6, "y2": 7}]
    assert read_tracks(path).dtypes.tolist() == [np.int64] * 2 + [np.float64] * 4
    write_tracks(path, read_tracks(path))
    assert path.read_text() == "2,30,5,6,5,6\n"


@pytest.mark.parametrize(
    "text, frames",
    [
        ("", []),
        ("\n\n  \n", []),
        ("7,1,2,3,4,0.5", [7]),
        ("7,1,2,3,4,0.5\n\n\n", [7]),
        (" 7 , 1,2,\t3,4, 5e-1 \r\n\r\n8,1,2,3,4,-1\r\n", [7, 8]),
        ("\ufeff7,1,2,3,4,0.5\n", [7]),
        ("7.0,1.5,2,3,4,0.5\n", [7]),
    ],
)
def test_empty_files_single_rows_blank_lines_and_spaces(tmp_path, text, frames):
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode())
    table = read_detections(path)
    assert table["frame"].tolist() == frames
    assert table.columns.tolist() == ["frame", *BOX, "score"]
    assert table.dtypes.tolist() == [np.int64] + [np.float64] * 5


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


def test_a_bad_detection_names_the_fields_of_detections(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xff\x00")
    with pytest.raises(InputError, match="a.txt:1: expected 6 numbers frame_id,x_min,y_min,x_max,y_max,score, got"):
        read_detections(tmp_path / "a.txt")


def test_a_folder_is_read_by_name_without_its_readme(tmp_path):
    (tmp_path / "b.txt").write_text("0,1,2,3,4,5\n")
    (tmp_path / "a.txt").write_text("3,1,2,3,4,5\n0,1,2,3,4,5\n")
    (tmp_path / "c.txt").write_text("")
    (tmp_path / "readme.txt").write_text("track_id first\n")
    (tmp_path / "notes.md").write_text("more\n")
    table = read_folder(tmp_path, read_tracks)
    assert table["video"].tolist() == ["a", "a", "b"]
    assert table["track"].tolist() == [3, 0, 0]


def test_a_folder_without_files_is_refused(tmp_path):
    with pytest.raises(InputError) as error:
        read_folder(tmp_path, read_tracks)
    assert str(error.value) == f"{tmp_path}: expected a folder with one .txt file for each video, found none"


def test_a_folder_gets_a_file_for_every_video(tmp_path):
    table = pd.DataFrame({"video": ["b", "b"], "frame": [4, 2], "x1": 0, "y1": 0, "x2": 1, "y2": 1.5, "score": 0.1})
    write_folder(tmp_path / "new", table, ["a", "b"], write_detections)
    assert (tmp_path / "new/a.txt").read_bytes() == b""
    assert (tmp_path / "new/b.txt").read_bytes() == b"2,0,0,0,0.5,0.1\n4,0,0,0,0.5,0.1\n"
    with pytest.raises(ValueError) as error:
        write_folder(tmp_path / "other", table, ["a"], write_detections)
    assert str(error.value) == f"{tmp_path / 'other'}: expected rows of the 1 videos given, got rows of 'b'"
    assert not (tmp_path / "other").exists()


@pytest.mark.skipif(not SHANGHAITECH.is_dir(), reason=f"ShanghaiTech's tracks are not in {SHANGHAITECH}")
def test_files_of_shanghaitech_come_back_line_by_line(tmp_path):
    tracks = read_folder(SHANGHAITECH, read_tracks)
    write_folder(tmp_path, tracks, tracks["video"].unique(), write_tracks)
    written = sorted(tmp_path.iterdir())
    assert len(written) == 107
    for path in written:  # a few of the publisher's files are not in the order of tracks and frames
        assert sorted(path.read_text().split()) == sorted((SHANGHAITECH / path.name).read_text().split()), path.name
