"""How unlike normal ones a tube is to the network: how far its features are from the nearest it was trained on.

The trunk's features of training tubes, and of their mirror images where it was trained on these, are kept as they are,
and the distance from the nearest of them is the score, as in AccI-VAD (Reiss and Hoshen 2022), which takes those of
another network. The four tasks say where the network fails; this says what it has never seen, though it may not fail at
it.
"""

from typing import NamedTuple

import numpy as np

PLACE = 5
TITLE = "novelty"
SAYS = "looks and moves like nothing learnt"
MEANING = "what it sees in the object is far from all that it has been trained on"
# Of the mean variance, added to every variance: a feature that hardly varies does not decide.
RIDGE = 1e-3


class Known(NamedTuple):
    """What is kept of training tubes."""

    deviation: np.ndarray  # of each feature, float64 (features,)
    features: np.ndarray  # in units of it, float64 (tubes, features)


def fit(features: np.ndarray) -> Known:
    """What is kept of features (N, features), N at least 1."""
    variance = features.var(axis=0)
    deviation = np.sqrt(variance + RIDGE * variance.mean()) if variance.any() else np.ones(len(variance))
    return Known(deviation, features / deviation)


def of_features(features: np.ndarray, known: Known) -> np.ndarray:
    """Distances from the nearest normal ones, float32 (N,), of features (N, features)."""
    if not len(features):
        return np.zeros(0, np.float32)
    # Here, for it takes seconds to load, and who reads the words need not wait.
    from sklearn.metrics import pairwise_distances_argmin_min

    return pairwise_distances_argmin_min(features / known.deviation, known.features)[1].astype(np.float32)
