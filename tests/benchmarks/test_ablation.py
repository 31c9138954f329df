import pytest
from helpers import PARAMS
from ruamel.yaml import YAML

from benchmarks import ablation
from stages.common.errors import InputError
from stages.common.params import checked, merged
from stages.fuse.fusion import Fuse
from stages.train.settings import Train
from stages.tubes.settings import Tubes

PLAN = YAML(typ="safe").load(ablation.ROWS.read_text())
ROWS = {**PLAN["trained"], **PLAN["fused"]}


def test_dotted_names_meet_in_one_tree():
    assert ablation.nested({}) == {}
    changes = {"train.weights.arrow": 1, "fuse.map_filter": 3, "train.weights": {"middle": 0}, "train.depth": "deep"}
    tree = {"train": {"weights": {"arrow": 1, "middle": 0}, "depth": "deep"}, "fuse": {"map_filter": 3}}
    assert ablation.nested(changes) == tree


@pytest.mark.parametrize("row", ROWS)
def test_each_row_changes_parameters_that_there_are(row):
    changes = merged(ablation.nested(PLAN["all"]), ablation.nested(ROWS[row]))
    for section, kind in (("tubes", Tubes), ("train", Train), ("fuse", Fuse)):
        checked(merged(PARAMS[section], changes.pop(section, {})), kind, row)
    assert not changes
    if row in PLAN["fused"]:
        assert set(ablation.nested(ROWS[row])) <= {"fuse"}


def test_no_two_rows_are_the_same():
    for part in ("trained", "fused"):
        seen = [str(ablation.nested(changes)) for changes in PLAN[part].values()]
        assert len(seen) == len(set(seen))


def test_what_depends_on_a_change_runs_again_and_nothing_before():
    assert ablation.stages_from({}) == ablation.stages_from({"train": {}}) == ["train", "score"]
    assert ablation.stages_from({"tubes": {}, "train": {}}) == ["tubes", "teach", "train", "score"]
    with pytest.raises(InputError, match="fuse: no section of a trained row"):
        ablation.stages_from({"fuse": {}})


def test_an_unknown_row_is_named():
    with pytest.raises(InputError, match="--rows: 'no such' is no row of"):
        ablation.ablate("demo", ["no such"], jobs=1)
