"""What the tests of all layouts use."""

import numpy as np
from scipy.io import savemat


def drop_rubbish(folder):
    """What macOS and Windows leave in every folder that they show."""
    folder.mkdir(exist_ok=True)
    for name in (".DS_Store", "Thumbs.db", "._01", "._a.mp4", "._000.png", ".hidden.jpg"):
        (folder / name).write_bytes(b"\0\5\x16\7 no picture")


def rows(table, *columns):
    return list(table[list(columns)].itertuples(index=False, name=None))


def write_masks(source, name, frames, height=48, key="volLabel"):
    cells = np.empty((1, frames), object)
    for frame in range(frames):
        cells[0, frame] = np.zeros((height, 64), np.uint8)
    cells[0, 2][10:20, 30:40] = cells[0, 3][10:20, 33:43] = 1
    folder = source / "ground_truth_demo/testing_label_mask"
    folder.mkdir(parents=True, exist_ok=True)
    savemat(folder / name, {key: cells})


def save(path, array):
    path.parent.mkdir(exist_ok=True)
    np.save(path, array)
