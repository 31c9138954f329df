"""The section `detect`: which detectors, and the settings of each."""

from types import SimpleNamespace
from typing import Annotated

from pydantic import Field, NonNegativeInt, PositiveInt

from stages.common.computing.settings import Precision
from stages.common.frames.settings import Areas
from stages.common.objects.coco import CLASSES
from stages.common.running.errors import InputError
from stages.common.running.params import Share, settings
from stages.detect.detectors import DETECTORS

# Of torchvision's detectors those that know COCO's classes.
TORCHVISION = """fasterrcnn_mobilenet_v3_large_320_fpn fasterrcnn_mobilenet_v3_large_fpn fasterrcnn_resnet50_fpn
fasterrcnn_resnet50_fpn_v2 fcos_resnet50_fpn maskrcnn_resnet50_fpn maskrcnn_resnet50_fpn_v2 retinanet_resnet50_fpn
retinanet_resnet50_fpn_v2 ssd300_vgg16 ssdlite320_mobilenet_v3_large""".split()


@settings
class Motion:
    """What counts as a moving object."""

    contrast: Annotated[float, Field(gt=0, le=255)]  # grey levels that a pixel must differ from the background by
    # Shares of the picture's height: gaps between parts of one object that are closed, half as many in width; its box.
    join: Share
    min_height: Share


@settings
class Tiles:
    """How a frame is cut and which boxes are kept."""

    input_width: PositiveInt  # size of the network's input in pixels, which a tile is resized to fit
    input_height: PositiveInt
    columns: PositiveInt  # tiles side by side
    rows: PositiveInt  # tiles one above the other
    overlap: NonNegativeInt  # pixels that neighbours share at least: an object's size
    score: Share  # least score of a box


@settings
class Detect:
    sources: list[str]
    every: PositiveInt
    motion: Motion
    torchvision: str
    precision: Precision
    classes: list[str]
    tiles: Tiles


@settings
class Decode:
    areas: Areas  # where nothing is looked for


def check(every: SimpleNamespace) -> None:
    detect, sources = every.detect, every.detect.sources
    chosen = {source: DETECTORS[source] for source in sources if source in DETECTORS}
    needy = [source for source, detector in chosen.items() if detector.needs_weights]
    if not sources or len(chosen) < len(sources) or len(needy) > 1:
        needing = [source for source, detector in DETECTORS.items() if detector.needs_weights]
        raise InputError(
            f"detect.sources: expected one or more of {list(DETECTORS)}, each once and one at most of those that need "
            f"the one file of weights, {needing}; found {sources}"
        )
    if needy and every.weights.detector is None:
        raise InputError(f"weights.detector: {needy[0]} needs a file; name it and its SHA-256")
    if "torchvision" in sources and detect.torchvision not in TORCHVISION:
        raise InputError(f"detect.torchvision: {detect.torchvision!r} is not known; expected one of {TORCHVISION}")
    size = detect.tiles.input_width, detect.tiles.input_height
    for source, detector in chosen.items():
        if any(side % detector.multiple for side in size):
            wrong = f"{source} takes multiples of {detector.multiple}, found {size[0]}x{size[1]}"
            raise InputError(f"detect.tiles: {wrong}; change input_width and input_height")
    unknown = [name for name in detect.classes if name not in CLASSES]
    if unknown:
        raise InputError(f"detect.classes: {unknown[0]!r} is no class of COCO; expected some of {CLASSES}")
    if detect.classes and not any(detector.tells_classes for detector in chosen.values()):
        telling = [source for source, detector in DETECTORS.items() if detector.tells_classes]
        unnamed = f"expected none with detect.sources {sources}, whose objects have no names"
        raise InputError(f"detect.classes: {unnamed}: it is for {telling}")
