"""Calls on the workers of a Dask cluster (https://distributed.dask.org), which share this project's folder.

Plain tasks rather than joblib's Dask backend: that sends objects of the project, for which the scheduler would have to
have its code too, and have it anew after each change.
"""

import importlib
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from pathlib import Path

from stages.common.running.code import files_hash
from stages.common.running.errors import InputError

PATIENCE = 5  # seconds to find the scheduler in, and then a worker
HOW = "`python -m dask worker {} --nthreads 1 --memory-limit 0` in the project's folder"


def on_cluster(scheduler: str, calls: list[Callable[[], Path]], files: list[Path]) -> Iterator[Path]:
    """What each of `calls` has made, a folder or file below the project's root, in their order, as it is there.

    What a worker that dies had in hand is made by another.

    Args:
        scheduler: `tcp://host:port`.
        files: with the code of `calls`, relative to the project's root.

    Raises:
        InputError: no scheduler, no worker, or workers that cannot do it: what is wrong with them.
    """
    try:
        import cloudpickle
        from distributed import Client, KilledWorker
    except ImportError:
        raise InputError(
            "params.yaml: machine.dask: needs a package more: `uv pip install 'dask[distributed]'`, or take null"
        ) from None
    how = HOW.format(scheduler)
    try:
        client = Client(scheduler, timeout=PATIENCE, set_as_default=False)
    # MemoryError is what an HTTP server's answer comes to, as at the port of the scheduler's dashboard.
    except (OSError, MemoryError):
        raise InputError(
            f"params.yaml: machine.dask: no scheduler found at {scheduler!r} in {PATIENCE} s; start one there with "
            "`python -m dask scheduler`, or take null"
        ) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError:
            raise InputError(f"machine.dask: {scheduler} has no workers; start some: {how}") from None
        try:
            task = task_of(files)
            # One by one, for what belongs to a video may be large. Not `pure`: nobody keeps results but `.work/`.
            for future in [client.submit(task, cloudpickle.dumps(call), pure=False) for call in calls]:
                yield seen_here(future.result(), how)
        except ModuleNotFoundError as error:
            raise InputError(f"machine.dask: a worker has no module {error.name}; start it by {how}") from None
        except KilledWorker:
            raise InputError(
                "machine.dask: worker after worker died over one video; their logs say why, most often memory"
            ) from None
        except CancelledError:
            raise InputError(
                f"machine.dask: the scheduler at {scheduler} has gone; start it again: what is finished is kept"
            ) from None


def task_of(files: list[Path]) -> Callable[[bytes], Path]:
    """The function that a worker calls with a pickled call, to run the code in `files` as it is now."""
    code = files_hash(files)

    # A function in a function travels by value, so that what the worker has loaded before does not matter; and it
    # uses nothing of the project before it has loaded that anew.
    def task(call: bytes) -> Path:
        import cloudpickle
        from distributed import get_worker

        sys.path[:0] = [folder for folder in [os.getcwd()] if folder not in sys.path]
        for name in [name for name in sys.modules if name.split(".")[0] == "stages"]:
            del sys.modules[name]
        importlib.invalidate_caches()
        from stages.common.running.code import ROOT, files_hash
        from stages.common.running.errors import InputError

        worker = f"machine.dask: the worker {get_worker().address}"
        if get_worker().state.nthreads > 1:
            raise InputError(f"{worker} has several threads, which would share one's settings; give it --nthreads 1")
        here = Path.cwd().samefile(ROOT) and all((ROOT / file).exists() for file in files)
        if not here or files_hash(files) != code:
            raise InputError(
                f"{worker} sees other code in {os.getcwd()}; start it in this project's folder, or run again"
            )
        return cloudpickle.loads(call)()

    return task


def seen_here(path: Path, how: str) -> Path:
    if not path.exists():
        raise InputError(f"{path}: made by a worker in a folder that is not shared with this one; start it by {how}")
    return path
