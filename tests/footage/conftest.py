"""Each published set as a miniature, in the folder of a project."""

import numpy as np
import pytest
from helpers import still, write_avi, write_pictures
from miniatures import save, write_masks


@pytest.fixture
def ano_pred(project):
    """Two training clips; a test clip with masks whose name holds a dot, and one without."""
    for name in ("01", "02"):
        write_pictures(project.source / f"training/frames/{name}", still(2), "{}.jpg")
    write_pictures(project.source / "testing/frames/01.north", still(12), "{}.jpg")
    write_pictures(project.source / "testing/frames/02", still(2), "{}.jpg")
    masks = np.zeros((12, 48, 64), np.uint8)
    masks[2, 10:20, 30:40] = 255
    masks[10, 5:15, 3:9] = 255
    masks[11, 0, 0] = 255  # a stray pixel: an anomalous frame, and no region
    masks[5] = 100  # grey is not white
    write_pictures(project.source / "testing/masks/01.north", masks, "{}.png")
    return project


@pytest.fixture
def avenue(project):
    """Two training videos; a test video with masks, as MATLAB writes them, and one without."""
    for path in ("training_videos/01", "training_videos/02", "testing_videos/03", "testing_videos/10"):
        write_avi(project.source / f"{path}.avi", still(6))
    write_masks(project.source, "3_label.mat", 6)
    return project


@pytest.fixture
def ucsd(project):
    """TIFF pictures; masks of the first test clip, in both spellings of names, and ranges of both."""
    for name in ("Train/Train001", "Train/Train002", "Test/Test001", "Test/Test002"):
        write_pictures(project.source / name, [frame[..., 0] for frame in still(12)], "{:03d}.tif")
    for clip, name in (("Test001", "{:03d}.bmp"), ("Test002", "frame{:03d}.bmp")):
        masks = np.zeros((12, 48, 64), np.uint8)
        masks[9, 10:20, 30:40] = masks[10, 10:20, 33:43] = 255
        write_pictures(project.source / f"Test/{clip}_gt", masks, name)
    ranges = "TestVideoFile = {};\nTestVideoFile{end+1}.gt_frame = [10:11];\n"
    ranges += "% TestVideoFile{end+1}.gt_frame = [1:12];\nTestVideoFile{end+1}.gt_frame = [2, 5:7];\n"
    (project.source / "Test/UCSDped2.m").write_text(ranges)
    return project


@pytest.fixture
def shanghaitech(project):
    """Training videos, test pictures; one test clip with labels and masks, one with masks, one with neither."""
    for name in ("01_001", "01_002"):
        write_avi(project.source / f"training/videos/{name}.avi", still(5))
    for name in ("01_0014", "01_0015", "02_0128"):
        write_pictures(project.source / f"testing/frames/{name}", still(6), "{:03d}.jpg")
    masks = np.zeros((6, 48, 64), np.uint8)
    masks[2, 10:20, 30:40] = masks[3, 10:20, 33:43] = 1
    for name in ("01_0014", "01_0015"):
        save(project.source / f"testing/test_pixel_mask/{name}.npy", masks)
    save(project.source / "testing/test_frame_mask/01_0014.npy", np.array([0, 0, 1, 1, 1, 0]))
    return project
