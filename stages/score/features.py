"""What the network sees in the tubes that it was trained on, to hold others against."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from stages.common.cues import features
from stages.common.network.network import Network, to_network
from stages.common.network.tubes import take_offsets
from stages.common.tables.shards import Shard

# Training tubes that are kept, evenly spread over all.
KEPT = 4096


def features_of(trunk_output: torch.Tensor) -> np.ndarray:
    """The mean over the picture of what the trunk makes of tubes (N, filters, s, s): float64 (N, filters)."""
    return trunk_output.float().mean((2, 3)).double().cpu().numpy()


@torch.inference_mode()
def known_features(
    network: Network, tubes: pd.DataFrame, folder: Path, offsets: np.ndarray, mirror: bool, precision: str, batch: int
) -> features.Known:
    """What is kept of training tubes (TUBES, at least one), whose shards are in `folder`.

    offsets: frames of a tube, relative to its middle.
    mirror: whether each is kept mirrored too, as the network has seen it.
    """
    device = next(network.parameters()).device
    chosen = tubes.iloc[np.unique(np.linspace(0, len(tubes) - 1, min(KEPT, len(tubes))).round().astype(int))]
    found = []
    for video, own in chosen.groupby("video"):
        shard, rows = Shard(folder / f"{video}.tubes"), own["row"].to_numpy()
        for start in range(0, len(rows), batch):
            part = to_network(take_offsets(np.asarray(shard[rows[start : start + batch]]), offsets), device)
            for shown in (part, part.flip(4)) if mirror else (part,):
                with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16"):
                    found.append(features_of(network.trunk(shown)))
    return features.fit(np.concatenate(found))
