"""What is measured in a process of its own."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch

from benchmarks.speed import growth, machine, steps, whole
from benchmarks.speed.sample import peak_memory, sample_of
from stages.common.running.pieces import single_threaded

STEPS = {function.__name__: function for function in steps.STEPS} | {"whole": whole.whole}


def measure(name: str, part: str) -> list[dict]:
    """The rows of one part; training and the whole on all cores, the others on one."""
    sample = sample_of(name)
    with tempfile.TemporaryDirectory() as scratch:
        if part in ("train", "whole"):
            return rows_of(part, STEPS[part](sample, Path(scratch)))
        with single_threaded():
            return rows_of(part, STEPS[part](sample, Path(scratch)))


def rows_of(part: str, found: Iterator[dict]) -> list[dict]:
    with peak_memory() as peak:
        rows = list(found)
    return [{"part": part, **row, "peak_mb": peak[0]} for row in rows]


def grown(name: str) -> list[dict]:
    with tempfile.TemporaryDirectory() as scratch, single_threaded():
        return list(growth.growth(sample_of(name), Path(scratch)))


def limits() -> list[dict]:
    """What the machine does at most: products on all cores and on one, copies on one."""
    found = [{"what": machine.description()}]
    for threads in (torch.get_num_threads(), 1):
        torch.set_num_threads(threads)
        for precision in ("float32", "bfloat16"):
            rate = machine.gemm_rate(precision) / 1e9
            found.append({"what": f"{precision} products on {threads} cores, GFLOP/s", "rate": rate})
    return [*found, {"what": "copies on 1 core, GB/s", "rate": machine.copy_rate() / 1e9}]
