"""What code a stage's pieces are named by: all that it reaches and nothing else, and the libraries' versions."""

from pathlib import Path

import pytest
from helpers import ROOT

from stages.common.running import code
from stages.common.running.code import imported_modules, reached_files, stage_files

HOUSE = {
    "stages/__init__.py": "# How threads wait.\n",
    "stages/common/__init__.py": "",
    "stages/common/running/cli.py": "import stages.common.running.params\n",
    "stages/common/running/params.py": "MESSAGE = 'not found'\n",
    "stages/common/boxes/iou.py": "",
    "stages/common/boxes/link.py": "from stages.common.boxes import never_empty\n",
    "stages/common/boxes/never_empty.py": "x = 1\n",
    "stages/common/other/unused.py": "x = 1\n",
    "stages/one/__main__.py": "from stages.common.running.cli import run\nfrom stages.one import late, settings\n",
    "stages/one/settings.py": "x = 1\n",
    "stages/one/late.py": "def f():\n    from stages.common.boxes import link\n",
    "stages/two/__main__.py": "import stages.two.settings\n",
    "stages/two/settings.py": "x = 1\n",
}


def write(root, files):
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


@pytest.fixture
def house(tmp_path):
    write(tmp_path, HOUSE)
    return tmp_path


def hashed(house):
    return code.code_hash.__wrapped__("one", house)


@pytest.mark.parametrize("name", [name for name in HOUSE if name != "stages/common/boxes/iou.py"])
def test_the_files_that_count_are_those_that_the_stage_reaches_but_for_what_runs_it(house, name):
    before = hashed(house)
    (house / name).write_text(HOUSE[name] + "# A comment more.\n")
    counts = name.startswith(("stages/one", "stages/common/boxes")) or name == "stages/common/__init__.py"
    assert (hashed(house) != before) == counts


def test_a_file_under_another_name_is_other_code(house):
    before = hashed(house)
    (house / "stages/one/late.py").rename(house / "stages/one/later.py")
    (house / "stages/one/__main__.py").write_text("from stages.one import later, settings\n")
    assert hashed(house) != before


@pytest.mark.parametrize("library", code.LIBRARIES)
def test_another_version_of_a_library_that_computes_counts(house, monkeypatch, library):
    before, version = hashed(house), code.version
    monkeypatch.setattr(code, "version", lambda name: "0.0.1" if name == library else version(name))
    assert hashed(house) != before


def test_a_library_that_is_not_installed_is_none():
    assert code.installed("no-such-library") is None and code.installed("numpy")


def test_the_libraries_are_named_as_they_are_installed():
    assert [library for library in code.LIBRARIES if code.installed(library) is None] == []


def test_the_projects_own_stages_reach_their_modules():
    files = [file.as_posix() for file in stage_files("decode")]
    assert {"stages/decode/__main__.py", "stages/common/running/pieces.py"} <= set(files) and files == sorted(files)
    assert not [file for file in files if file.startswith("stages/detect/")] and Path(code.ROOT) == ROOT


def test_a_file_without_imports_reaches_itself_alone(tmp_path):
    write(tmp_path, {"lone.py": ""})
    assert reached_files(Path("lone.py"), tmp_path) == {Path("lone.py")}


def test_the_walk_finds_imports_of_every_form_and_follows_them(tmp_path):
    bodies = {
        "stages/a/__main__.py": "import os, stages.b.plain\nfrom stages.c import module\n",
        "stages/b/plain.py": "def late():\n    from stages.b.inner import thing\n",
        "stages/b/inner.py": "if True:\n    from ..d import relative\n    from . import sibling\n",
        "stages/b/sibling.py": "import stages.a.__main__\n",
        "stages/c/__init__.py": "from stages.c.by_init import x\n",
        "stages/c/module.py": "",
        "stages/c/by_init.py": "x = 1\n",
        "stages/d/relative.py": "",
        "stages/d/never.py": "",
        "stages/__init__.py": "",
    }
    write(tmp_path, bodies)
    expected = {Path(name) for name in bodies} - {Path("stages/d/never.py")}
    assert reached_files(Path("stages/a/__main__.py"), tmp_path) == expected


def test_imported_names_may_be_modules_or_what_stands_in_them(tmp_path):
    write(tmp_path, {"a/b.py": "from x.y import (\n    z,\n    w as v,\n)\n"})
    assert imported_modules(Path("a/b.py"), tmp_path) == {"x.y", "x.y.z", "x.y.w"}


def test_who_takes_the_modules_of_a_folder_reaches_them_all(tmp_path):
    write(tmp_path, {"a/b.py": "ALL = modules_in(__name__, [])\n", "a/c.py": "import a.d.e\n", "a/d/e.py": ""})
    assert reached_files(Path("a/b.py"), tmp_path) == {Path("a/b.py"), Path("a/c.py"), Path("a/d/e.py")}
