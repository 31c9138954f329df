"""The scores of objects, higher where a task fails (paper, section 3.4) or the network has seen nothing alike."""

from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import torch
from pydantic import PositiveInt

from stages.common.computing.precision import Wanted
from stages.common.network.network import Network, load_network, pictures_to_network, to_network
from stages.common.network.tubes import middle_of, regular_offsets, take_offsets, without_middle
from stages.common.objects.coco import PERSON
from stages.common.running.params import settings
from stages.common.tables.arrays import map_array
from stages.common.tables.schemas import BOX, SCORES, TASKS, write_table
from stages.score.features import NormalFeatures, distances, features_of


@settings
class Score:
    """The section `score`."""

    distillation: Literal["detector", "classifier"]
    precision: Wanted
    batch: PositiveInt


@torch.inference_mode()
def score_tubes(
    network: Network,
    tubes: np.ndarray,
    class_scores: np.ndarray,
    teacher: np.ndarray | None,
    normal: NormalFeatures,
    precision: str = "float32",
) -> dict[str, np.ndarray]:
    """Scores of a batch of tubes, float32 (N,) per task and for the features.

    arrow and irregularity: the logit of the changed class minus that of the normal one (probabilities saturate; their
    order is the same). middle: mean absolute error of the predicted crop. distillation: mean absolute difference from
    the teacher's vectors where they are given, else from the class scores, and NaN where the detector saw nothing.
    features: the distance of the network's features from normal ones.

    Args:
        tubes: uint8 (N, frames, side, side, channels), consecutive frames.
        class_scores: float32 (N, classes) of the detector.
        teacher: float32 (N, features), or None.
        normal: the features of training tubes.
        precision: of the convolutions, float32 or bfloat16.
    """
    device = next(network.parameters()).device
    middle = pictures_to_network(middle_of(tubes), device)
    with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16"):
        forward = network.trunk(to_network(tubes, device))
        arrow, irregularity = network.arrow(forward), network.irregularity(forward)
        predicted = network.middle(to_network(without_middle(tubes), device))
        classes, features = network.distillation(middle)
    if teacher is None:
        expected = torch.from_numpy(class_scores).to(device)
        difference = torch.where(expected.any(1, keepdim=True), classes - expected, torch.nan)
    else:
        difference = features - network.standardised(torch.from_numpy(teacher).to(device))
    scores = {
        "arrow": arrow[:, 1] - arrow[:, 0],
        "irregularity": irregularity[:, 1] - irregularity[:, 0],
        "middle": (predicted - middle).abs().mean((1, 2, 3)),
        "distillation": difference.abs().mean(1),
    }
    found = {task: score.float().cpu().numpy() for task, score in scores.items()}
    return {**found, "features": distances(features_of(forward), normal)}


def score_clip(
    rows: pd.DataFrame,
    shard: Path,
    teacher: Path | None,
    model: Path,
    card: dict,
    normal: NormalFeatures,
    score: Score,
    device: str,
    out: Path,
) -> None:
    """Writes `scores.parquet` (SCORES) of one clip into the folder `out`.

    Args:
        rows: the clip's rows of TUBES.
        shard, teacher: its tubes, and its teacher's vectors where they are compared.
        model, card: folder and contents of `model.json` of the trained network.
        normal: the features of training tubes.
    """
    network = load_network(model, card["architecture"]).to(device)
    tubes, offsets = map_array(shard), regular_offsets(card["half_length"])
    vectors = map_array(teacher) if teacher else None
    scores = {name: np.full(len(rows), np.nan, np.float32) for name in (*TASKS, "features")}
    for start in range(0, len(rows), score.batch):
        part = slice(start, start + score.batch)
        found = score_tubes(
            network,
            take_offsets(np.asarray(tubes[part]), offsets),
            np.stack(rows["class_scores"].iloc[part].to_list()),
            None if vectors is None else vectors[part].astype(np.float32),
            normal,
            score.precision,
        )
        for name in (*card["tasks"], "features"):
            scores[name][part] = found[name]
    scores["person"] = person_scores(rows["class_scores"])
    write_table(out / "scores.parquet", rows[["video", "split", "frame", *BOX]].assign(**scores), SCORES)


def person_scores(class_scores: pd.Series) -> np.ndarray:
    """The class score of a person, float32 (n,); NaN where the detector saw nothing, or tells other classes than COCO.

    Args:
        class_scores: float32 (classes,) each.
    """
    known = [PERSON.get(len(scores)) if np.any(scores) else None for scores in class_scores]
    values = [np.nan if place is None else scores[place] for place, scores in zip(known, class_scores, strict=True)]
    return np.array(values, np.float32)
