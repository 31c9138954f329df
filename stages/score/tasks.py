"""The scores of objects, higher where a task fails (paper, section 3.4) or the network has seen nothing alike."""

import hashlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch

from stages.common.cues import features
from stages.common.cues.tasks import TASKS
from stages.common.network.network import Batch, Network, load_network, pictures_to_network, to_network
from stages.common.network.tubes import middle_of, regular_offsets, take_offsets
from stages.common.tables.class_scores import class_scores_of
from stages.common.tables.schemas import CUE_VALUES, FEATURES, write_table
from stages.common.tables.shards import Shard
from stages.score.features import features_of
from stages.score.settings import Score


@torch.inference_mode()
def score_tubes(
    network: Network,
    tubes: np.ndarray,
    class_scores: np.ndarray,
    vectors: np.ndarray | None,
    known: features.Known,
    precision: str = "float32",
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """By cue, the scores of a batch of tubes, float32 (N,): of the proxy tasks that were learnt, and of the features;
    and the features, float32 (N, filters), in units of `known`.

    Args:
        tubes: uint8 (N, frames, side, side, channels), consecutive frames.
        class_scores: float32 (N, classes) of the detector.
        vectors: the teacher's, float32 (N, features); None where class scores are compared.
    """
    device = next(network.parameters()).device
    regular = to_network(tubes, device)
    pictures, expected = pictures_to_network(middle_of(tubes), device), torch.from_numpy(class_scores).to(device)
    teacher = None if vectors is None else network.standardised(torch.from_numpy(vectors).to(device))
    batch = Batch(network, regular, None, pictures, expected, teacher)
    with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16"):
        scores = {task: TASKS[task].score(network, batch) for task in network.architecture.tasks}
        seen = batch.forward
    found, seen = {task: score.float().cpu().numpy() for task, score in scores.items()}, features_of(seen)
    distances = features.of_features(seen, known)
    return {**found, "features": distances}, (seen / known.deviation).astype(np.float32)


class Learnt(NamedTuple):
    """What a network scores by."""

    file: Path  # of its weights
    card: dict  # `model.json`
    known: features.Known
    score: Score
    device: str

    @property
    def hash(self) -> str:
        return hashlib.sha256(b"".join([self.file.read_bytes(), *(part.tobytes() for part in self.known)])).hexdigest()


def score_clip(
    rows: pd.DataFrame, objects: Path, shard: Path, teacher: Path | None, networks: dict[int, Learnt], out: Path
) -> None:
    """Writes `scores.parquet` (CUE_VALUES) and `features.parquet` (FEATURES) of one clip into the folder `out`.

    Args:
        rows: with the video and object of each of its tubes.
        objects: the table OBJECTS.
        shard, teacher: its tubes, and its teacher's vectors where they are compared.
        networks: that are asked, by number.
    """
    tubes, class_scores = Shard(shard), class_scores_of(rows, objects)
    # What is empty cannot be mapped.
    vectors, parts, seen = np.load(teacher, mmap_mode="r") if teacher and len(rows) else None, [], []
    for number, by in networks.items():
        network = load_network(by.file, by.card["architecture"]).to(by.device)
        offsets = regular_offsets(by.card["half_length"])
        # Filled in place: small arrays that stay, made between large ones that go, leave memory full of holes.
        found = {cue: np.zeros(len(rows), np.float32) for cue in (*network.architecture.tasks, "features")}
        own = np.zeros((len(rows), len(by.known.deviation)), np.float32)
        for start in range(0, len(rows), by.score.batch):
            part = slice(start, start + by.score.batch)
            shown = take_offsets(tubes[part], offsets)
            compared = None if vectors is None else vectors[part].astype(np.float32)
            classes = class_scores[part]
            said, own[part] = score_tubes(network, shown, classes, compared, by.known, by.score.precision)
            for cue, values in said.items():
                found[cue][part] = values
        named = rows[["video", "object"]].assign(network=number)
        parts += [named.assign(cue=cue, value=values) for cue, values in found.items()]
        seen.append(named.assign(vector=list(own)))
    for file, tables, schema in (("scores", parts, CUE_VALUES), ("features", seen, FEATURES)):
        table = pd.concat(tables) if tables else pd.DataFrame(columns=schema.names)
        write_table(out / f"{file}.parquet", table, schema)
