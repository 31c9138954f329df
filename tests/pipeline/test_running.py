"""Nothing in stages/common/running/ changes a result: with all of it in other words the same bytes come out."""

import ast
import shutil
import sys
from pathlib import Path

import pytest
from projects import RUN_STAGES, STAGES, Project
from ruamel.yaml import YAML

from stages.common.running.files import sha256

RUNNING = "stages/common/running"


class OtherWords(ast.NodeTransformer):
    """Every message to the user and every docstring says something more; comments and layout go."""

    def visit_Raise(self, node):
        for text in ast.walk(node):
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                text.value += " In other words."
        return node

    def visit_FunctionDef(self, node):
        if ast.get_docstring(node):
            node.body[0].value.value += "\n\nIn other words."
        return self.generic_visit(node)


def reword(folder: Path) -> None:
    for file in (folder / RUNNING).glob("*.py"):
        before = file.read_text()
        file.write_text(ast.unparse(OtherWords().visit(ast.parse(before))) + "\n# A comment more.\n")
        assert file.read_text() != before


def outputs(folder: Path) -> dict[str, str]:
    """The hash of each output."""
    lock = YAML(typ="safe").load(folder / "dvc.lock")["stages"]
    return {out["path"]: sha256(folder / out["path"]) for stage in lock.values() for out in stage["outs"]}


def pieces(folder: Path) -> dict[Path, int]:
    """But those of `footage`: what is rendered anew are other files, of which it is found out anew what they are."""
    notes = [note for note in folder.rglob(".work/**/sha256") if "footage" not in note.parts]
    return {note: note.stat().st_mtime_ns for note in notes}


def test_in_other_words_every_piece_is_used_again_and_every_output_is_the_same(reproduced, tmp_path):
    project = Project(tmp_path / "project")
    shutil.copytree(reproduced, project.folder)
    reword(project.folder)
    before = pieces(project.folder)
    said = project.attempt(sys.executable, "-c", RUN_STAGES, "demo", *STAGES)
    assert said.returncode == 0 and "going on after epoch" in said.stderr, said.stderr
    assert pieces(project.folder) == before and len(before) > 20
    assert outputs(project.folder) == outputs(reproduced)


@pytest.mark.slow
def test_in_other_words_a_run_from_nothing_gives_the_same_bytes(reproduced, fresh):
    reword(fresh.folder)
    fresh.dvc("repro")
    assert outputs(fresh.folder) == outputs(reproduced)
