"""The numbers of README.md and RESULTS.md are those of metrics/."""

import re

import pytest
from helpers import ROOT

from benchmarks.results import BLOCKS, DOCUMENTS, filled, percent, table

MARKED = {document: re.findall(r"<!-- (\w[\w ]*) -->", (ROOT / document).read_text()) for document in DOCUMENTS}


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_no_number_is_older_than_its_file(document, monkeypatch):
    monkeypatch.chdir(ROOT)
    text = document.read_text()
    assert filled(text) == text, f"{document}: run `python -m benchmarks.results`"


def test_every_block_has_its_place():
    assert {block.split()[0] for blocks in MARKED.values() for block in blocks} == set(BLOCKS)


def test_what_is_beside_the_blocks_stays_and_what_is_in_them_goes(monkeypatch):
    monkeypatch.setitem(BLOCKS, "one", lambda name: f"({name})")
    assert filled("") == ""
    text = "a\n<!-- one x -->\nold\n\nold\n<!-- / -->\nb\n<!-- one y -->\n<!-- / -->\n"
    assert filled(text) == "a\n<!-- one x -->\n(x)\n<!-- / -->\nb\n<!-- one y -->\n(y)\n<!-- / -->\n"
    assert filled(filled(text)) == filled(text)


def test_a_table_has_a_line_below_its_titles():
    assert (
        table(["", "a"], [["b", percent(0.98765)], ["c", percent(None)]])
        == "|  | a |\n| --- | --- |\n| b | 98.8 |\n| c | – |"
    )
