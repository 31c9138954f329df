"""Weights that torchvision publishes: where from, and into a network."""

from pathlib import Path

import torch
from torchvision import models

from stages.common.running.errors import InputError


def published_url(file: str) -> str | None:
    """Where torchvision publishes the weights in a file of this name; None where it does not."""
    urls = {weights.url for name in models.list_models() for weights in models.get_model_weights(name)}
    return next((url for url in sorted(urls) if url.rsplit("/", 1)[-1] == file), None)


def with_weights(model: torch.nn.Module, name: str, path: Path) -> torch.nn.Module:
    """The network that torchvision calls `name` with the weights of a file, in evaluation mode; InputError if not its.

    path: a state dictionary (`.pth`) as torchvision publishes them; tensors only, nothing else is unpickled.
    """
    try:
        model.load_state_dict(torch.load(path, weights_only=True, map_location="cpu"))
    # A file that is no state dictionary fails in ways of its own, from the archive's reader to the tensors' shapes.
    except Exception as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        found = f"{path}: not the weights of {name}: {reason}"
        raise InputError(f"{found}; fetch the file again, or name another") from None
    return model.eval()
