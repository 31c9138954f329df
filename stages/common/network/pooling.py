"""What follows each block's last convolution: 2x2 maximum, GroupNorm and ReLU, in one pass over memory.

torch has them as three operations, each of which reads and writes all of its numbers: they take a third of training,
where the convolutions are at the rate of the matrix product already (docs/speed.md).
"""

import fcntl
from pathlib import Path

import numba
import numpy as np
import torch
import torch.nn.functional as F
from numba.core.dispatcher import Dispatcher
from torch import Tensor
from torch.autograd.function import once_differentiable

from stages.common.network import pooling_loops
from stages.common.running.files import held


def pool_norm_relu(tubes: Tensor, norm: torch.nn.GroupNorm) -> Tensor:
    """The maximum of each 2x2 square of every frame, normalised, where it is positive.

    From tubes (N, channels, time, height, width), float32 or bfloat16, height and width even, channels last in memory,
    to (N, channels, time, height / 2, width / 2), of the same type and layout.
    """
    if tubes.device.type != "cpu":
        pictures = F.max_pool2d(tubes.transpose(1, 2).flatten(0, 1), 2)
        return F.relu(norm(pictures.unflatten(0, (len(tubes), -1)).transpose(1, 2)), inplace=True)
    return PoolNormReLU.apply(tubes, norm.weight, norm.bias, norm.num_groups, norm.eps)


class PoolNormReLU(torch.autograd.Function):
    """`pool_norm_relu` on a processor."""

    @staticmethod
    def forward(ctx, tubes: Tensor, gamma: Tensor, beta: Tensor, groups: int, epsilon: float) -> Tensor:
        inputs = tubes.movedim(1, -1).contiguous()
        count, frames, height, width, channels = inputs.shape
        highest = inputs.new_empty(count, frames, height // 2, width // 2, channels)
        places = torch.empty_like(highest, dtype=torch.uint8)
        learns = any(ctx.needs_input_grad)
        outputs = torch.empty_like(highest) if learns else highest
        means, scales = torch.empty(count, groups), torch.empty(count, groups)
        arguments = [inputs, gamma, beta, np.float32(epsilon), highest, places, outputs, means, scales]
        run(pooling_loops.forward, arguments)
        if learns:
            ctx.save_for_backward(highest, places, gamma, beta, means, scales)
        return outputs.movedim(-1, 1)

    @staticmethod
    @once_differentiable
    def backward(ctx, gradients: Tensor):
        highest, places, gamma, beta, means, scales = ctx.saved_tensors
        count, frames, height, width, channels = highest.shape
        gradients = gradients.movedim(1, -1).to(highest.dtype).contiguous()
        of_inputs = highest.new_empty(count, frames, 2 * height, 2 * width, channels)
        of_gamma, of_beta = torch.empty(count, channels), torch.empty(count, channels)
        found = [of_inputs, of_gamma, of_beta]
        run(pooling_loops.backward, [gradients, highest, places, gamma, beta, means, scales, *found])
        return of_inputs.movedim(-1, 1), of_gamma.sum(0), of_beta.sum(0), None, None


def run(loops: Dispatcher, arguments: list) -> None:
    """Runs compiled loops on as many threads as torch has."""
    threads = torch.get_num_threads()
    arguments = [array_of(argument) if isinstance(argument, Tensor) else argument for argument in arguments]
    types = tuple(numba.typeof(argument) for argument in arguments)
    if types not in loops.overloads:
        # Of two processes that put something into its cache at once, Numba may leave the code of the one under the
        # types of the other; so that one compiles, or reads what was compiled before, while no other does.
        with held(Path(loops.stats.cache_path), fcntl.LOCK_EX):
            loops.compile(types)
    numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
    loops(*arguments)
    # Both have their threads of OpenMP, and Numba, when it first compiles something, sets how many for both.
    torch.set_num_threads(threads)


def array_of(tensor: Tensor) -> np.ndarray:
    """The tensor's own memory as an array; of bfloat16, which NumPy lacks, the bits as uint16."""
    tensor = tensor.detach()
    return (tensor.view(torch.uint16) if tensor.dtype == torch.bfloat16 else tensor).numpy()
