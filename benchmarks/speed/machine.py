"""What a machine can do at most, and what a network asks of it."""

import platform
import time
from collections.abc import Callable

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

GEMM_SIDE, COPY_BYTES, ROUNDS = 2048, 256 * 2**20, 5


def fastest(run: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Seconds of the fastest of several runs after one that warms up."""
    run()
    return min(seconds(run) for _ in range(rounds))


def seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def gemm_rate(precision: str) -> float:
    """Floating-point operations per second of a product of square matrices, on as many threads as torch has."""
    a, b = (torch.randn(GEMM_SIDE, GEMM_SIDE, dtype=getattr(torch, precision)) for _ in range(2))
    return 2 * GEMM_SIDE**3 / fastest(lambda: a @ b)


def copy_rate() -> float:
    """Bytes copied per second within memory, by one thread."""
    source = np.ones(COPY_BYTES, np.uint8)
    target = np.empty_like(source)
    return COPY_BYTES / fastest(lambda: np.copyto(target, source))


def operations(run: Callable[[], object]) -> int:
    """Floating-point operations of the convolutions and products in `run`, forward and backward; 2 per multiply-add."""
    with FlopCounterMode(display=False) as counter:
        run()
    return counter.get_total_flops()


def description() -> str:
    """The processor, its cores and the library versions, in a line."""
    return (
        f"{processor()}, {torch.get_num_threads()} cores, Python {platform.python_version()}, torch {torch.__version__}"
    )


def processor() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            names = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()
