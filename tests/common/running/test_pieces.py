"""Work video by video: the same pieces in the same order from any number of workers, and none made twice."""

import functools
import gc
import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import piece_makers
import pytest
from helpers import ROOT, tree

from stages.common.running import pieces
from stages.common.running.errors import InputError
from stages.common.running.params import Machine
from stages.common.running.pieces import Job, piece_key


@pytest.fixture(autouse=True)
def work(tmp_path, monkeypatch):
    """Absolute, since workers outlive a test and the folder it ran in."""
    monkeypatch.setattr(pieces, "WORK", tmp_path / ".work")
    return tmp_path / ".work"


def map_videos(stage, jobs, workers, name="mine"):
    return pieces.map_videos(stage, name, jobs, Machine(workers=workers))


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


def pieces_in(work, stage="decode"):
    return sorted(whole(folder) for folder in (work / stage).glob("*/piece"))


def left_in(work):
    """What beside finished pieces and the sets' lists lies there."""
    return [path for path in (work / "decode").iterdir() if path.suffix != ".keys" and not (path / "sha256").exists()]


@pytest.mark.parametrize("workers", [1, 3])
def test_no_videos_no_pieces(work, workers, capsys):
    assert list(map_videos("decode", [], workers)) == []
    assert pieces_in(work) == left_in(work) == [] and capsys.readouterr().err == ""


@pytest.mark.parametrize("names", ["", "abc"])
def test_a_good_run_ends_without_a_warning(tmp_path, names):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        list(map_videos("decode", jobs_of(tmp_path, names), 3))
        gc.collect()


@pytest.mark.parametrize("workers", [1, 3])
def test_pieces_come_in_the_jobs_order(tmp_path, work, workers, capsys):
    jobs = jobs_of(tmp_path, "abcd", make=piece_makers.slow_first)
    found = list(map_videos("decode", jobs, workers))
    assert [whole(piece) for piece in found] == list("abcd")
    assert sorted(made(tmp_path)) == list("abcd")
    assert {piece.parents[1] for piece in found} == {work / "decode"}
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in lines] == [f"  video {n}/4 {name}" for n, name in enumerate("abcd", 1)]


def test_any_number_of_workers_writes_the_same_names_and_bytes(tmp_path, monkeypatch):
    results = []
    for workers in (1, 3):
        monkeypatch.setattr(pieces, "WORK", tmp_path / str(workers))
        list(map_videos("decode", jobs_of(tmp_path, "abc"), workers))
        results.append(tree(tmp_path / str(workers)))
    assert results[0] == results[1] and len(results[0]) == 3 * 3 + 1


def test_several_workers_are_other_processes(tmp_path):
    jobs = [Job(name, {"video": name}, piece_makers.note_process) for name in "ab"]
    processes = {int((piece / "process").read_text()) for piece in map_videos("decode", jobs, 2)}
    assert os.getpid() not in processes


def test_a_finished_piece_is_not_made_again(tmp_path):
    first = list(map_videos("decode", jobs_of(tmp_path, "ab"), 1))
    again = list(map_videos("decode", jobs_of(tmp_path, "abc"), 1))
    assert made(tmp_path) == ["a", "b", "c"]
    assert again[:2] == first


def test_changed_content_makes_the_piece_again(tmp_path):
    old = list(map_videos("decode", jobs_of(tmp_path, "ab"), 1))
    new = list(map_videos("decode", jobs_of(tmp_path, "ab", content=1), 1))
    assert made(tmp_path) == list("abab") and not set(old) & set(new)


def test_changed_code_makes_the_piece_again(tmp_path, monkeypatch):
    list(map_videos("decode", jobs_of(tmp_path, "a"), 1))
    monkeypatch.setattr(pieces, "code_hash", lambda stage: "other code")
    list(map_videos("decode", jobs_of(tmp_path, "a"), 1))
    assert made(tmp_path) == ["a", "a"]


def test_stages_do_not_share_pieces(tmp_path, work):
    for stage in ("decode", "detect"):
        list(map_videos(stage, jobs_of(tmp_path, "a"), 1))
    assert made(tmp_path) == ["a", "a"] and sorted(os.listdir(work)) == ["decode", "detect"]


@pytest.mark.parametrize("workers", [1, 3])
def test_videos_of_one_content_share_a_piece_that_is_made_once(tmp_path, workers, capsys):
    make = functools.partial(piece_makers.note, tmp_path / "log", "x")
    jobs = [Job(name, {"content": name in "be"}, make) for name in "abcde"]
    found = list(map_videos("decode", jobs, workers))
    assert made(tmp_path) == ["x", "x"]
    assert [piece == found[0] for piece in found] == [True, False, True, True, False]
    assert [whole(piece) for piece in found] == ["x"] * 5
    assert [line.split()[2].rstrip(":") for line in capsys.readouterr().err.splitlines()] == list("abcde")


@pytest.mark.parametrize("error", [InputError, ZeroDivisionError])
@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_keeps_what_is_finished_and_leaves_no_half_piece(tmp_path, work, workers, error):
    good = jobs_of(tmp_path, "abc")
    bad = [good[0], Job("b", good[1].content, functools.partial(piece_makers.fail, error)), good[2]]
    finished = []
    with pytest.raises(error, match="told to fail"):
        for piece in map_videos("decode", bad, workers):
            finished.append(whole(piece))
    assert finished == ["a"]
    assert pieces_in(work) in (["a"], ["a", "c"])
    assert [whole(piece) for piece in map_videos("decode", good, 1)] == ["a", "b", "c"]
    assert made(tmp_path).count("a") == 1 and made(tmp_path).count("b") == 1


def test_a_stage_that_was_stopped_goes_on(tmp_path, work):
    good = jobs_of(tmp_path, "abc")
    bad = [good[0], Job("b", good[1].content, functools.partial(piece_makers.fail, KeyboardInterrupt)), good[2]]
    with pytest.raises(KeyboardInterrupt):
        list(map_videos("decode", bad, 1))
    assert pieces_in(work) == ["a"] and left_in(work) == []
    list(map_videos("decode", good, 1))
    assert made(tmp_path) == ["a", "b", "c"]


def turn_a_bit(piece):
    content = (piece / "second").read_bytes()
    (piece / "second").write_bytes(bytes([content[0] ^ 1]) + content[1:])


DAMAGES = {
    "a bit turned": turn_a_bit,
    "cut off": lambda piece: os.truncate(piece / "second", 1),
    "a file gone": lambda piece: (piece / "second").unlink(),
    "all files gone": shutil.rmtree,
    "a file more": lambda piece: (piece / "third").touch(),
    "renamed": lambda piece: (piece / "second").rename(piece / "third"),
    "its hash gone": lambda piece: (piece.parent / "sha256").unlink(),
    "its hash damaged": lambda piece: (piece.parent / "sha256").write_bytes(b"\xff" * 64),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_piece_is_made_anew(tmp_path, work, damage):
    first = list(map_videos("decode", jobs_of(tmp_path, "ab"), 1))
    DAMAGES[damage](first[1])
    assert [whole(piece) for piece in map_videos("decode", jobs_of(tmp_path, "ab"), 1)] == ["a", "b"]
    assert made(tmp_path) == ["a", "b", "b"] and left_in(work) == []
    list(map_videos("decode", jobs_of(tmp_path, "ab"), 1))
    assert made(tmp_path) == ["a", "b", "b"]


def test_what_an_output_that_shares_the_disk_space_goes_through_is_noticed(tmp_path):
    [piece] = map_videos("decode", jobs_of(tmp_path, "a"), 1)
    os.link(piece / "second", tmp_path / "output")
    with open(tmp_path / "output", "r+") as file:
        file.write("b")
    assert [whole(piece) for piece in map_videos("decode", jobs_of(tmp_path, "a"), 1)] == ["a"]


def test_what_no_set_needs_any_more_goes_when_all_is_made(tmp_path, work):
    list(map_videos("decode", jobs_of(tmp_path, "ab"), 1, name="one"))
    list(map_videos("decode", jobs_of(tmp_path, "bc"), 1, name="other"))
    assert pieces_in(work) == ["a", "b", "c"]
    again = map_videos("decode", jobs_of(tmp_path, "de"), 1, name="one")
    next(again)
    assert pieces_in(work) == ["a", "b", "c", "d"]
    list(again)
    assert pieces_in(work) == ["b", "c", "d", "e"]
    list(map_videos("decode", [], 1, name="other"))
    assert pieces_in(work) == ["d", "e"] and left_in(work) == []


def test_a_run_that_fails_keeps_what_was_there(tmp_path, work):
    list(map_videos("decode", jobs_of(tmp_path, "ab"), 1))
    bad = [*jobs_of(tmp_path, "c"), Job("d", {}, functools.partial(piece_makers.fail, ZeroDivisionError))]
    with pytest.raises(ZeroDivisionError):
        list(map_videos("decode", bad, 1))
    assert pieces_in(work) == ["a", "b", "c"]


def test_other_stages_pieces_stay(tmp_path, work):
    list(map_videos("decode/part", jobs_of(tmp_path, "a"), 1))
    list(map_videos("decode/other", jobs_of(tmp_path, "b"), 1))
    assert pieces_in(work, "decode/part") == ["a"] and pieces_in(work, "decode/other") == ["b"]


def test_what_a_killed_run_left_half_made_goes(tmp_path, work):
    (work / "decode/.key.123.partial/new").mkdir(parents=True)
    list(map_videos("decode", jobs_of(tmp_path, "a"), 1))
    assert left_in(work) == []


def start(tmp_path, names, meeting):
    """`map_videos` in a process of its own, whose pieces are half-made until `meeting` makers are noted."""
    program = """
import functools, pathlib, sys
import piece_makers
from stages.common.running import pieces
from stages.common.running.params import Machine
work, log = map(pathlib.Path, sys.argv[1:3])
pieces.WORK, make = work, piece_makers.at_a_meeting
jobs = [pieces.Job(v, {"video": v, "content": 0}, functools.partial(make, log, v)) for v in sys.argv[3]]
machine = Machine(workers=1)
print(*[(piece / "second").read_text() for piece in pieces.map_videos("decode", "mine", jobs, machine)])
"""
    path = os.pathsep.join([str(ROOT), str(Path(piece_makers.__file__).parent)])
    environment = os.environ | {"PYTHONPATH": path, "MEETING": str(meeting)}
    command = [sys.executable, "-c", program, tmp_path / ".work", tmp_path / "log", names]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def said(process):
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out.split()


def test_two_processes_at_one_piece_both_have_it(tmp_path, work):
    both = [start(tmp_path, "a", meeting=2) for _ in range(2)]
    assert [said(process) for process in both] == [["aaa"], ["aaa"]]
    assert pieces_in(work) == ["a"] and left_in(work) == []
    assert said(start(tmp_path, "a", meeting=2)) == ["aaa"] and len(made(tmp_path)) == 2


def test_while_another_is_at_the_stage_nothing_of_his_goes_and_the_last_one_tidies(tmp_path, work):
    list(map_videos("decode", jobs_of(tmp_path, "xy"), 1))
    other = start(tmp_path, "ab", meeting=5)
    while len(made(tmp_path)) < 3:
        assert other.poll() is None, other.communicate()
    [half] = work.glob("decode/.*.partial")
    list(map_videos("decode", jobs_of(tmp_path, "z"), 1))  # of the same set
    assert half.exists() and pieces_in(work) == ["x", "y", "z"]
    piece_makers.note(tmp_path / "log", "go on", tmp_path)
    assert said(other) == ["aaa", "bbb"]
    assert pieces_in(work) == ["z"] and left_in(work) == []


def test_a_key_depends_on_content_and_stage_and_not_on_the_order_of_keys(monkeypatch):
    monkeypatch.setattr(pieces, "code_hash", lambda stage: stage)
    contents = ({}, {"a": 1}, {"a": 2}, {"b": 1})
    keys = [piece_key(stage, content) for content in contents for stage in ("x", "y")]
    assert len(set(keys)) == len(keys)
    assert piece_key("x", {"a": 1, "b": 2}) == piece_key("x/part", {"b": 2, "a": 1})
