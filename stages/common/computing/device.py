"""The device that `computing.device` asks for."""

from dataclasses import replace

import torch

from stages.common.running.errors import InputError
from stages.common.running.params import Machine


def find_device(wanted: str) -> torch.device:
    """cpu or cuda.

    Raises:
        InputError: cuda where there is none.
    """
    if wanted == "cuda" and not torch.cuda.is_available():
        raise InputError("params.yaml: computing.device: cuda, but there is no such device here; take cpu")
    return torch.device(wanted)


def workers_on(device: torch.device, machine: Machine) -> Machine:
    """Who may work at the same time: one process alone has the GPU, and it is on this machine that it was found."""
    return machine if device.type == "cpu" else replace(machine, workers=1, dask=None)
