"""COCO's classes by name."""

from stages.common.running.errors import InputError

# What torchvision calls the numbers that stand for no class.
NO_CLASS = {"__background__", "N/A"}
# Where a person stands, by how many classes the detector tells.
PERSON = {80: 0, 91: 1}


def class_names(count: int = 80) -> list[str]:
    """The classes of a detector that tells `count` of them, in its order.

    Most have COCO's 80 classes; torchvision's have its 91 numbers, some of which stand for no class.

    Raises:
        InputError: another count, which is no detector trained on COCO.
    """
    from torchvision.models.detection import FasterRCNN_ResNet50_FPN_V2_Weights  # Takes seconds, and is rarely needed.

    numbers = FasterRCNN_ResNet50_FPN_V2_Weights.COCO_V1.meta["categories"]
    names = [name for name in numbers if name not in NO_CLASS]
    known = {len(numbers): numbers, len(names): names}
    if count not in known:
        raise InputError(
            f"params.yaml: detect.classes: the detector tells {count} classes, expected COCO's 80; leave it empty"
        )
    return known[count]
