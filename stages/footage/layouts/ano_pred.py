"""The layout in which most code of this field keeps its frames, with pixel masks as ground truth.

training/frames/01/000.jpg ...
testing/frames/01/000.jpg ...
testing/masks/01/000.png ...     white where anomalous, one per test frame; may be absent
"""

from pathlib import Path

from stages.common.source.pictures import images_in
from stages.footage.clips import Clip, Truth, clips_in
from stages.footage.truth_files import mask_pictures, truth_of_masks


def matches(source: Path) -> bool:
    """ShanghaiTech with its training videos unpacked has these folders too, and labels of its own beside them."""
    shanghaitech = any((source / "testing" / name).is_dir() for name in ("test_frame_mask", "test_pixel_mask"))
    return (source / "training" / "frames").is_dir() and (source / "testing" / "frames").is_dir() and not shanghaitech


def clips(source: Path) -> list[Clip]:
    """Names carry their split, since both splits count from 01."""
    train = clips_in(source, source / "training" / "frames", "train", prefix="train_")
    return train + clips_in(source, source / "testing" / "frames", "test", prefix="test_")


def truth(source: Path, clip: Clip, facts: dict) -> Truth:
    folder = source / "testing" / "masks" / clip.own_name
    masks = mask_pictures(images_in(folder), facts)
    return truth_of_masks(folder, masks, facts) if folder.is_dir() else Truth(None, None)
