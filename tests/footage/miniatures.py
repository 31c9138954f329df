"""What the tests of all layouts use."""

import numpy as np
import pandas as pd
from helpers import Project
from scipy.io import savemat

from stages.common.source.videos import read_pictures
from stages.common.tables import schemas
from stages.common.tables.schemas import read_table


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


def table(project: Project, name: str) -> pd.DataFrame:
    """A table that footage has made of the set, by its file's name."""
    schema = getattr(schemas, "SOURCE_FAULTS" if name == "faults" else name.upper())
    return read_table(project.root / f"data/mine/footage/{name}.parquet", schema)


def clips_of(project: Project) -> pd.DataFrame:
    """VIDEOS, and path and kind of the file that each begins in."""
    runs = table(project, "runs").merge(table(project, "files"), on="file")
    return table(project, "videos").merge(runs.groupby("video")[["path", "kind", "second"]].first(), on="video")


def shown(project: Project, video: str) -> list[np.ndarray]:
    """The picture of each recorded frame of a clip, uint8 BGR."""
    files = table(project, "files").set_index("file")
    pictures, found = table(project, "pictures").query("video == @video"), []
    for number, own in pictures.groupby("file", sort=False):
        path, kind = project.source / files.loc[number, "path"], files.loc[number, "kind"]
        read = {stamp: picture for stamp, picture, _ in read_pictures(path, kind, own["stamp"].unique())}
        found += [read[stamp] for stamp in own["stamp"]]
    return [picture if isinstance(picture, np.ndarray) else picture.to_ndarray(format="bgr24") for picture in found]
