"""What a person says of an event goes through the pipeline: from the page's place of it to lower scores, in seconds."""

import json
import re

import pandas as pd
import pytest

from stages.common.tables.verdicts import PLACE, write_verdicts


@pytest.fixture
def told(project):
    """The moments of the demo as the page tells them, the place of each as a verdict names it."""
    page = (project.folder / "report/demo/index.html").read_text()
    data = json.loads(re.search('<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)[1])
    return [dict(zip(PLACE, place, strict=True)) for place in data["places"]]


def test_what_is_called_normal_goes_low_and_only_what_follows_from_scores_runs(project, told):
    before = pd.read_parquet(project.folder / "data/demo/frame_scores/peaks.parquet")
    highest = before[before["split"] == "test"].nlargest(1, "score").iloc[0]
    about = {"set": "demo", "comment": "", "by": "Ann", "at": "2026-11-29T10:00:00Z"}
    rows = [{**about, **told[0], "verdict": "normal"}, {**about, **told[1], "verdict": "event"}]
    write_verdicts(project.folder / "data/verdicts/demo.csv", pd.DataFrame(rows))
    said = project.dvc("repro")
    assert re.findall(r"Running stage '(\w+)@demo'", said) == ["fuse", "evaluate", "report"]
    assert "2 verdicts, by which" in said
    folder = project.folder / "data/demo/frame_scores"
    verdicts, after = (pd.read_parquet(folder / f"{name}.parquet") for name in ("verdicts", "peaks"))
    assert verdicts["video"].isin(before["video"]).all() and (verdicts["taught"] > 0).tolist() == [
        verdict == "normal" for verdict in verdicts["verdict"]
    ]
    own = after[(after["video"] == highest["video"]) & (after["first_frame"] <= highest["peak_frame"])]
    own = own[
        (own["last_frame"] >= highest["peak_frame"]) & (own["verdict"] == verdicts.index[verdicts["taught"] > 0][0])
    ]
    assert own["score"].max() < highest["score"] or own.empty
    assert json.loads((project.folder / "metrics/demo.json").read_text())["reviewed"]["verdicts"] == {
        "normal": 1, "event": 1, "unsure": 0,
    }  # fmt: skip
    page = (project.folder / "report/demo/index.html").read_text()
    assert '"verdict":"event"' in page.replace(" ", "") and "called normal" in page
