"""The section `teach`."""

from types import SimpleNamespace
from typing import Literal

from pydantic import PositiveInt

from stages.common.running.errors import InputError
from stages.common.running.params import settings

NEEDS_WEIGHTS = ("onnx", "torchvision")
# Torchvision's classifiers.
TORCHVISION = """alexnet convnext_base convnext_large convnext_small convnext_tiny densenet121 densenet161 densenet169
densenet201 efficientnet_b0 efficientnet_b1 efficientnet_b2 efficientnet_b3 efficientnet_b4 efficientnet_b5
efficientnet_b6 efficientnet_b7 efficientnet_v2_l efficientnet_v2_m efficientnet_v2_s googlenet inception_v3 maxvit_t
mnasnet0_5 mnasnet0_75 mnasnet1_0 mnasnet1_3 mobilenet_v2 mobilenet_v3_large mobilenet_v3_small regnet_x_16gf
regnet_x_1_6gf regnet_x_32gf regnet_x_3_2gf regnet_x_400mf regnet_x_800mf regnet_x_8gf regnet_y_128gf regnet_y_16gf
regnet_y_1_6gf regnet_y_32gf regnet_y_3_2gf regnet_y_400mf regnet_y_800mf regnet_y_8gf resnet101 resnet152 resnet18
resnet34 resnet50 resnext101_32x8d resnext101_64x4d resnext50_32x4d shufflenet_v2_x0_5 shufflenet_v2_x1_0
shufflenet_v2_x1_5 shufflenet_v2_x2_0 squeezenet1_0 squeezenet1_1 swin_b swin_s swin_t swin_v2_b swin_v2_s swin_v2_t
vgg11 vgg11_bn vgg13 vgg13_bn vgg16 vgg16_bn vgg19 vgg19_bn vit_b_16 vit_b_32 vit_h_14 vit_l_16 vit_l_32
wide_resnet101_2 wide_resnet50_2""".split()


@settings
class Teach:
    teacher: Literal["random", "onnx", "torchvision"]
    torchvision: str
    size: PositiveInt  # pixels of the side to which a crop is resized
    compared: Literal["detector", "classifier"]  # by what the distillation score says that an object looks odd


def check(every: SimpleNamespace) -> None:
    teach, sources = every.teach, every.detect.sources
    if teach.teacher in NEEDS_WEIGHTS and every.weights.teacher is None:
        raise InputError(f"weights.teacher: {teach.teacher} needs a file; name it and its SHA-256")
    if teach.teacher == "torchvision" and teach.torchvision not in TORCHVISION:
        raise InputError(f"teach.torchvision: {teach.torchvision!r} is not known; expected one of {TORCHVISION}")
    if teach.compared == "detector" and set(sources) == {"motion"}:
        raise InputError("teach.compared: motion, the only one of detect.sources, has no classes; take classifier")
