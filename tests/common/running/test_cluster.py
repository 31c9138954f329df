"""Work video by video on a Dask cluster: real processes on this machine, and the same bytes as from its own."""

import functools
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import piece_makers
import pytest
from helpers import ROOT, Project, still, tree, write_pictures

from stages.common.computing.device import workers_on
from stages.common.running import cluster, pieces
from stages.common.running.errors import InputError
from stages.common.running.params import Machine, load_machine
from stages.common.running.pieces import Job

distributed = pytest.importorskip("distributed", reason="dask[distributed] is not installed")
HERE = Machine(workers=2)


@contextmanager
def process(*arguments, folder, **environment):
    """`python -m dask ...`, on the loopback interface alone, until the block ends."""
    command = [sys.executable, "-m", "dask", *arguments, "--host", "127.0.0.1", "--no-dashboard"]
    started = subprocess.Popen(command, cwd=folder, env=os.environ | environment, stderr=subprocess.DEVNULL)
    try:
        yield started
    finally:
        started.kill()
        started.wait()


def free_port():
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        return some.getsockname()[1]


@contextmanager
def worker(scheduler, folder, threads=1):
    """A worker that starts like a user's: all it knows is the folder. The tests' makers are the tests' own affair."""
    makers = {"PYTHONPATH": str(Path(piece_makers.__file__).parent)}
    options = ["--nthreads", str(threads), "--no-nanny"]
    with process("worker", scheduler, *options, folder=folder, **makers) as started:
        yield started


def await_workers(scheduler, count):
    with distributed.Client(scheduler, timeout=30, set_as_default=False) as client:
        client.wait_for_workers(count, timeout=30)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Where the workers stand."""
    return Project(tmp_path_factory.mktemp("cluster") / "project", None)


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """The address of a scheduler, which knows nothing of the project."""
    address = f"tcp://127.0.0.1:{free_port()}"
    with process("scheduler", "--port", address.split(":")[-1], folder=tmp_path_factory.mktemp("elsewhere")):
        distributed.Client(address, timeout=30, set_as_default=False).close()
        yield address


@pytest.fixture(scope="module")
def cluster_of_two(scheduler, project):
    """The same with two workers."""
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(worker(scheduler, project.root))
        await_workers(scheduler, 2)
        yield Machine(workers=1, dask=scheduler)


@pytest.fixture
def work(tmp_path, monkeypatch):
    monkeypatch.setattr(pieces, "WORK", tmp_path / ".work")
    return tmp_path / ".work"


def map_videos(jobs, machine):
    return pieces.map_videos("decode", "mine", jobs, machine)


def jobs_of(log, names, make=piece_makers.note):
    return [Job(name, {"video": name}, functools.partial(make, log, name)) for name in names]


def test_no_videos_need_no_cluster(work):
    nobody = Machine(workers=1, dask="tcp://127.0.0.1:1")
    assert list(map_videos([], nobody)) == []


def test_what_runs_on_a_gpu_stays_on_the_machine_that_has_it():
    torch = pytest.importorskip("torch")
    machine = Machine(workers=4, dask="tcp://host:8786")
    assert workers_on(torch.device("cpu"), machine) == machine
    assert workers_on(torch.device("cuda"), machine) == Machine(workers=1, dask=None)


def test_where_no_scheduler_is_it_says_so(tmp_path, work, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 1)
    nobody = Machine(workers=1, dask=f"tcp://127.0.0.1:{free_port()}")
    with pytest.raises(InputError, match=f"no scheduler found at '{nobody.dask}' in 1 s; start one there"):
        list(map_videos(jobs_of(tmp_path / "log", "a"), nobody))


def test_without_the_package_it_says_how_to_get_it(tmp_path, work, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)  # as Python remembers what cannot be imported
    machine = Machine(workers=1, dask="tcp://127.0.0.1:1")
    with pytest.raises(InputError, match=r"machine.dask: .* `uv pip install 'dask\[distributed\]'`, or take null"):
        list(map_videos(jobs_of(tmp_path / "log", "a"), machine))


@pytest.mark.parametrize("address", ["localhost", "8786", "http://localhost:8786", "tcp://localhost"])
def test_an_address_that_is_none_is_refused(tmp_path, address):
    (tmp_path / "params.yaml").write_text(f'machine: {{workers: 1, dask: "{address}"}}')
    with pytest.raises(InputError, match=f"params.yaml: machine: dask: .* found '{address}'"):
        load_machine(tmp_path / "params.yaml")


def test_a_scheduler_without_workers_says_how_to_start_one(tmp_path, work, scheduler, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 1)
    with pytest.raises(InputError, match=f"no workers; start some: `python -m dask worker {scheduler} --nthreads 1 "):
        list(map_videos(jobs_of(tmp_path / "log", "a"), Machine(workers=1, dask=scheduler)))


@pytest.mark.parametrize("case", ["several threads", "no project", "other code"])
def test_a_worker_that_cannot_do_it_is_named(tmp_path, work, scheduler, project, case):
    other, threads = project.root, 1
    if case == "several threads":
        threads, said = 2, "127.0.0.1:.* has several threads, which would share one's settings; give it --nthreads 1"
    elif case == "no project":
        other, said = tmp_path, "a worker has no module stages; start it by|sees other code in"
    else:
        other, said = tmp_path / "clone", "127.0.0.1:.* sees other code in .*/clone; start it in this project's folder"
        (other / "stages/common/running").mkdir(parents=True)
        for name in ("common/running/code.py", "common/running/errors.py"):
            (other / "stages" / name).symlink_to(ROOT / "stages" / name)
    with worker(scheduler, other, threads), pytest.raises(InputError, match=said):
        await_workers(scheduler, 1)
        list(map_videos(jobs_of(tmp_path / "log", "a"), Machine(workers=1, dask=scheduler)))


def test_the_cluster_writes_the_same_names_and_bytes_in_the_same_order(tmp_path, monkeypatch, cluster_of_two, capsys):
    results = []
    for machine in (HERE, cluster_of_two):
        monkeypatch.setattr(pieces, "WORK", tmp_path / str(len(results)))
        jobs = jobs_of(tmp_path / "log", "abcd", piece_makers.slow_first)
        made = list(map_videos(jobs, machine))
        assert [(piece / "first").read_text() for piece in made] == list("abcd")
        lines = capsys.readouterr().err.splitlines()
        assert [line.split(":")[0] for line in lines] == [f"  video {n}/4 {name}" for n, name in enumerate("abcd", 1)]
        results.append(tree(tmp_path / str(len(results))))
    assert results[0] == results[1] and len(results[0]) == 4 * 3 + 1


def test_libraries_have_one_thread_on_the_workers(work, cluster_of_two):
    [piece] = map_videos([Job("a", {}, piece_makers.note_threads)], cluster_of_two)
    assert (piece / "threads").read_text() == "1 [1]"


@pytest.mark.parametrize("error", [InputError, ZeroDivisionError])
def test_an_error_comes_back_as_it_is_and_keeps_what_is_finished(tmp_path, work, cluster_of_two, error):
    bad = [*jobs_of(tmp_path / "log", "a"), Job("b", {}, functools.partial(piece_makers.fail, error))]
    made = map_videos(bad, cluster_of_two)
    assert (next(made) / "second").read_text() == "aaa"
    with pytest.raises(error, match="told to fail"):
        next(made)
    assert [path.name for path in (work / "decode").iterdir() if path.name.startswith(".")] == []


def test_a_piece_that_only_the_worker_sees_is_an_error(tmp_path, monkeypatch, cluster_of_two):
    monkeypatch.setattr(pieces, "WORK", Path(".work"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"\.work/decode/.*: made by a worker in a folder that is not shared"):
        list(map_videos(jobs_of(tmp_path / "log", "a"), cluster_of_two))


def test_a_stage_gives_the_same_bytes(project, cluster_of_two, capfd):
    project.capfd = capfd
    for path in ("train/a", "train/b", "test/c"):
        write_pictures(project.source / path, still(4))
    made = []
    for scheduler in (None, cluster_of_two.dask):
        project.params(machine={"dask": scheduler})
        shutil.rmtree(project.root / ".work", ignore_errors=True)
        project.run("footage")
        project.run_apart("decode")
        made.append(project.made())
    assert made[0] == made[1] and sum(name.endswith(".zip") for name in made[0]) == 3


def test_a_killed_worker_costs_nothing_but_time(tmp_path, work, monkeypatch, cluster_of_two):
    """The last test, for it leaves one worker."""
    log, names = tmp_path / "log", "abcdef"
    made = map_videos(jobs_of(log, names, piece_makers.note_start), cluster_of_two)
    next(made)
    while len(begun := log.read_text().splitlines()) < 4:
        time.sleep(0.01)
    video, process = begun[3].split()
    os.kill(int(process), signal.SIGKILL)
    list(made)
    makers = [line.split()[1] for line in log.read_text().splitlines() if line.split()[0] == video]
    assert len(makers) == 2 and makers[0] == process != makers[1]
    on_cluster = tree(work)
    monkeypatch.setattr(pieces, "WORK", tmp_path / "here")
    list(map_videos(jobs_of(log, names, piece_makers.note_start), HERE))
    assert on_cluster == tree(tmp_path / "here") and len(on_cluster) == 3 * len(names) + 1
