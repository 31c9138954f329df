"""Several processes that train one network, as `torchrun` starts them; alone, nothing here changes anything.

Each takes its share of every batch. Every loss is a mean over a batch's tubes, so the whole batch's loss is the sum of
the shares', each weighted by how many of the tubes it has; the gradient likewise. DistributedDataParallel would take
the mean of gradients instead, which is that only where all shares are of one size, and wants one `forward`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.rendezvous import rendezvous

from stages.common.running.errors import InputError


@contextmanager
def process_group() -> Iterator[None]:
    """Makes one group of the processes that torchrun has started, if it has; what ends them is said by one alone.

    With GPUs, each process has its own: "cuda" is that one from here on.
    """
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        yield
        return
    store, number, processes = next(rendezvous("env://"))
    dist.init_process_group(store=store, rank=number, world_size=processes)
    try:
        yield
    except BaseException as end:
        # Where one fails the others fail too, by the same fault or since it is gone, and torchrun ends them all.
        if (not isinstance(end, SystemExit) or end.code) and store.add("failed", 1) > 1:
            raise SystemExit(1) from None
        raise


def take_own_gpu(device: torch.device) -> None:
    """Makes "cuda" mean a GPU of this process's own; InputError where there are fewer GPUs than processes."""
    if count() == 1 or device.type != "cuda":
        return
    own, there = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
    if own >= there:
        raise InputError(f"torchrun: a process for each GPU; there are {there}: lower --nproc-per-node")
    torch.cuda.set_device(own)


def count() -> int:
    return dist.get_world_size() if dist.is_initialized() else 1


def rank() -> int:
    """This process's number, from 0; the first alone speaks and writes."""
    return dist.get_rank() if dist.is_initialized() else 0


def own_part(tubes: int) -> slice:
    """Which of a batch's tubes are this process's; where there are too few for all, one that another has too."""
    return slice(rank(), None, count()) if rank() < tubes else slice(1)


def own_share(tubes: int) -> float:
    """The weight of this process's mean in that of a batch, 0 to 1; 0 where its part is another's."""
    return len(range(rank(), tubes, count())) / tubes


def summed(numbers: Tensor) -> Tensor:
    """`numbers`, in place, summed over all processes: the same in each."""
    if count() > 1:
        dist.all_reduce(numbers)
    return numbers


def sum_gradients(network: nn.Module) -> None:
    """Sums the gradients of all processes, in one message."""
    if count() == 1:
        return
    gradients = [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
    together = summed(torch.cat([gradient.flatten() for gradient in gradients]))
    for gradient, part in zip(gradients, together.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(part.view_as(gradient))


def of_first(value: Any) -> Any:
    """The first process's `value`, in all of them."""
    values = [value]
    if count() > 1:
        dist.broadcast_object_list(values, src=0)
    return values[0]
