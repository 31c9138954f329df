"""events.json says what the page says, keeps to its schema, and what does not is told."""

import json
from contextlib import chdir
from pathlib import Path

import pandas as pd
import pytest
from helpers import ROOT
from small_set import EVENT, FPS, write_set

from stages.common.cues.all import EVENTS
from stages.common.running.paths import SetPaths
from stages.common.tables.schemas import read_table
from stages.report.__main__ import run
from stages.report.events_json import Events, wrong_with


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("project")
    with chdir(root):
        write_set(Path(), second=True, began=pd.Timestamp("2026-11-29T10:00:00"))
        run("small")
    return root / SetPaths("small").report


def test_it_says_what_the_table_says(folder):
    text = (folder / "events.json").read_text()
    assert wrong_with(text) == []
    found, table = json.loads(text), read_table(folder / "events.parquet", EVENTS)
    assert found["set"] == "small" and len(found["events"]) == len(table)
    first = found["events"][0]
    assert [event["score"] for event in found["events"]] == pytest.approx(table["score"], abs=1e-3)
    # The clip's only file begins 100 seconds after its own beginning.
    assert first["begins"] == {
        "recording": "day_1/0.mp4",
        "second": round(100 + EVENT.start / FPS, 3),
        "clock": "2026-11-29T10:00:02.000",
    }
    assert first["box"] == pytest.approx([10 / 95, 12 / 71, 24 / 95, 42 / 71], abs=1e-4)
    path = first["path"]
    assert len(path) == len(EVENT) and path[0]["after"] == 0
    assert path[-1]["after"] == pytest.approx((len(EVENT) - 1) / FPS, abs=1e-3)
    assert first["alarm"] and first["cues"]["velocity"] > 5


def test_the_schema_that_is_published_is_that_of_the_code():
    assert json.loads((ROOT / "docs/events.schema.json").read_text()) == Events.model_json_schema()


@pytest.mark.parametrize(
    "change, said",
    [
        (lambda found: found.update(version=2), "version: Input should be 1"),
        (lambda found: found.pop("set"), "set: Field required"),
        (lambda found: found.update(more=1), "more: Extra inputs are not permitted"),
        (
            lambda found: found["events"][0].update(box=[0, 0, 1, 1.5]),
            "events.0.box.3: Input should be less than or equal to 1",
        ),
        (
            lambda found: found["events"][0]["begins"].update(second=-1),
            "events.0.begins.second: Input should be greater than",
        ),
        (
            lambda found: found["events"][1].update(verdict="fine"),
            "events.1.verdict: Input should be '', 'event' or 'unsure'",
        ),
    ],
)
def test_what_does_not_keep_to_the_schema_is_told(folder, change, said):
    found = json.loads((folder / "events.json").read_text())
    change(found)
    (line,) = wrong_with(json.dumps(found))
    assert line.startswith(said)
    assert wrong_with(json.dumps(found)[:-9])[0].startswith("the file: Invalid JSON")
