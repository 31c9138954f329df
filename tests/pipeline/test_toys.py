"""What is new is one file and one line, and goes all the way: a proxy task, a cue of boxes and a metric."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from projects import Project, copied

UPSIDE_DOWN = '''
"""Is the tube upside down?"""

from stages.common.cues.tasks.heads import Vector

PLACE = 3.5
TITLE = "way up"
SAYS = "upside down"
MEANING = "the network takes the object for one that stands on its head"
LOGITS = True


def head(architecture):
    return Vector(2)


def loss(network, batch):
    return network.two_way(*map(network.heads["toy"], (batch.forward, network.trunk(batch.regular.flip(3)))))


def score(network, batch):
    logits = network.heads["toy"](batch.forward)
    return logits[:, 1] - logits[:, 0]
'''
HEIGHT = '''
"""How much higher than the normal ones a box is."""

import numpy as np

PLACE = 8
TITLE = "box height"
SAYS = "taller than what is normal here"
MEANING = "its box is higher than those of the normal footage"


def of_boxes(boxes, normal):
    return (boxes[:, 3] - boxes[:, 1] - np.median(normal[:, 3] - normal[:, 1])).astype(np.float32)
'''
SHARE = '''
"""Share of the frames whose score is above the mean."""


def share(scores):
    return float((scores > scores.mean()).mean())
'''
COMMON = "stages/common/cues"
FILES = {f"{COMMON}/tasks/toy.py": UPSIDE_DOWN, f"{COMMON}/height.py": HEIGHT, "stages/evaluate/toy_metric.py": SHARE}


def add_line(path: Path, before: str, line: str) -> None:
    text = path.read_text()
    assert text.count(before) == 1
    path.write_text(text.replace(before, line + before))


@pytest.fixture(scope="module")
def toys(reproduced, tmp_path_factory) -> Project:
    """The reproduced project with all three, after another `dvc repro`."""
    project = copied(reproduced, tmp_path_factory.mktemp("toys") / "project")
    for name, text in FILES.items():
        (project.folder / name).write_text(text.lstrip())
    params = project.params()
    params["train"]["weights"]["toy"] = 1.0
    params["fuse"]["weights"]["height"] = 1.0
    project.write_params(params)
    summary = project.folder / "stages/evaluate/summary.py"
    add_line(summary, "from stages.evaluate.breakdown", "from stages.evaluate.toy_metric import share\n")
    add_line(summary, '        "macro_policy"', '        "toy": share(frames["score"]),\n')
    done = project.dvc("repro")
    for stage in ("footage", "decode", "detect", "tubes", "teach"):
        assert f"Stage '{stage}@demo' didn't change" in done
    return project


def page(project: Project) -> str:
    return (project.folder / "report/demo/index.html").read_text()


def test_a_new_proxy_task_is_learnt_scored_fused_measured_and_shown(toys):
    losses = pd.read_csv(toys.folder / "models/demo/network/losses.csv")
    assert np.isfinite(losses[["toy_train", "toy_held_out"]]).all(axis=None)
    frame_scores = pq.read_table(toys.folder / "data/demo/frame_scores/frames.parquet").to_pandas()
    columns = frame_scores.columns.tolist()
    assert columns.index("middle") < columns.index("toy") < columns.index("distillation")
    assert np.isfinite(frame_scores["toy"]).all() and frame_scores["toy"].nunique() > 10
    metrics = json.loads((toys.folder / "metrics/demo.json").read_text())
    assert 0 <= metrics["cues"]["toy"]["micro_auc"] <= 1
    assert "way up" in page(toys)


def test_a_new_cue_of_boxes_is_calculated_fused_measured_and_shown(toys):
    objects = pq.read_table(toys.folder / "data/demo/frame_scores/objects.parquet").to_pandas()
    found = objects[objects["object"] >= 0]
    heights = found["y2"] - found["y1"]
    assert np.isfinite(found["height"]).all() and np.corrcoef(heights.rank(), found["height"].rank())[0, 1] > 0.9
    metrics = json.loads((toys.folder / "metrics/demo.json").read_text())
    assert 0 <= metrics["cues"]["height"]["micro_auc"] <= 1
    assert "box height" in page(toys)


def test_a_new_metric_stands_beside_the_others(toys):
    metrics = json.loads((toys.folder / "metrics/demo.json").read_text())
    assert 0 < metrics["toy"] < 1 and "micro_auc" in metrics
