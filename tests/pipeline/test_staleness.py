"""What has to run again after what change: a table, held to what DVC says."""

import copy
import json
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
ALL = set(YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"])

# A value of each section of params.yaml, and the stages that are stale when it is another; beside them the report,
# which states all parameters.
BY_PARAM = {
    "machine.workers": (2, set()),
    "machine.dask": ("tcp://127.0.0.1:8786", set()),
    "computing.device": ("cuda", {"detect", "teach", "train", "score"}),
    "footage.images_fps": (24.0, {"footage"}),
    "weights.teacher": ({"file": "other.onnx", "sha256": "0" * 8}, {"weights"}),
    "decode.grey": (True, {"footage", "decode", "detect"}),
    "detect.motion.contrast": (25.5, {"detect"}),
    "tubes.context": (0.3, {"tubes", "train", "fuse"}),
    "teach.size": (48, {"teach", "score"}),
    "train.seed": (1, {"train"}),
    "score.batch": (31, {"score"}),
    "fuse.map_filter": (3, {"fuse"}),
    "report.events_shown": (7, set()),
    "sets.demo.train.seed": (1, {"train"}),
    "sets.demo.tubes.context": (0.3, {"tubes", "train", "fuse"}),
    "sets.demo.fuse.map_filter": (3, {"fuse"}),
    "sets.other": ({"train": {"seed": 1}}, set()),
}
SCORED = {"fuse", "evaluate", "report"}
# A file of each folder of code, and the stages that are stale when a comment is added to it.
BY_FILE = {
    "stages/common/running/pieces.py": set(),
    "stages/common/running/errors.py": set(),
    "stages/common/source/pictures.py": {"footage", "decode"},
    "stages/common/tables/schemas.py": ALL,
    "stages/common/frames/store.py": {"decode", "detect", "sheets", "velocity", "tubes", "report"},
    "stages/common/objects/boxes.py": {"detect", "fuse", "evaluate", "report"},
    "stages/common/cues/tasks/arrow.py": {"train", "score", *SCORED},
    "stages/common/cues/features.py": {"score", *SCORED},
    "stages/common/cues/shape.py": SCORED,
    "stages/common/cues/velocity.py": {"velocity", *SCORED},
    "stages/common/computing/precision.py": {"detect", "teach", "train", "score"},
    "stages/common/pretrained/onnx.py": {"weights", "detect", "teach"},
    "stages/common/network/network.py": {"train", "score"},
    "stages/common/network/tubes.py": {"teach", "train", "score"},
    "stages/common/metrics/incidents.py": {"evaluate", "report"},
    "stages/common/drawing/h264.py": {"render", "sheets", "report"},
    "stages/render/render.py": {"render"},
    "stages/footage/layouts/folder.py": {"footage"},
    "stages/weights/__main__.py": {"weights"},
    "stages/decode/gate.py": {"decode"},
    "stages/detect/motion.py": {"detect"},
    "stages/velocity/__main__.py": {"velocity"},
    "stages/tubes/settings.py": {"tubes"},
    "stages/teach/teachers.py": {"teach"},
    "stages/train/loop.py": {"train"},
    "stages/score/tasks.py": {"score"},
    "stages/fuse/smoothing.py": {"fuse"},
    "stages/evaluate/summary.py": {"evaluate"},
    "stages/sheets/sheet.py": {"sheets"},
    "stages/report/events.py": {"report"},
    "stages/report/page.html": {"report"},
}


def of_demo(stages: set[str]) -> set[str]:
    return {f"{stage}@demo" for stage in stages}


@contextmanager
def restored(file: Path):
    """`file` as it was, when the block ends."""
    before = file.read_bytes()
    try:
        yield
    finally:
        file.write_bytes(before)


def test_the_tables_have_every_section_and_every_stage_folder():
    assert {Path(file).parts[1] for file in BY_FILE} == ALL | {"common"}
    sections = set(YAML(typ="safe").load(ROOT / "params.yaml"))
    assert {key.split(".")[0] for key in BY_PARAM} == sections


def test_right_after_a_run_nothing_is_stale_and_nothing_runs_again(project):
    assert project.stale() == set()
    assert json.loads(project.dvc("status", "--json")) == {}
    said = project.dvc("repro")
    assert "Running stage" not in said and "up to date" in said


@pytest.mark.parametrize("key", BY_PARAM)
def test_a_changed_value_makes_stale_the_stages_that_read_it_and_no_other(project, key):
    value, stages = BY_PARAM[key]
    params = project.params()
    changed = copy.deepcopy(params)
    *parents, last = key.split(".")
    section = changed
    for parent in parents:
        section = section[parent]
    assert section.get(last) != value
    section[last] = value
    with restored(project.folder / "params.yaml"):
        project.write_params(changed)
        stated = key.split(".")[0] != "machine" and key != "sets.other"
        assert project.stale() == of_demo(stages | ({"report"} if stated else set()))


@pytest.mark.parametrize("name", BY_FILE)
def test_a_changed_file_makes_stale_the_stages_that_import_it_and_no_other(project, name):
    file = project.folder / name
    with restored(file):
        file.write_text(file.read_text() + "# A comment more.\n")
        assert project.stale() == of_demo(BY_FILE[name])


def test_changed_footage_makes_stale_the_stages_that_look_at_it(project):
    tracks = project.folder / "data/raw/demo/tracks/test_01.txt"
    with restored(tracks):
        tracks.write_text("0,1,2,3,4,5\n")
        assert project.stale() == of_demo({"render", "footage", "decode"})


def test_a_changed_recipe_is_rendered_and_makes_nothing_else_stale_before_it_gives_other_footage(project):
    recipe = project.folder / "data/recipes/demo.yaml"
    with restored(recipe):
        recipe.write_text(recipe.read_text() + "# A comment more.\n")
        assert project.stale() == of_demo({"render"})


def test_a_verdict_makes_stale_what_puts_the_scores_together_and_nothing_before(project):
    verdicts = project.folder / "data/verdicts/demo.csv"
    with restored(verdicts):
        verdicts.write_text(verdicts.read_text() + "demo,a.mp4,1,1,1,0,0,1,1,unsure,,,\n")
        assert project.stale() == of_demo({"fuse"})


@pytest.mark.parametrize("names", ["demo, other", "other"])
def test_one_more_set_leaves_the_others_as_they_are_and_who_is_not_named_is_not_asked_about(project, names):
    params = project.params()
    params["sets"]["other"] = params["sets"]["demo"]
    with restored(project.folder / "params.yaml"), restored(project.folder / "datasets.yaml"):
        project.write_params(params)
        (project.folder / "datasets.yaml").write_text(f"datasets: [{names}]\nrendered: []\n")
        assert project.stale() == {f"{stage}@other" for stage in ALL - {"render"}}


def test_bytecode_beside_the_code_makes_nothing_stale(project):
    caches = list((project.folder / "stages").rglob("__pycache__"))
    for cache in caches:
        shutil.rmtree(cache)
    assert project.stale() == set()
    modules = ", ".join(f"stages.{stage}.__main__" for stage in ("weights", "decode"))
    project.run(sys.executable, "-c", f"import {modules}")
    made = list((project.folder / "stages").rglob("*.pyc"))
    assert {"common", "weights", "decode"} <= {file.parts[-3] for file in made}
    assert project.stale() == set()


@pytest.mark.slow
def test_running_everything_again_changes_no_byte_of_the_lock(project):
    before = (project.folder / "dvc.lock").read_bytes()
    said = project.dvc("repro", "--force")
    assert said.count("Running stage") == len(ALL)
    assert (project.folder / "dvc.lock").read_bytes() == before
