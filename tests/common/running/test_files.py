"""Files and folders are whole or not there, and what is hashed is their content."""

import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import tree
from hypothesis import given
from hypothesis import strategies as st

from stages.common.running.errors import InputError
from stages.common.running.files import folder_whole, held, link_or_copy, sha256, written_whole


class Stop(BaseException):
    """As a Ctrl-C: not an Exception."""


def test_a_file_appears_with_its_last_byte(tmp_path):
    path = tmp_path / "below/deep/file.txt"
    with written_whole(path) as aside:
        aside.write_text("new")
        assert not path.exists() and aside.parent == path.parent
    assert tree(tmp_path) == {"below/deep/file.txt": b"new"}


@pytest.mark.parametrize("error", [ValueError, Stop])
@pytest.mark.parametrize("earlier", [{}, {"file.txt": b"old"}])
def test_an_error_leaves_the_old_file_and_nothing_beside_it(tmp_path, error, earlier):
    path = tmp_path / "file.txt"
    for content in earlier.values():
        path.write_bytes(content)
    with pytest.raises(error), written_whole(path) as aside:
        aside.write_text("half")
        raise error
    assert tree(tmp_path) == earlier


def test_an_error_before_the_first_byte_is_that_error(tmp_path):
    with pytest.raises(ZeroDivisionError), written_whole(tmp_path / "file.txt"):
        raise ZeroDivisionError
    assert tree(tmp_path) == {}


@pytest.mark.parametrize("earlier", [False, True])
def test_a_folder_is_replaced_as_a_whole(tmp_path, earlier):
    path = tmp_path / "below/folder"
    if earlier:
        path.mkdir(parents=True)
        (path / "old").write_text("old")
    with folder_whole(path) as aside:
        assert list(aside.iterdir()) == []
        (aside / "new").write_text("new")
        assert path.exists() == earlier
    assert tree(tmp_path) == {"below/folder/new": b"new"}
    assert os.listdir(tmp_path / "below") == ["folder"]


@pytest.mark.parametrize("error", [ValueError, Stop])
@pytest.mark.parametrize("earlier", [False, True])
def test_an_error_leaves_the_old_folder_and_nothing_beside_it(tmp_path, error, earlier):
    path = tmp_path / "folder"
    if earlier:
        path.mkdir()
        (path / "old").write_text("old")
    with pytest.raises(error), folder_whole(path) as aside:
        (aside / "half").write_text("half")
        raise error
    assert tree(tmp_path) == ({"folder/old": b"old"} if earlier else {})
    assert os.listdir(tmp_path) == (["folder"] if earlier else [])


def test_what_a_killed_run_left_of_a_folder_is_swept_and_nothing_else(tmp_path):
    for name in (".folder.4711.partial", ".other.4711.partial", "folder.4711.partial"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "half").write_text("half")
    with folder_whole(tmp_path / "folder") as aside:
        (aside / "new").write_text("new")
    assert sorted(os.listdir(tmp_path)) == [".other.4711.partial", "folder", "folder.4711.partial"]


@pytest.mark.parametrize("earlier", [False, True])
def test_of_two_at_one_folder_each_ends_well_and_what_is_finished_first_stays(tmp_path, earlier):
    """A lock is of whoever opened the folder, within one process too."""
    path = tmp_path / "folder"
    if earlier:
        path.mkdir()
        (path / "old").write_text("old")
    with folder_whole(path) as slow:
        (slow / "slow").write_text("half")
        with folder_whole(path) as quick:
            (quick / "quick").write_text("whole")
        assert tree(path) == {"quick": b"whole"}
        (slow / "slow").write_text("whole")
    assert tree(tmp_path) == {"folder/quick": b"whole"} and os.listdir(tmp_path) == ["folder"]


def test_a_folder_that_may_not_be_replaced_is_an_error(tmp_path, monkeypatch):
    """Rather than taken for another process's."""
    path, replace = tmp_path / "folder", os.replace
    path.mkdir()
    (path / "old").write_text("old")

    def refuse(source, target):
        if source == path:
            raise PermissionError(13, "Permission denied", str(source))
        replace(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(PermissionError), folder_whole(path) as aside:
        (aside / "new").write_text("new")
    assert tree(tmp_path) == {"folder/old": b"old"}


def test_a_lock_is_one_holders_and_gone_with_a_killed_process(tmp_path):
    lock = "import fcntl, os, sys; fcntl.flock(os.open(sys.argv[1], os.O_RDONLY), fcntl.LOCK_EX)"
    command = [sys.executable, "-c", f"{lock}; print('has', flush=True); input()", tmp_path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "has\n"
        with held(tmp_path, fcntl.LOCK_EX | fcntl.LOCK_NB) as has:
            assert not has
        other.kill()
    with held(tmp_path, fcntl.LOCK_EX | fcntl.LOCK_NB) as has:
        assert has


def test_where_the_file_system_knows_no_locks_folders_are_whole_all_the_same(tmp_path, monkeypatch):
    def refuse(descriptor, how):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with folder_whole(tmp_path / "folder") as aside:
        (aside / "new").write_text("new")
    assert tree(tmp_path) == {"folder/new": b"new"}


contents = st.dictionaries(
    st.sampled_from(["a", "b", "c", "ab", "d/a", "d/b", "e/f/a"]), st.binary(max_size=4), max_size=6
)


def fill(folder, files):
    folder.mkdir()
    for name, content in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@given(contents, st.randoms())
def test_a_folders_hash_is_that_of_names_and_bytes_whatever_the_order(tmp_path_factory, files, random):
    folder = tmp_path_factory.mktemp("hash")
    shuffled = list(files.items())
    random.shuffle(shuffled)
    assert sha256(fill(folder / "1", files.items())) == sha256(fill(folder / "2", shuffled))


def test_a_folders_hash_does_not_depend_on_the_order_in_which_the_disk_lists_it(tmp_path, monkeypatch):
    first = sha256(fill(tmp_path / "folder", [("a", b"1"), ("b", b"2"), ("d/a", b"3")]))
    listed = Path.rglob
    monkeypatch.setattr(Path, "rglob", lambda folder, pattern: reversed(list(listed(folder, pattern))))
    assert sha256(tmp_path / "folder") == first


@given(contents, contents)
def test_different_folders_have_different_hashes(tmp_path_factory, one, other):
    folder = tmp_path_factory.mktemp("hash")
    same = sha256(fill(folder / "1", one.items())) == sha256(fill(folder / "2", other.items()))
    assert same == (one == other)


def test_a_files_hash_is_that_of_sha256sum(tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "abc").write_bytes(b"abc")
    assert sha256(tmp_path / "empty") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert sha256(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    (tmp_path / "link").symlink_to("abc")
    assert sha256(tmp_path / "link") == sha256(tmp_path / "abc")


def test_what_is_not_there_has_no_hash(tmp_path):
    with pytest.raises(InputError, match="nothing: not found; run `dvc repro` to make it"):
        sha256(tmp_path / "nothing")


@pytest.mark.parametrize("links", [True, False])
def test_a_file_is_handed_on_with_its_bytes_linked_or_not(tmp_path, monkeypatch, links):
    def cannot(source, target):
        raise OSError("cross-device link")

    if not links:
        monkeypatch.setattr(os, "link", cannot)
    (tmp_path / "source").write_bytes(b"content")
    link_or_copy(tmp_path / "source", tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == b"content"
    assert (tmp_path / "target").samefile(tmp_path / "source") == links
