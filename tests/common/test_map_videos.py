"""Work video by video: the same pieces in the same order from any number of workers, and none made twice."""

import functools
import os
from pathlib import Path

import piece_makers
import pytest
from helpers import tree

from stages.common.running import pieces as videos
from stages.common.running.errors import InputError
from stages.common.running.params import Machine
from stages.common.running.pieces import Job, piece_key


@pytest.fixture(autouse=True)
def work(tmp_path, monkeypatch):
    """Absolute, since workers outlive a test and the folder it ran in."""
    monkeypatch.setattr(videos, "WORK", tmp_path / ".work")
    return tmp_path / ".work"


def map_videos(stage, jobs, workers):
    return videos.map_videos(stage, jobs, Machine(workers=workers, device="cpu"))


def jobs_of(tmp_path, names, content=0, make=piece_makers.note):
    log = tmp_path / "log"
    return [Job(name, {"video": name, "content": content}, functools.partial(make, log, name)) for name in names]


def made(tmp_path):
    log = tmp_path / "log"
    return log.read_text().split() if log.exists() else []


def whole(folder):
    """A finished piece's video; every piece that is there by its name is finished."""
    video = (folder / "first").read_text()
    assert (folder / "second").read_text() == video * 3
    return video


def pieces_in(work):
    return sorted(whole(folder) for folder in (work / "stage").iterdir() if not folder.name.startswith("."))


@pytest.mark.filterwarnings("ignore:0 tasks which were still being processed")
@pytest.mark.parametrize("workers", [1, 3])
def test_no_videos_no_pieces(work, workers, capsys):
    assert list(map_videos("stage", [], workers)) == []
    assert not work.exists() and capsys.readouterr().err == ""


@pytest.mark.parametrize("workers", [1, 3])
def test_pieces_come_in_the_jobs_order(tmp_path, work, workers, capsys):
    jobs = jobs_of(tmp_path, "abcd", make=piece_makers.slow_first)
    pieces = list(map_videos("stage", jobs, workers))
    assert [whole(piece) for piece in pieces] == list("abcd")
    assert sorted(made(tmp_path)) == list("abcd")
    assert {piece.parent for piece in pieces} == {work / "stage"}
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in lines] == [f"  video {n}/4 {name}" for n, name in enumerate("abcd", 1)]


def test_any_number_of_workers_writes_the_same_names_and_bytes(tmp_path, monkeypatch):
    results = []
    for workers in (1, 3):
        monkeypatch.setattr(videos, "WORK", tmp_path / str(workers))
        list(map_videos("stage", jobs_of(tmp_path, "abc"), workers))
        results.append(tree(tmp_path / str(workers)))
    assert results[0] == results[1] and len(results[0]) == 6


def test_several_workers_are_other_processes(tmp_path):
    jobs = [Job(name, {"video": name}, piece_makers.note_process) for name in "ab"]
    processes = {int((piece / "process").read_text()) for piece in map_videos("stage", jobs, 2)}
    assert os.getpid() not in processes


def test_a_finished_piece_is_not_made_again(tmp_path):
    first = list(map_videos("stage", jobs_of(tmp_path, "ab"), 1))
    again = list(map_videos("stage", jobs_of(tmp_path, "abc"), 1))
    assert made(tmp_path) == ["a", "b", "c"]
    assert again[:2] == first


def test_changed_content_makes_the_piece_again_and_keeps_the_old_one(tmp_path, work):
    old = list(map_videos("stage", jobs_of(tmp_path, "ab"), 1))
    new = list(map_videos("stage", jobs_of(tmp_path, "ab", content=1), 1))
    assert made(tmp_path) == list("abab") and not set(old) & set(new)
    assert list(map_videos("stage", jobs_of(tmp_path, "ab"), 1)) == old
    assert made(tmp_path) == list("abab")


def test_changed_code_makes_the_piece_again(tmp_path, monkeypatch):
    list(map_videos("stage", jobs_of(tmp_path, "a"), 1))
    monkeypatch.setattr(videos, "code_hash", lambda: "other code")
    list(map_videos("stage", jobs_of(tmp_path, "a"), 1))
    assert made(tmp_path) == ["a", "a"]


def test_stages_do_not_share_pieces(tmp_path, work):
    for stage in ("stage", "other"):
        list(map_videos(stage, jobs_of(tmp_path, "a"), 1))
    assert made(tmp_path) == ["a", "a"] and sorted(os.listdir(work)) == ["other", "stage"]


@pytest.mark.parametrize("workers", [1, 3])
def test_videos_of_one_content_share_a_piece_that_is_made_once(tmp_path, workers, capsys):
    make = functools.partial(piece_makers.note, tmp_path / "log", "x")
    jobs = [Job(name, {"content": name in "be"}, make) for name in "abcde"]
    pieces = list(map_videos("stage", jobs, workers))
    assert made(tmp_path) == ["x", "x"]
    assert [piece == pieces[0] for piece in pieces] == [True, False, True, True, False]
    assert [whole(piece) for piece in pieces] == ["x"] * 5
    assert [line.split()[2].rstrip(":") for line in capsys.readouterr().err.splitlines()] == list("abcde")


@pytest.mark.parametrize("error", [InputError, ZeroDivisionError])
@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_keeps_what_is_finished_and_leaves_no_half_piece(tmp_path, work, workers, error):
    good = jobs_of(tmp_path, "abc")
    bad = [good[0], Job("b", good[1].content, functools.partial(piece_makers.fail, error)), good[2]]
    finished = []
    with pytest.raises(error, match="told to fail"):
        for piece in map_videos("stage", bad, workers):
            finished.append(whole(piece))
    assert finished == ["a"]
    assert pieces_in(work) in (["a"], ["a", "c"])
    assert [whole(piece) for piece in map_videos("stage", good, 1)] == ["a", "b", "c"]
    assert made(tmp_path).count("a") == 1 and made(tmp_path).count("b") == 1


def test_a_stage_that_was_stopped_goes_on(tmp_path, work):
    good = jobs_of(tmp_path, "abc")
    bad = [good[0], Job("b", good[1].content, functools.partial(piece_makers.fail, KeyboardInterrupt)), good[2]]
    with pytest.raises(KeyboardInterrupt):
        list(map_videos("stage", bad, 1))
    assert pieces_in(work) == ["a"] and [p for p in (work / "stage").iterdir() if p.name.startswith(".")] == []
    list(map_videos("stage", good, 1))
    assert made(tmp_path) == ["a", "b", "c"]


def test_a_key_depends_on_content_and_code_and_not_on_the_order_of_keys():
    keys = [piece_key(content, code) for content in ({}, {"a": 1}, {"a": 2}, {"b": 1}) for code in ("x", "y")]
    assert len(set(keys)) == len(keys)
    assert piece_key({"a": 1, "b": 2}, "x") == piece_key({"b": 2, "a": 1}, "x")


def test_the_code_that_counts_is_the_projects_own():
    first = videos.code_hash.__wrapped__()
    assert first == videos.code_hash.__wrapped__() and len(first) == 64
    assert Path(videos.__file__).parts[-3:] == ("stages", "common", "videos.py")
