import pytest
from torchvision.models.detection import FasterRCNN_ResNet50_FPN_V2_Weights

from stages.common.objects.coco import PERSON, class_names
from stages.common.running.errors import InputError


def test_the_classes_are_cocos_by_the_numbers_of_torchvision():
    numbers = FasterRCNN_ResNet50_FPN_V2_Weights.COCO_V1.meta["categories"]
    named = [name if name not in ("__background__", "N/A") else "" for name in numbers]
    assert class_names(len(numbers)) == named
    assert class_names() == [name for name in named if name]


def test_a_person_is_a_person():
    assert all(class_names(count)[place] == "person" for count, place in PERSON.items())


def test_a_detector_that_tells_other_classes():
    with pytest.raises(InputError, match="the detector tells 5 classes, expected COCO's 80; leave it empty"):
        class_names(5)
