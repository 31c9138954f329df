"""The keys of the metric JSON are those of the table in docs/metrics.md: who reads them elsewhere can rely on it."""

import json
import re

import pandas as pd
import pytest
from helpers import PARAMS, ROOT

from stages.common.cues.all import ALL
from stages.common.metrics.headline import METRICS
from stages.common.tables.schemas import PEAKS
from stages.evaluate.breakdown import reviewed

TABLE = (ROOT / "docs/metrics.md").read_text()
PATTERNS = [name for row in re.findall(r"^\| (`.*?) \|", TABLE, re.MULTILINE) for name in re.findall("`(.+?)`", row)]
FILES = [file for file in sorted((ROOT / "metrics").glob("*.json")) if file.stem in PARAMS["sets"]]


def flat(tree: dict, above: str = "") -> set[str]:
    if not isinstance(tree, dict):
        return {above.removesuffix(".")}
    return {key for name, inner in tree.items() for key in flat(inner, f"{above}{name}.")}


def meets(pattern: str, key: str) -> bool:
    parts = re.split(r"(<\w+>|\*)", pattern)
    expression = "".join({"<": "[^.]+", "*": ".+"}.get(part[:1], re.escape(part)) for part in parts)
    return re.fullmatch(expression, key) is not None


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_key_is_documented(file):
    keys = flat(json.loads(file.read_text()))
    assert [key for key in sorted(keys) if not any(meets(pattern, key) for pattern in PATTERNS)] == []


def test_every_documented_key_is_there():
    nothing = pd.DataFrame(columns=PEAKS.names).astype({"beyond": float, "score": float})
    keys = flat(json.loads((ROOT / "metrics/demo.json").read_text()))
    # What is there once people have said something.
    keys |= flat({"reviewed": reviewed(nothing, pd.Series(dtype=str), 0.0, 1.0)})
    assert len(PATTERNS) > 10
    assert [pattern for pattern in PATTERNS if not any(meets(pattern, key) for key in keys)] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_cue_has_its_numbers_and_every_metric_its_interval(file):
    metrics = json.loads(file.read_text())
    assert set(metrics["cues"]) == set(ALL) and set(metrics["interval"]) == set(METRICS)
