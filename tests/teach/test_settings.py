import pytest
from torchvision import models

from stages.teach.settings import TORCHVISION

FILE = {"teacher": {"file": "x.pth", "sha256": "0" * 8}}


@pytest.mark.parametrize(
    ("teach", "weights", "said"),
    [
        ({"size": 0}, {}, "teach (with sets.mine.teach): size: Input should be greater than 0, found 0"),
        ({"teacher": "onnx"}, {}, "weights.teacher: onnx needs a file; name it and its SHA-256"),
        ({"teacher": "torchvision"}, {}, "weights.teacher: torchvision needs a file; name it and its SHA-256"),
        (
            {"teacher": "torchvision", "torchvision": "resnet5"},
            FILE,
            "teach.torchvision: 'resnet5' is not known; expected",
        ),
        (
            {"compared": "detector"},
            {},
            "teach.compared: motion, the only one of detect.sources, has no classes; take cla",
        ),
    ],
)
def test_what_cannot_be(project, teach, weights, said):
    assert project.refused(teach=teach, weights=weights).startswith(said)


def test_torchvisions_classifiers_are_known():
    assert models.list_models(module=models) == TORCHVISION
