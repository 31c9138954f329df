import contextlib
import ctypes
import fcntl
import os
import random
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from helpers import ROOT
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from stages.common.network import pooling_loops
from stages.common.network.pooling import pool_norm_relu
from stages.common.network.pooling_loops import narrowed, widened
from stages.common.running.files import held


def drawn(count=3, frames=5, side=8, channels=16, groups=4, seed=0, scale=1.0, offset=0.0):
    """Tubes float32 (count, channels, frames, side, side), channels last in memory, and a norm with drawn weights."""
    torch.manual_seed(seed)
    tubes = (torch.randn(count, frames, side, side, channels) * scale + offset).movedim(-1, 1)
    norm = torch.nn.GroupNorm(groups, channels)
    torch.nn.init.normal_(norm.weight)
    torch.nn.init.normal_(norm.bias)
    return tubes, norm


def plain(tubes, norm):
    return F.relu(norm(F.max_pool3d(tubes, (1, 2, 2))))


def with_gradients(function, tubes, norm, weights):
    """The answer, and the gradients of tubes, gamma and beta of its sum with `weights`."""
    tubes = tubes.clone().requires_grad_()
    norm.zero_grad()
    answer = function(tubes, norm)
    (answer * weights).sum().backward()
    return [answer.detach().float(), tubes.grad.float(), norm.weight.grad.clone(), norm.bias.grad.clone()]


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_of_no_tubes_there_is_nothing(precision):
    tubes, norm = drawn(count=0)
    found = with_gradients(pool_norm_relu, tubes.to(precision), norm, torch.ones(0, 16, 5, 4, 4))
    answer, gradient, gamma, beta = found
    assert answer.shape == (0, 16, 5, 4, 4) and gradient.shape == tubes.shape
    assert not gamma.any() and not beta.any()


@settings(max_examples=40, deadline=None)
@given(
    count=st.integers(1, 4),
    frames=st.integers(1, 8),
    side=st.sampled_from([2, 4, 8, 16]),
    shape=st.sampled_from([(4, 2), (8, 1), (8, 4), (16, 4), (32, 4), (64, 4), (24, 3)]),
    scale=st.sampled_from([0.05, 1.0, 20.0]),
    offset=st.sampled_from([0.0, -3.0]),
    seed=st.integers(0, 100),
)
def test_answers_and_gradients_are_those_of_the_three_operations(count, frames, side, shape, scale, offset, seed):
    # Of a few numbers that are nearly the same, no deviation is left in float32.
    assume(frames * (side // 2) ** 2 * shape[0] // shape[1] >= 16)
    tubes, norm = drawn(count, frames, side, *shape, seed, scale, offset * scale)
    weights = torch.randn(count, shape[0], frames, side // 2, side // 2)
    found, expected = (with_gradients(function, tubes, norm, weights) for function in (pool_norm_relu, plain))
    for own, other in zip(found, expected, strict=True):
        torch.testing.assert_close(own, other, rtol=1e-3, atol=1e-4 * max(1.0, float(other.abs().max())))


def test_bfloat16_is_as_near_to_float32_as_its_digits_allow():
    tubes, norm = drawn(count=8, frames=7, side=32)
    tubes, weights = tubes.bfloat16(), torch.randn(8, 16, 7, 16, 16)
    found = with_gradients(pool_norm_relu, tubes, norm, weights)
    expected = with_gradients(plain, tubes.float(), norm, weights.bfloat16().float())
    for own, other in zip(found, expected, strict=True):
        assert float((own - other).norm() / other.norm()) < 0.004
    assert pool_norm_relu(tubes, norm).dtype == torch.bfloat16


def test_where_several_are_the_highest_one_alone_has_the_gradient():
    tubes, norm = torch.ones(1, 4, 1, 2, 4), torch.nn.GroupNorm(4, 4)
    tubes[:, :, :, :, :2] = 3
    _, gradient, *_ = with_gradients(pool_norm_relu, tubes, norm, torch.randn(1, 4, 1, 1, 2))
    assert (gradient.unfold(4, 2, 2).transpose(3, 4).flatten(4).count_nonzero(-1) <= 1).all()


def test_without_gradients_the_answer_is_the_same():
    tubes, norm = drawn()
    with torch.inference_mode():
        assert torch.equal(pool_norm_relu(tubes, norm), pool_norm_relu(tubes.clone().requires_grad_(), norm).detach())


FIRST = """
import torch
from stages.common.network.pooling import pool_norm_relu
torch.set_num_threads(1)
tubes = torch.zeros(16, 16, 7, 32, 32).contiguous(memory_format=torch.channels_last_3d)
pool_norm_relu(tubes, torch.nn.GroupNorm(4, 16))
print(torch.get_num_threads())
"""


def test_torch_keeps_its_threads_when_numba_starts_its_own():
    """Which happens once in a process, when the loops are compiled or read; hence a process of its own."""
    environment = {**os.environ, "NUMBA_NUM_THREADS": "2"}
    done = subprocess.run([sys.executable, "-c", FIRST], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.stdout.split() == ["1"], done.stderr


def test_the_bytes_do_not_depend_on_threads_and_torch_keeps_its_own():
    tubes, norm = drawn(count=7)
    weights, found = torch.randn(7, 16, 5, 4, 4), []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        found.append(with_gradients(pool_norm_relu, tubes, norm, weights))
        assert torch.get_num_threads() == threads
    assert all(torch.equal(one, two) for one, two in zip(*found, strict=True))


@contextlib.contextmanager
def holes(sizes: range):
    """Blocks of the heap as long as it is open, others between them free; one who asks for memory gets any of those."""
    library = ctypes.CDLL(None)
    library.malloc.restype, library.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
    blocks = [library.malloc(random.choice(sizes)) for _ in range(200)]
    random.shuffle(blocks)
    for block in blocks[100:]:
        library.free(block)
    yield
    for block in blocks[:100]:
        library.free(block)


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_the_bytes_do_not_depend_on_where_arrays_lie_in_memory(precision):
    random.seed(0)
    tubes, norm = drawn(count=9, frames=7, side=4, channels=64)
    tubes, weights, found = tubes.to(precision), torch.randn(9, 64, 7, 2, 2), set()
    for _ in range(300):
        with holes(range(64, 420)):
            parts = with_gradients(pool_norm_relu, tubes, norm, weights)
        found.add(b"".join(part.numpy().tobytes() for part in parts))
    assert len(found) == 1


WAITING = FIRST.replace("tubes =", "print('ready', flush=True); tubes =")


def test_a_process_waits_for_another_that_compiles():
    with held(Path(pooling_loops.forward.stats.cache_path), fcntl.LOCK_EX):
        other = subprocess.Popen([sys.executable, "-c", WAITING], cwd=ROOT, stdout=subprocess.PIPE)
        assert other.stdout.readline() == b"ready\n"
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(timeout=2)
    assert other.wait(timeout=120) == 0


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_what_is_no_number_does_not_vanish(precision, wrong):
    tubes, norm = drawn()
    tubes[1] = wrong
    answer = pool_norm_relu(tubes.to(precision), norm)
    assert answer[1].isnan().any() and answer[[0, 2]].isfinite().all()


@numba.njit
def there_and_back(bits, numbers):
    for place in range(len(bits)):
        numbers[place] = widened(bits[place])
        bits[place] = narrowed(numbers[place] * np.float32(1.0), bits[0])


@numba.njit
def rounded(numbers, bits):
    for place in range(len(bits)):
        bits[place] = narrowed(numbers[place], bits[0])


def test_bfloat16_is_read_and_rounded_as_torch_does():
    every = torch.arange(-(2**15), 2**15, dtype=torch.int32).to(torch.int16)
    every = every[every.view(torch.bfloat16).isfinite()]
    bits, numbers = every.clone().view(torch.uint16).numpy(), np.empty(len(every), np.float32)
    there_and_back(bits, numbers)
    assert np.array_equal(numbers, every.view(torch.bfloat16).float().numpy())
    assert np.array_equal(bits, every.view(torch.uint16).numpy())
    between = np.random.default_rng(0).normal(0, 5, 20000).astype(np.float32)
    between[:100] = numbers[5000:5100] + np.spacing(numbers[5000:5100]) * 2**15  # halfway between two
    bits = np.empty(len(between), np.uint16)
    rounded(between, bits)
    assert np.array_equal(bits, torch.from_numpy(between).bfloat16().view(torch.uint16).numpy())
