from pathlib import Path

import pytest
from helpers import ROOT
from ruamel.yaml import YAML

from benchmarks import ablation
from benchmarks.cue_weights import each
from stages.common.cues.all import ALL
from stages.common.cues.tasks import TASKS
from stages.common.running.errors import InputError
from stages.common.running.params import all_values, check, merged

PARAMS = ROOT / "params.yaml"
PLANS = {file.stem: YAML(typ="safe").load(file.read_text()) for file in (ROOT / "benchmarks").glob("*.yaml")}
for parts in PLANS.values():
    parts |= {part: each(parts[part]) for part in ("trained", "fused")}
ROWS = [(plan, part, row) for plan, parts in PLANS.items() for part in ("trained", "fused") for row in parts[part]]


def test_each_task_and_each_other_cue_has_its_rows():
    plan = ablation.read_plan(ROOT / ablation.PLAN)
    for task in TASKS:
        assert plan["trained"][f"{task} alone"]["train"]["weights"] == {other: 0 for other in TASKS if other != task}
        assert plan["trained"][f"without {task}"]["train"]["weights"] == {task: 0}
    for cue in set(ALL) - set(TASKS):
        alone = {other: 0 for other in ALL if other != cue} | {cue: 1}
        assert plan["fused"][f"{cue} alone"]["fuse"]["weights"] == alone
        assert plan["fused"][f"without {cue}"]["fuse"]["weights"] == {cue: 0}
    besides = {cue: 0 for cue in ALL if cue not in TASKS}
    assert plan["trained_as"]["fuse"]["weights"] == plan["fused"]["the four tasks"]["fuse"]["weights"] == besides


def test_dotted_names_meet_in_one_tree():
    assert ablation.nested({}) == {}
    changes = {"train.weights.arrow": 1, "fuse.map_filter": 3, "train.weights": {"middle": 0}, "train.depth": "deep"}
    tree = {"train": {"weights": {"arrow": 1, "middle": 0}, "depth": "deep"}, "fuse": {"map_filter": 3}}
    assert ablation.nested(changes) == tree


@pytest.mark.parametrize("plan, part, row", ROWS)
def test_each_row_changes_parameters_that_there_are(plan, part, row):
    change = ablation.nested(PLANS[plan][part][row])
    changes = merged(ablation.nested(PLANS[plan]["all"]), change)
    assert set(changes) <= set(ablation.STAGES)
    check(merged(all_values("ped2", PARAMS), changes), "ped2", PARAMS)
    if part == "fused":
        assert set(change) <= {"fuse"}


@pytest.mark.parametrize("plan", PLANS)
def test_trained_rows_are_fused_by_parameters_that_there_are(plan):
    changes = ablation.nested(PLANS[plan]["trained_as"])
    assert set(changes) <= {"fuse"}
    check(merged(all_values("ped2", PARAMS), changes), "ped2", PARAMS)


def test_no_two_rows_are_the_same():
    for plan in PLANS.values():
        for part in ("trained", "fused"):
            seen = [str(ablation.nested(changes)) for changes in plan[part].values()]
            assert len(seen) == len(set(seen))


def ran(monkeypatch, changes: dict, stages: list[str] = ablation.STAGES) -> dict:
    """The stages that run for these changes to ped2, each with the inputs that an earlier one has made."""
    monkeypatch.chdir(ROOT)
    found = {}

    def run_stage(stage, name, inputs, params):
        found[stage] = [path for path, place in inputs.items() if ROOT not in place.parents]
        return Path("/scratch") / stage

    monkeypatch.setattr(ablation, "run_stage", run_stage)
    ablation.made("ped2", ablation.nested(changes), stages)
    return found


def test_what_depends_on_a_change_runs_again_and_nothing_else(monkeypatch):
    assert ran(monkeypatch, {}) == ran(monkeypatch, {"train.precision": "bfloat16"}) == {}
    fused = ran(monkeypatch, {"fuse.map_filter": 3})
    assert fused == {"fuse": [], "evaluate": ["data/ped2/frame_scores"]}
    trained = ran(monkeypatch, {"train.seed": 1}, ablation.SCORED)
    assert trained == {"train": [], "score": ["models/ped2/network"]}
    cut = ran(monkeypatch, {"tubes.context": 0.3})
    assert list(cut) == ["tubes", "teach", "train", "score", "fuse", "evaluate"]
    assert cut["score"] == ["data/ped2/tubes", "data/ped2/teacher", "models/ped2/network"]
    found = ran(monkeypatch, {"weights.detector": {"file": "a.onnx", "sha256": "0"}})
    assert list(found) == ablation.STAGES and found["detect"] == ["models/ped2/weights/detector"]


def test_a_section_of_which_no_row_is_made_is_named(monkeypatch):
    with pytest.raises(InputError, match="footage: no section that a row may change"):
        ran(monkeypatch, {"footage.seed": 1})


def test_an_unknown_row_is_named():
    with pytest.raises(InputError, match="--rows: 'no such' is no row of"):
        ablation.ablate("demo", ROOT / ablation.PLAN, ["no such"], jobs=1)
