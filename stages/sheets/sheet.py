"""A contact sheet: a few frames of a clip, evenly spread, with the boxes found in them."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from stages.common.frames.store import Frames, open_frames

COLUMNS, ROWS = 3, 4
# Pixels of one frame's width, and between frames.
WIDTH, GAP = 480, 6
# Blue, green, red, by which source found a box, in the order of their names.
COLOURS = [(80, 200, 80), (60, 150, 250), (230, 160, 60), (200, 90, 220)]
PAPER, INK = 250, (70, 70, 70)
FONT = cv2.FONT_HERSHEY_SIMPLEX


def contact_sheet(frames: Frames, boxes: pd.DataFrame, sources: list[str], searched: np.ndarray) -> np.ndarray:
    """A picture, uint8 (H, W, 3) BGR, of COLUMNS * ROWS searched frames at most.

    Args:
        frames: of the clip.
        boxes: frame, BOX, score and source, of this clip; may be empty.
        sources: all there are in the set, each of which has a colour of its own.
        searched: int (k,), ascending, the frames in which objects were looked for, one at least.
    """
    chosen = searched[np.unique(np.linspace(0, len(searched) - 1, COLUMNS * ROWS).round().astype(int))]
    tiles = [tile(frames[frame], boxes[boxes["frame"] == frame], int(frame), sources) for frame in chosen]
    rows = -(-len(tiles) // COLUMNS)
    height, width = tiles[0].shape[:2]
    across = min(COLUMNS, len(tiles))
    sheet = np.full((rows * (height + GAP) + GAP, across * (width + GAP) + GAP, 3), PAPER, np.uint8)
    for place, picture in enumerate(tiles):
        top, left = GAP + place // COLUMNS * (height + GAP), GAP + place % COLUMNS * (width + GAP)
        sheet[top : top + height, left : left + width] = picture
    return np.vstack([sheet, legend(boxes, sources, sheet.shape[1])])


def tile(frame: np.ndarray, boxes: pd.DataFrame, number: int, sources: list[str]) -> np.ndarray:
    picture = cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR) if frame.ndim == 2 else frame
    scale = WIDTH / frame.shape[1]
    size = WIDTH, max(24, round(frame.shape[0] * scale))
    picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    for row in boxes.itertuples():
        left, top, right, bottom = (int(round(scale * edge)) for edge in (row.x1, row.y1, row.x2, row.y2))
        cv2.rectangle(picture, (left, top), (right, bottom), colour_of(row.source, sources), 1, cv2.LINE_AA)
    for colour, thick in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(picture, f"{number}", (6, 17), FONT, 0.45, colour, thick, cv2.LINE_AA)
    return picture


def colour_of(source: str, sources: list[str]) -> tuple[int, int, int]:
    return COLOURS[sources.index(source) % len(COLOURS)]


def legend(boxes: pd.DataFrame, sources: list[str], width: int) -> np.ndarray:
    """A line that says how many boxes the whole clip has, of which source."""
    line, left = np.full((28, width, 3), PAPER, np.uint8), GAP
    for source in sources:
        said = f"{source}: {int((boxes['source'] == source).sum())} boxes"
        cv2.rectangle(line, (left, 6), (left + 14, 20), colour_of(source, sources), -1)
        cv2.putText(line, said, (left + 20, 18), FONT, 0.45, INK, 1, cv2.LINE_AA)
        left += 36 + cv2.getTextSize(said, FONT, 0.45, 1)[0][0]
    return line


def write_sheet(
    store: Path, video: str, boxes: pd.DataFrame, sources: list[str], searched: np.ndarray, folder: Path
) -> None:
    """The sheet of one clip as `sheet.jpg`."""
    picture = contact_sheet(open_frames(store, video), boxes, sources, searched)
    encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 82])[1]
    (folder / "sheet.jpg").write_bytes(encoded.tobytes())
