"""The device that `machine.device` asks for."""

from dataclasses import replace

import torch

from stages.common.running.errors import InputError
from stages.common.running.params import Machine


def find_device(wanted: str) -> torch.device:
    """auto (a GPU if there is one), cpu or cuda.

    Raises:
        InputError: another word, or cuda where there is none.
    """
    if wanted not in ("auto", "cpu", "cuda"):
        raise InputError(f"params.yaml: machine.device: {wanted!r}; expected auto, cpu or cuda")
    if wanted == "cuda" and not torch.cuda.is_available():
        raise InputError("params.yaml: machine.device: cuda, but there is no such device here; take auto or cpu")
    return torch.device("cuda" if wanted != "cpu" and torch.cuda.is_available() else "cpu")


def workers_on(device: torch.device, machine: Machine) -> Machine:
    """Who may work at the same time: one process alone has the GPU, and it is on this machine that it was found."""
    return machine if device.type == "cpu" else replace(machine, workers=1, dask=None)
