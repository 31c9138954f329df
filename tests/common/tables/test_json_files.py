"""JSON files: one form, whole, and no number that JSON lacks."""

import json
import os

import pytest

from stages.common.tables.json_files import save_json


def test_json_has_one_form(tmp_path):
    path = tmp_path / "a.json"
    save_json(path, {})
    assert path.read_text() == "{}\n"
    save_json(path, {"b": 1, "a": {"d": None, "c": 0.5}})
    first = path.read_bytes()
    save_json(path, {"a": {"c": 0.5, "d": None}, "b": 1})
    assert path.read_bytes() == first and first.endswith(b"}\n")
    assert json.loads(first) == {"a": {"c": 0.5, "d": None}, "b": 1}


def test_json_without_numbers_that_json_lacks(tmp_path):
    path = tmp_path / "a.json"
    save_json(path, {"a": 1})
    with pytest.raises(ValueError):
        save_json(path, {"a": float("nan")})
    assert json.loads(path.read_text()) == {"a": 1} and os.listdir(tmp_path) == ["a.json"]
