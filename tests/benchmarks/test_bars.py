"""Bars of an ablation: of the same bytes for the same table."""

import math
from pathlib import Path

import pandas as pd
import pytest
from helpers import ROOT

from benchmarks.bars import draw, main
from stages.common.running.errors import InputError

TABLE = ROOT / "metrics/ablation_ped2.csv"


def test_every_row_and_metric_has_a_bar():
    table = pd.read_csv(TABLE)
    figure = draw(table, ["micro_auc", "tbdc"])
    for axis, metric in zip(figure.axes, ("micro_auc", "tbdc"), strict=True):
        assert [bar.get_width() for bar in axis.patches] == pytest.approx((100 * table[metric]).tolist())
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == table["row"].tolist()


def test_what_is_undefined_has_none():
    table = pd.DataFrame({"row": ["a", "b $x$"], "rbdc": [0.5, math.nan]})
    assert [text.get_text() for text in draw(table, ["rbdc"]).axes[0].texts] == ["50.0"]


def test_the_same_table_gives_the_same_bytes(tmp_path):
    made = []
    for folder in ("one", "other"):
        targets = [tmp_path / folder / f"bars.{kind}" for kind in ("png", "svg")]
        main(TABLE, targets, ["rbdc"])
        made.append([target.read_bytes() for target in targets])
    assert made[0] == made[1] and made[0][0].startswith(b"\x89PNG") and b"<svg" in made[0][1]


@pytest.mark.parametrize(
    "text, metrics, message",
    [("row,rbdc\n", ["rbdc"], "no row"), ("row,rbdc\na,0.5\n", ["auc"], "no column 'auc'; there are .'rbdc'.")],
)
def test_what_cannot_be_drawn_is_said(tmp_path, text, metrics, message):
    (tmp_path / "table.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        main(tmp_path / "table.csv", [tmp_path / "a.png"], metrics)
    with pytest.raises(InputError, match="nothing.csv: not found"):
        main(Path("nothing.csv"), [], metrics)
