"""How unlike normal ones a tube is to the network: the distance of its features from those of what it was trained on.

A Gaussian is fitted to the trunk's features of training tubes, and the Mahalanobis distance from it is the score, as
out-of-distribution detectors do (Lee et al. 2018). The four tasks say where the network fails; this says what it has
never seen, though it may not fail at it.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch

from stages.common.arrays import map_array
from stages.train.network import Network, to_network
from stages.train.tasks import take_offsets

# Training tubes that the Gaussian is fitted to, evenly spread over all.
FITTED = 4096
# Of the mean variance, added to every variance: directions that hardly vary do not decide.
RIDGE = 1e-3


class NormalFeatures(NamedTuple):
    """A Gaussian: mean, float64 (features,), and what makes deviations from it white, float64 (features, features)."""

    mean: np.ndarray
    whitening: np.ndarray


def features_of(trunk_output: torch.Tensor) -> np.ndarray:
    """The mean over the picture of what the trunk makes of tubes (N, filters, s, s): float64 (N, filters)."""
    return trunk_output.float().mean((2, 3)).double().cpu().numpy()


def fit_normal(features: np.ndarray) -> NormalFeatures:
    """The Gaussian of features (N, features), N at least 1."""
    mean = features.mean(axis=0)
    deviations = features - mean
    covariance = deviations.T @ deviations / len(features)
    ridge = max(RIDGE * np.trace(covariance) / len(mean), 1e-12)
    variances, directions = np.linalg.eigh(covariance + ridge * np.eye(len(mean)))
    return NormalFeatures(mean, directions / np.sqrt(np.maximum(variances, ridge)))


def distances(features: np.ndarray, normal: NormalFeatures) -> np.ndarray:
    """Mahalanobis distances from the normal ones, float32 (N,), of features (N, features)."""
    return np.linalg.norm((features - normal.mean) @ normal.whitening, axis=1).astype(np.float32)


@torch.inference_mode()
def normal_features(
    network: Network, tubes: pd.DataFrame, folder: Path, offsets: np.ndarray, precision: str, batch: int
) -> NormalFeatures:
    """The Gaussian of training tubes.

    Args:
        tubes: TUBES of the training clips, at least one.
        folder: that of the shards.
        offsets: frames of a tube, relative to its middle.
        precision: of the convolutions, float32 or bfloat16.
    """
    device = next(network.parameters()).device
    chosen = tubes.iloc[np.unique(np.linspace(0, len(tubes) - 1, min(FITTED, len(tubes))).round().astype(int))]
    found = []
    for video, own in chosen.groupby("video"):
        shard, rows = map_array(folder / f"{video}.npy"), own["row"].to_numpy()
        for start in range(0, len(rows), batch):
            part = take_offsets(np.asarray(shard[rows[start : start + batch]]), offsets)
            with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16"):
                found.append(features_of(network.trunk(to_network(part, device))))
    return fit_normal(np.concatenate(found))
