from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import drawn_picture
from torchvision import models
from torchvision.transforms import functional

from stages.common.running.errors import InputError
from stages.teach.teachers import (
    EFFICIENTNET,
    IMAGENET,
    onnx_classifier,
    random_network,
    standardised,
    torchvision_classifier,
)

CLASSIFIER = Path(__file__).parents[3] / "shared/data/weights/efficientnet_lite0_imagenet.onnx"


@pytest.fixture
def crops():
    rng = np.random.default_rng(0)
    return np.repeat(np.repeat(rng.integers(0, 256, (70, 8, 8, 3), dtype=np.uint8), 4, axis=1), 4, axis=2)


CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A file with drawn weights of a small classifier of torchvision."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "mobilenet_v3_small.pth"
    torch.save(models.get_model(path.stem).state_dict(), path)
    return path


@pytest.fixture(params=["random", "classifier", "torchvision"])
def teacher(request, drawn):
    if request.param == "random":
        return random_network(seed=0)
    if request.param == "torchvision":
        return torchvision_classifier(drawn, drawn.stem, 64, CPU)
    if not CLASSIFIER.is_file():
        pytest.skip("no efficientnet_lite0_imagenet.onnx in ../shared/data/weights")
    return onnx_classifier(CLASSIFIER, size=64)


def test_no_crops_give_no_vectors(teacher):
    for channels in (1, 3):
        vectors = teacher(np.zeros((0, 32, 32, channels), np.uint8))
        assert len(vectors) == 0 and vectors.shape[1] in (128, 1000) and vectors.dtype == np.float32


def test_a_vector_depends_on_its_crop_alone(teacher, crops):
    vectors = teacher(crops)
    assert np.isfinite(vectors).all()
    np.testing.assert_allclose(teacher(crops[60:]), vectors[60:], atol=1e-3)
    assert teacher(crops).tobytes() == vectors.tobytes()


def test_grey_is_colour_with_equal_channels(teacher, crops):
    grey = crops[:4, :, :, :1]
    np.testing.assert_allclose(teacher(grey), teacher(np.repeat(grey, 3, axis=3)), atol=1e-5)


def test_crops_of_another_form_are_refused(teacher):
    for wrong in (np.zeros((2, 32, 32), np.uint8), np.zeros((2, 32, 32, 2), np.uint8), np.zeros((2, 32, 32, 3))):
        with pytest.raises(ValueError, match="expected crops uint8"):
            teacher(wrong)


def test_the_seed_decides_and_the_callers_random_numbers_do_not(crops):
    torch.manual_seed(1)
    first = random_network(seed=3)(crops[:2])
    expected_next = torch.rand(1)
    torch.manual_seed(2)
    np.testing.assert_array_equal(random_network(seed=3)(crops[:2]), first)
    assert not np.allclose(random_network(seed=4)(crops[:2]), first)
    torch.manual_seed(1)
    assert torch.rand(1) == expected_next


def test_random_answers_tell_crops_apart_and_are_well_scaled(crops):
    vectors = random_network(seed=0, dimensions=256)(crops)
    assert vectors.shape == (70, 256)
    assert 0.1 < vectors.std(axis=0).mean() < 2 and np.abs(vectors).mean() < 3


def test_missing_weights_are_named(tmp_path):
    with pytest.raises(InputError, match="none.onnx: no weights there"):
        onnx_classifier(tmp_path / "none.onnx", size=64)


# A crop of two by two pixels, blue, green and red each, and what the classifiers see of it: red, green and blue.
CROP = np.array([[[[10, 20, 30], [0, 0, 0]], [[255, 128, 64], [1, 2, 3]]]], np.uint8)
SEEN = [
    # Less 127, by 128.
    (EFFICIENTNET, [[[-97, -127], [-63, -124]], [[-107, -127], [1, -125]], [[-117, -127], [128, -126]]], 1 / 128),
    # In 0 to 1 less 0.485, 0.456 and 0.406, by 0.229, 0.224 and 0.225.
    (
        IMAGENET,
        [
            [[-1.604161, -2.117904], [-1.021919, -2.066529]],
            [[-1.685574, -2.035714], [0.205182, -2.000700]],
            [[-1.630153, -1.804444], [2.640000, -1.787015]],
        ],
        1,
    ),
]


@pytest.mark.parametrize(("training", "seen", "unit"), SEEN)
def test_a_classifier_sees_red_green_and_blue_as_it_was_trained_to(training, seen, unit):
    np.testing.assert_allclose(standardised(CROP, 2, **training)[0], np.array(seen) * unit, atol=1e-5)
    grey = standardised(np.full((1, 4, 4, 1), 200, np.uint8), 2, **training)
    np.testing.assert_allclose(grey, standardised(np.full((1, 2, 2, 3), 200, np.uint8), 2, **training))


def test_the_classifier_sees_the_drawn_picture_as_it_did():
    if not CLASSIFIER.is_file():
        pytest.skip("no efficientnet_lite0_imagenet.onnx in ../shared/data/weights")
    vector = onnx_classifier(CLASSIFIER, size=96)(drawn_picture()[None])[0]
    np.testing.assert_allclose(vector[:5], [-4.8174, 0.3282, -2.4688, -2.9210, 2.5609], atol=0.05)
    assert vector.argsort()[:-4:-1].tolist() == [470, 626, 530]


def test_a_network_that_is_no_classifier_is_refused():
    if not CLASSIFIER.with_name("yolox_nano.onnx").is_file():
        pytest.skip("no yolox_nano.onnx in ../shared/data/weights")
    with pytest.raises(InputError, match="yolox_nano.onnx: answers .* .1, 3549, 85. numbers, .* no classifier"):
        onnx_classifier(CLASSIFIER.with_name("yolox_nano.onnx"), size=416)


def test_torchvisions_classifiers_see_what_they_were_trained_on(drawn, crops):
    expected = models.get_model(drawn.stem)
    expected.load_state_dict(torch.load(drawn, weights_only=True))
    rgb = torch.from_numpy(crops[:5, ..., ::-1].copy()).permute(0, 3, 1, 2) / 255
    transforms = models.get_model_weights(drawn.stem).DEFAULT.transforms()
    with torch.inference_mode():
        answer = expected.eval()(functional.normalize(rgb, transforms.mean, transforms.std))
    np.testing.assert_allclose(torchvision_classifier(drawn, drawn.stem, 32, CPU)(crops[:5]), answer, atol=1e-5)


def test_weights_of_another_classifier_are_refused(drawn):
    with pytest.raises(InputError, match="mobilenet_v3_small.pth: not the weights of resnet18"):
        torchvision_classifier(drawn, "resnet18", 32, CPU)
