"""Teachers: frozen networks whose answer on the middle crop of a tube the student learns to give."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from stages.common.running.errors import InputError

# Takes crops uint8, grey (N, H, W, 1) or BGR (N, H, W, 3), and gives vectors float32 (N, D).
Teacher = Callable[[np.ndarray], np.ndarray]

# What is made of the grey levels of red, green and blue for a network: by `scale`, less `mean`, by `deviation`.
# EfficientNet-Lite's classifiers, and torchvision's.
EFFICIENTNET = {"scale": 1, "mean": (127, 127, 127), "deviation": (128, 128, 128)}
IMAGENET = {"scale": 255, "mean": (0.485, 0.456, 0.406), "deviation": (0.229, 0.224, 0.225)}

# Crops that go through a network at once: more would cost memory and save no time.
BATCH = 64


def random_network(seed: int, dimensions: int = 128) -> Teacher:
    """An untrained network, the same for the same seed, as in random network distillation (Burda 2018).

    It needs no weights: its answer is an arbitrary smooth function of the crop, which a student can know only near
    the crops that it was shown.  Entries are of size 1 or so, with an offset of their own per dimension.
    """
    # Numbers are drawn apart from torch's global generator, which belongs to the caller.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers: list[nn.Module] = []
        for before, filters in pairwise([3, 64, 128, 256]):
            convolution = nn.Conv2d(before, filters, kernel_size=3, stride=2, padding=1, bias=False)
            nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
            layers += [convolution, nn.GroupNorm(8, filters), nn.ReLU()]
        # A mean over all places would leave the answer nothing of the crop's layout.
        last = nn.Linear(4 * 256, dimensions, bias=False)
        nn.init.orthogonal_(last.weight)
        network = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(2), nn.Flatten(), last).eval()

    @torch.inference_mode()
    def answer(crops: np.ndarray) -> np.ndarray:
        pixels = torch.from_numpy(_three_channels(crops)).permute(0, 3, 1, 2).float()
        return network((pixels - 127.5) / 64).numpy()

    return _in_batches(answer, dimensions)


def onnx_classifier(path: Path, size: int) -> Teacher:
    """An image classifier in ONNX form (EfficientNet-Lite); its vectors are its logits.

    size: pixels of the square that crops are resized to. InputError where there is no file, or no classifier in it.
    """
    # Here and below, for each takes a second or more to load in every process, and no teacher needs both.
    from stages.common.pretrained.onnx import load_onnx

    run = load_onnx(path, "float32")
    shape = run(np.zeros((1, 3, size, size), np.float32)).shape
    if len(shape) != 2 or shape[0] != 1:
        raise InputError(f"{path}: answers a picture with {list(shape)} numbers, expected [1, classes]: no classifier")
    return _in_batches(lambda crops: run(standardised(crops, size, **EFFICIENTNET)), shape[1])


def torchvision_classifier(path: Path, name: str, size: int, device: torch.device) -> Teacher:
    """An ImageNet classifier of torchvision by its name there, with the weights in `path`; its vectors are its logits.

    size: pixels of the square that crops are resized to. InputError where the weights are not of such a classifier.
    """
    from torchvision import models

    from stages.common.pretrained.torchvision_weights import with_weights

    network = with_weights(models.get_model(name, weights=None), name, path).to(device)

    @torch.inference_mode()
    def answer(crops: np.ndarray) -> np.ndarray:
        return network(torch.from_numpy(standardised(crops, size, **IMAGENET)).to(device)).cpu().numpy()

    return _in_batches(answer, 1000)


def standardised(crops: np.ndarray, size: int, scale: float, mean: tuple, deviation: tuple) -> np.ndarray:
    """What a classifier sees of crops, grey or BGR: red, green and blue, float32 (N, 3, size, size)."""
    shrinks = max(crops.shape[1:3]) > size
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    resized = np.stack([cv2.resize(crop, (size, size), interpolation=how) for crop in _three_channels(crops)])
    rgb = (resized[..., ::-1].astype(np.float32) / scale - np.float32(mean)) / np.float32(deviation)
    return rgb.transpose(0, 3, 1, 2)


def _in_batches(answer: Callable[[np.ndarray], np.ndarray], dimensions: int) -> Teacher:
    def teach(crops: np.ndarray) -> np.ndarray:
        if crops.ndim != 4 or crops.shape[3] not in (1, 3) or crops.dtype != np.uint8:
            raise ValueError(f"teacher: expected crops uint8 (N, H, W, 1 or 3), got {crops.dtype} {crops.shape}")
        vectors = np.empty((len(crops), dimensions), np.float32)
        for start in range(0, len(crops), BATCH):
            vectors[start : start + BATCH] = answer(crops[start : start + BATCH])
        return vectors

    return teach


def _three_channels(crops: np.ndarray) -> np.ndarray:
    return np.repeat(crops, 3, axis=3) if crops.shape[3] == 1 else np.ascontiguousarray(crops)
