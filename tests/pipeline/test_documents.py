"""What docs/pipeline.md draws and lists, held to dvc.yaml."""

import re
from pathlib import Path

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/pipeline.md").read_text()
STAGES = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]


def named(entries: list) -> set[str]:
    """Paths of deps or outs, of which some have settings."""
    return {next(iter(entry)) if isinstance(entry, dict) else entry for entry in entries}


def edges() -> set[tuple[str, str]]:
    """Which stage reads what which other puts out."""
    deps = {stage: {dep.replace("${item.set}", "demo") for dep in spec["deps"]} for stage, spec in STAGES.items()}
    outs = {
        stage: {out.replace("${item.set}", "demo") for key in ("outs", "metrics") for out in named(spec.get(key, []))}
        for stage, spec in STAGES.items()
    }
    return {(maker, reader) for maker in STAGES for reader in STAGES if outs[maker] & deps[reader]}


def test_the_diagram_has_the_edges_of_the_pipeline():
    block = re.search("```mermaid\n(.*?)```", DOCUMENT, re.DOTALL)[1]
    drawn = re.findall(r"^ *(\w+) --> ([\w &]+)$", block, re.MULTILINE)
    assert {(maker, reader) for maker, readers in drawn for reader in readers.split(" & ")} == edges()


def test_every_stage_has_a_row_in_the_order_of_the_pipeline():
    rows = re.findall(r"^\| `(\w+)` \|", DOCUMENT, re.MULTILINE)
    assert sorted(rows) == sorted(STAGES)
    assert all(rows.index(maker) < rows.index(reader) for maker, reader in edges())
