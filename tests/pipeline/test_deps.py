"""Each stage's deps and params in dvc.yaml against what its code imports and loads: DVC follows neither by itself."""

import ast
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from stages.common.running.code import file_of, imported_modules, reached_files
from stages.common.running.params import SECTIONS

ROOT = Path(__file__).parents[2]
STAGES = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]
PARAMS = YAML(typ="safe").load(ROOT / "params.yaml")
SET = "${item.set}"


def code_deps(stage: str) -> list[Path]:
    return [Path(dep) for dep in STAGES[stage]["deps"] if dep.startswith("stages/")]


def covered(file: Path, deps: list[Path]) -> bool:
    return any(dep == file or dep in file.parents for dep in deps)


def loaded_sections(files: set[Path], root: Path = ROOT) -> set[str]:
    """Sections named in calls of `load("section", ...)`."""
    calls = [
        node
        for file in files
        for node in ast.walk(ast.parse((root / file).read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", None)) == "load"
    ]
    firsts = [call.args[0] for call in calls if call.args]
    return {first.value for first in firsts if isinstance(first, ast.Constant) and isinstance(first.value, str)}


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def test_sections_are_found_where_they_are_loaded(tmp_path):
    write(tmp_path, {"a.py": "x, y = 1, load('one', Kind, name)\nparams.load('two', Kind)\nload_machine('three')\n"})
    assert loaded_sections({Path("a.py")}, tmp_path) == {"one", "two"}


PACKAGE, COMMON = Path("stages/__init__.py"), Path("stages/common")
# Each room of stages/common imports those before it alone.
ROOMS = ["running", "source", "tables", "frames", "objects", "cues", "computing", "pretrained", "network", "metrics"]
ROOMS += ["drawing"]


def holds(file: Path) -> bool:
    """Whether a file could change a result: not one that says a sentence alone, and not what runs the stages."""
    statements = ast.parse((ROOT / file).read_text()).body
    said = all(isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant) for each in statements)
    return not said and file != PACKAGE and COMMON / "running" not in file.parents


def test_the_package_itself_says_only_how_threads_wait():
    """It is in no stage's deps, so it must hold nothing that could change a result."""
    docstring, imported, said = ast.parse((ROOT / PACKAGE).read_text()).body
    assert isinstance(docstring, ast.Expr)
    assert ast.unparse(imported) == "import os"
    assert ast.unparse(said) == "os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')"


def test_the_rooms_are_known():
    assert {path.name for path in (ROOT / COMMON).iterdir() if path.name != "__pycache__"} == {*ROOMS, "__init__.py"}


@pytest.mark.parametrize("folder", [*STAGES, *(f"common/{room}" for room in ROOMS)])
def test_a_stage_imports_itself_and_common_alone_and_a_room_the_rooms_before_it(folder):
    place = Path("stages") / folder
    allowed = [place, *(COMMON / room for room in (ROOMS[: ROOMS.index(place.name)] if "/" in folder else ROOMS))]
    imported = {
        (file.relative_to(ROOT).as_posix(), found.as_posix())
        for file in (ROOT / place).rglob("*.py")
        for module in imported_modules(file.relative_to(ROOT), ROOT)
        if (found := file_of(module, ROOT)) and found not in (PACKAGE, COMMON / "__init__.py")
    }
    assert [pair for pair in sorted(imported) if not any(each in Path(pair[1]).parents for each in allowed)] == []


@pytest.mark.parametrize("stage", STAGES)
def test_every_file_that_a_stage_imports_is_covered_by_its_deps(stage):
    reached = reached_files(Path(f"stages/{stage}/__main__.py"))
    assert len(reached) > 3
    missing = [str(file) for file in sorted(reached) if holds(file) and not covered(file, code_deps(stage))]
    assert missing == []


@pytest.mark.parametrize("stage", STAGES)
def test_every_code_dep_of_a_stage_is_imported_by_it_and_is_no_part_of_what_runs_it(stage):
    reached = reached_files(Path(f"stages/{stage}/__main__.py"))
    for dep in code_deps(stage):
        assert (ROOT / dep).exists(), dep
        assert any(covered(file, [dep]) for file in reached), dep
        assert dep.parts[:3] != ("stages", "common", "running")


def params_of(stage: str) -> list[str]:
    return STAGES[stage].get("params", [])


@pytest.mark.parametrize("stage", STAGES)
def test_the_params_of_a_stage_are_the_sections_that_its_code_loads_for_all_sets_and_for_its_own(stage):
    loaded = loaded_sections(reached_files(Path(f"stages/{stage}/__main__.py")))
    assert loaded or stage in ("render", "velocity", "sheets", "evaluate")  # the ones without a knob
    expected = sorted([*loaded, *(f"sets.{SET}.{section}" for section in loaded)])
    if stage == "report":  # whose page states them all
        expected = sorted([*SECTIONS, f"sets.{SET}"])
    assert sorted(params_of(stage)) == expected


@pytest.mark.parametrize("name", PARAMS["sets"])
def test_every_set_has_every_section_since_dvc_asks_for_it(name):
    asked = {section for stage in STAGES for section in params_of(stage) if not section.startswith("sets.")}
    assert set(PARAMS["sets"][name]) == asked
    assert asked <= set(PARAMS)


@pytest.mark.parametrize("stage", STAGES)
def test_every_dep_that_is_data_is_what_a_stage_puts_out_or_the_source(stage):
    outs = {out for other in STAGES.values() for out in other.get("outs", [])}
    outs |= {out for other in STAGES.values() for metric in other.get("metrics", []) for out in metric}
    data = [dep for dep in STAGES[stage]["deps"] if not dep.startswith("stages/")]
    given = {f"data/raw/{SET}", f"data/recipes/{SET}.yaml", f"data/verdicts/{SET}.csv"}
    assert [dep for dep in data if dep not in outs | given] == []


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_is_run_by_its_own_name_for_each_set(stage):
    assert STAGES[stage]["cmd"] == f"python -m stages.{stage} {SET}"
    assert STAGES[stage]["matrix"] == {"set": "${rendered}" if stage == "render" else "${datasets}"}


def test_no_module_is_imported_by_a_name_that_the_walk_cannot_see():
    """The walk takes what lies beside a file with `import_module`; that of all settings changes nothing."""
    named = [file for file in sorted((ROOT / "stages").rglob("*.py")) if "import_module" in file.read_text()]
    expected = ["stages/common/cues/tasks/found.py", "stages/common/running/params.py", "stages/detect/clip.py"]
    assert [file.relative_to(ROOT).as_posix() for file in named if file.name != "code.py"] == expected
    assert not any("__import__(" in file.read_text() for file in (ROOT / "stages").rglob("*.py"))
