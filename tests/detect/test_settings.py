import numpy as np
import pytest
from torchvision import models

from stages.detect import nanodet, yolox
from stages.detect.detectors import DETECTORS
from stages.detect.settings import TORCHVISION
from stages.detect.torchvision_models import CLASSES

FILE = {"detector": {"file": "x.onnx", "sha256": "0" * 8}}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"every": 0}, "every: Input should be greater than 0, found 0"),
        ({"motion": {"contrast": -1.0}}, "motion.contrast: Input should be greater than 0, found -1.0"),
        ({"motion": {"join": -0.1}}, "motion.join: Input should be greater than or equal to 0, found -0.1"),
        ({"motion": {"min_height": 20}}, "motion.min_height: Input should be less than or equal to 1, found 20"),
        ({"tiles": {"columns": 0}}, "tiles.columns: Input should be greater than 0, found 0"),
        ({"tiles": {"input_width": 0}}, "tiles.input_width: Input should be greater than 0, found 0"),
        ({"tiles": {"overlap": -1}}, "tiles.overlap: Input should be greater than or equal to 0, found -1"),
        ({"tiles": {"score": 1.5}}, "tiles.score: Input should be less than or equal to 1, found 1.5"),
        ({"precision": "auto"}, "precision: Input should be 'float32' or 'bfloat16', found 'auto'"),
    ],
)
def test_what_is_out_of_range(project, changes, said):
    assert project.refused(detect=changes) == f"detect (with sets.mine.detect): {said}"


@pytest.mark.parametrize(
    "sources", [[], ["motion", "motion"], ["yolox", "torchvision"], ["nanodet_plus", "boxes"], ["watching"]]
)
def test_sources_that_do_not_go_together(project, sources):
    said = project.refused(detect={"sources": sources}, weights=FILE)
    assert said.startswith(
        "detect.sources: expected one or more of ['motion', 'yolox', 'nanodet_plus', 'torchvision', "
    )
    assert said.endswith(f"found {sources}")


@pytest.mark.parametrize("source", ["yolox", "nanodet_plus", "torchvision", "boxes"])
def test_a_source_without_the_file_that_it_needs(project, source):
    said = project.refused(detect={"sources": ["motion", source]})
    assert said == f"weights.detector: {source} needs a file; name it and its SHA-256"


@pytest.mark.parametrize(
    ("source", "changes", "said"),
    [
        (
            "nanodet_plus",
            {"tiles": {"input_width": 880}},
            "detect.tiles: nanodet_plus takes multiples of 64, found 880x6",
        ),
        ("yolox", {"tiles": {"input_height": 48}}, "detect.tiles: yolox takes multiples of 32, found 896x48; change "),
        (
            "torchvision",
            {"torchvision": "resnet50"},
            "detect.torchvision: 'resnet50' is not known; expected one of ['fas",
        ),
        (
            "yolox",
            {"classes": ["person", "walker"]},
            "detect.classes: 'walker' is no class of COCO; expected some of ['p",
        ),
        (
            "boxes",
            {"classes": ["person"]},
            "detect.classes: expected none with detect.sources ['boxes'], whose objects ",
        ),
    ],
)
def test_what_a_detector_does_not_take(project, source, changes, said):
    assert project.refused(detect={"sources": [source], **changes}, weights=FILE).startswith(said)


def test_the_networks_strides_are_theirs():
    assert (
        max(yolox.STRIDES) == DETECTORS["yolox"].multiple and max(nanodet.STRIDES) == DETECTORS["nanodet_plus"].multiple
    )


def test_torchvisions_detectors_are_those_that_know_cocos_classes():
    weights = {name: models.get_model_weights(name)["COCO_V1"] for name in models.list_models(models.detection)}
    names = [name for name, each in weights.items() if len(each.meta["categories"]) == CLASSES]
    np.testing.assert_array_equal(names, TORCHVISION)
