"""A contact sheet: a few frames of a clip, evenly spread, with the boxes found in them."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from stages.common.drawing.boxes import BLACK, FONT, WHITE, Colour, outline, resized, write
from stages.common.frames.store import Frames, open_frames

COLUMNS, ROWS = 3, 4
# Pixels of one frame's width, and between frames.
WIDTH, GAP = 480, 6
# By which source found a box, in the order of their names.
COLOURS = [(80, 200, 80), (60, 150, 250), (230, 160, 60), (200, 90, 220)]
PAPER, INK = 250, (70, 70, 70)


def contact_sheet(frames: Frames, boxes: pd.DataFrame, searched: np.ndarray, sources: list[str]) -> np.ndarray:
    """A picture, uint8 (H, W, 3) BGR, of COLUMNS * ROWS searched frames at most; an empty one if none was.

    Args:
        boxes: frame, BOX and source, of this clip; may be empty.
        searched: int (n,), the frames in which objects were looked for.
        sources: all there are in the set, each of which has a colour of its own.
    """
    places = np.unique(np.linspace(0, len(searched) - 1, COLUMNS * ROWS).round().astype(int))
    chosen = np.sort(searched)[places[: len(searched)]]
    cells = [cell(frames[frame], boxes[boxes["frame"] == frame], int(frame), sources) for frame in chosen]
    cells = cells or [np.full((WIDTH * frames.shape[1] // frames.shape[2], WIDTH, 3), PAPER, np.uint8)]
    rows, across = -(-len(cells) // COLUMNS), min(COLUMNS, len(cells))
    height, width = cells[0].shape[:2]
    sheet = np.full((rows * (height + GAP) + GAP, across * (width + GAP) + GAP, 3), PAPER, np.uint8)
    for place, picture in enumerate(cells):
        top, left = GAP + place // COLUMNS * (height + GAP), GAP + place % COLUMNS * (width + GAP)
        sheet[top : top + height, left : left + width] = picture
    return np.vstack([sheet, legend(boxes, sources, sheet.shape[1])])


def cell(frame: np.ndarray, boxes: pd.DataFrame, number: int, sources: list[str]) -> np.ndarray:
    """One frame with its boxes and its number."""
    scale = WIDTH / frame.shape[1]
    picture = resized(frame, scale, smallest=24)
    for row in boxes.itertuples():
        outline(picture, (row.x1, row.y1, row.x2, row.y2), scale, source_colour(row.source, sources))
    for colour, thickness in ((BLACK, 3), (WHITE, 1)):
        write(picture, f"{number}", 6, 17, colour, 0.45, thickness)
    return picture


def source_colour(source: str, sources: list[str]) -> Colour:
    return COLOURS[sources.index(source) % len(COLOURS)]


def legend(boxes: pd.DataFrame, sources: list[str], width: int) -> np.ndarray:
    """A line that says how many boxes the whole clip has, of which source."""
    line, left = np.full((28, width, 3), PAPER, np.uint8), GAP
    for source in sources:
        said = f"{source}: {int((boxes['source'] == source).sum())} boxes"
        cv2.rectangle(line, (left, 6), (left + 14, 20), source_colour(source, sources), -1)
        write(line, said, left + 20, 18, INK, 0.45)
        left += 36 + cv2.getTextSize(said, FONT, 0.45, 1)[0][0]
    return line


def write_sheet(
    store: Path, video: str, boxes: pd.DataFrame, searched: np.ndarray, sources: list[str], folder: Path
) -> None:
    """The sheet of one clip as `sheet.jpg`."""
    picture = contact_sheet(open_frames(store, video), boxes, searched, sources)
    encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 82])[1]
    (folder / "sheet.jpg").write_bytes(encoded.tobytes())
