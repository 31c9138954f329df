"""How unlike normal ones a tube is to the network: how far its features are from the nearest it was trained on.

The trunk's features of training tubes, and of their mirror images where it was trained on these, are kept as they are,
and the distance from the nearest of them is the score, as in AccI-VAD (Reiss and Hoshen 2022), which takes those of
another network. The four tasks say where the network fails; this says what it has never seen, though it may not fail at
it.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from sklearn.metrics import pairwise_distances_argmin_min

from stages.common.network.network import Network, to_network
from stages.common.network.tubes import take_offsets
from stages.common.tables.arrays import map_array

# Training tubes that are kept, evenly spread over all.
KEPT = 4096
# Of the mean variance, added to every variance: a feature that hardly varies does not decide.
RIDGE = 1e-3


class NormalFeatures(NamedTuple):
    """Of training tubes: deviation of each feature, float64 (features,), and the features in units of it, float64
    (tubes, features)."""

    deviation: np.ndarray
    known: np.ndarray


def features_of(trunk_output: torch.Tensor) -> np.ndarray:
    """The mean over the picture of what the trunk makes of tubes (N, filters, s, s): float64 (N, filters)."""
    return trunk_output.float().mean((2, 3)).double().cpu().numpy()


def fit_normal(features: np.ndarray) -> NormalFeatures:
    """What is kept of features (N, features), N at least 1."""
    variance = features.var(axis=0)
    deviation = np.sqrt(variance + RIDGE * variance.mean()) if variance.any() else np.ones(len(variance))
    return NormalFeatures(deviation, features / deviation)


def distances(features: np.ndarray, normal: NormalFeatures) -> np.ndarray:
    """Distances from the nearest normal ones, float32 (N,), of features (N, features)."""
    if not len(features):
        return np.zeros(0, np.float32)
    return pairwise_distances_argmin_min(features / normal.deviation, normal.known)[1].astype(np.float32)


@torch.inference_mode()
def normal_features(
    network: Network,
    tubes: pd.DataFrame,
    folder: Path,
    offsets: np.ndarray,
    mirror: bool,
    precision: str,
    batch: int,
) -> NormalFeatures:
    """What is kept of training tubes.

    Args:
        tubes: TUBES of the training clips, at least one.
        folder: that of the shards.
        offsets: frames of a tube, relative to its middle.
        mirror: whether each is kept mirrored too, as the network has seen it.
        precision: of the convolutions, float32 or bfloat16.
    """
    device = next(network.parameters()).device
    chosen = tubes.iloc[np.unique(np.linspace(0, len(tubes) - 1, min(KEPT, len(tubes))).round().astype(int))]
    found = []
    for video, own in chosen.groupby("video"):
        shard, rows = map_array(folder / f"{video}.npy"), own["row"].to_numpy()
        for start in range(0, len(rows), batch):
            part = to_network(take_offsets(np.asarray(shard[rows[start : start + batch]]), offsets), device)
            for shown in (part, part.flip(4)) if mirror else (part,):
                with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16"):
                    found.append(features_of(network.trunk(shown)))
    return fit_normal(np.concatenate(found))
