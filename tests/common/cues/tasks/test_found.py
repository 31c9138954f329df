import sys

from stages.common.cues.tasks.found import modules_in


def test_the_cues_of_a_folder_are_its_files_that_say_their_place_in_its_order(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    folder = tmp_path / "some_cues"
    folder.mkdir()
    for name, text in {
        "b": "PLACE = 2",
        "a": "PLACE = 2",
        "late": "PLACE = 9.5",
        "z": "PLACE = 1",
        "help": "X = 1",
    }.items():
        (folder / f"{name}.py").write_text(text)
    (folder / "__init__.py").write_text("")
    found = modules_in("some_cues", [str(folder)])
    assert list(found) == ["z", "a", "b", "late"]
    assert found["late"] is sys.modules["some_cues.late"] and found["late"].PLACE == 9.5


def test_a_folder_without_cues_has_none(tmp_path):
    assert modules_in("nothing", [str(tmp_path)]) == {}
