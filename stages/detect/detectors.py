"""The detectors by name. All that is known of one before it is loaded stands here; a new one is a file and a line."""

from typing import NamedTuple


class Detector(NamedTuple):
    """A way to find objects, in a module of this folder.

    Its `find(frames, numbers, detect, given, device)` yields the objects (Detections) of each of these frames of a clip
    (Frames). It is given the file of weights; or, by a module that has a `ready(weights, videos)`, what that says of
    the clip, asked once for all clips.
    """

    module: str
    settings: tuple[str, ...]  # what of the section decides its boxes
    needs_weights: bool = True  # the file that `weights.detector` names
    tells_classes: bool = True  # COCO's
    on_device: bool = False  # whether it runs on `computing.device`; else on the processor
    multiple: int = 1  # pixels of which the sides of its input are multiples


DETECTORS = {
    "motion": Detector("motion", ("motion",), needs_weights=False, tells_classes=False),
    "yolox": Detector("yolox", ("classes", "precision", "tiles"), multiple=32),
    "nanodet_plus": Detector("nanodet", ("classes", "precision", "tiles"), multiple=64),
    "torchvision": Detector("torchvision_models", ("classes", "tiles", "torchvision"), on_device=True),
    "boxes": Detector("given", ("tiles.score",), tells_classes=False),
}
