"""Contact sheets: a few frames of every clip with what was detected in them."""

import cv2
import numpy as np
import pandas as pd
import pytest
from helpers import tree, walking_square, write_pictures

from stages.common.tables.schemas import BOX
from stages.sheets.sheet import COLOURS, COLUMNS, GAP, PAPER, ROWS, WIDTH, contact_sheet

BOXES = pd.DataFrame({"frame": [0, 3, 3], "source": ["motion", "motion", "yolox"], "x1": 4.0, "y1": 6.0})
BOXES = BOXES.assign(x2=20.0, y2=[30.0, 30.0, 34.0])[["frame", *BOX, "source"]]


@pytest.mark.parametrize("count", [1, 2, 5, 12, 300])
@pytest.mark.parametrize("shape", [(48, 64), (48, 64, 3), (9, 400)])
def test_a_sheet_has_frames_from_the_first_to_the_last(count, shape):
    frames = np.zeros((count, *shape), np.uint8)
    sheet = contact_sheet(frames, BOXES[:0], np.arange(count), [])
    assert sheet.shape[1] == min(count, COLUMNS) * (WIDTH + GAP) + GAP
    height = max(24, round(shape[0] * WIDTH / shape[1]))
    assert sheet.shape[0] == -(-min(count, COLUMNS * ROWS) // COLUMNS) * (height + GAP) + GAP + 28


def test_the_frames_of_a_sheet_are_searched_ones():
    frames = np.zeros((30, 48, 64), np.uint8)
    frames[::3] = 90  # what was searched is grey, what was not is black
    sheet = contact_sheet(frames, BOXES[:0], np.arange(0, 30, 3), [])
    cells = sheet[GAP + 40 : -28 : 360 + GAP, GAP + 40 :: WIDTH + GAP]
    assert cells.shape[:2] == (4, 3) and (cells[:3] == 90).all()


def test_of_a_clip_in_which_nothing_was_searched_there_is_an_empty_frame():
    sheet = contact_sheet(np.full((4, 48, 64), 90, np.uint8), BOXES[:0], np.zeros(0, int), [])
    assert sheet.shape[:2] == (360 + 2 * GAP + 28, WIDTH + 2 * GAP) and (sheet[GAP + 40, GAP + 40] == PAPER).all()


def test_boxes_are_where_their_objects_are():
    sheet = contact_sheet(np.full((1, 48, 64), 90, np.uint8), BOXES[:1], np.arange(1), ["motion"])
    green = np.abs(sheet[:-28].astype(int) - COLOURS[0]).max(axis=2) < 30
    rows, columns = np.nonzero(green)
    # 7.5 pixels of the sheet are one of the frame.
    assert (columns.min(), columns.max()) == (GAP + 30, GAP + 150) and (rows.min(), rows.max()) == (GAP + 45, GAP + 225)


def test_boxes_have_the_colour_of_what_found_them():
    sheet = contact_sheet(np.full((4, 48, 64), 90, np.uint8), BOXES, np.arange(4), ["motion", "yolox"])
    motion, yolox = (np.abs(sheet.astype(int) - colour).max(axis=2) < 30 for colour in COLOURS[:2])
    # Two of motion in the first row, of which the last is the fourth, below the first; and the legend.
    across = WIDTH + GAP
    below = 360 + 2 * GAP
    assert motion[:below, :across].any() and not motion[:below, across:].any() and not yolox[:below].any()
    assert motion[below:-28, :across].any() and yolox[below:-28, :across].any()
    assert motion[-28:].any() and yolox[-28:].any()


def test_the_stage_makes_one_of_each_clip_the_same_every_time(project):
    for clip in ("train/a", "train/b", "test/c"):
        write_pictures(project.source / clip, walking_square(12, seed=len(clip)))
    project.run("footage", "weights", "decode", "detect", "sheets")
    first = tree(project.root / "report/sheets/mine")
    assert set(first) == {"a.jpg", "b.jpg", "c.jpg"}
    assert cv2.imdecode(np.frombuffer(first["c.jpg"], np.uint8), cv2.IMREAD_COLOR).shape[1] == 3 * (WIDTH + GAP) + GAP
    project.run("sheets")
    assert tree(project.root / "report/sheets/mine") == first
