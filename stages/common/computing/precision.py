"""What networks calculate in."""

from dataclasses import replace
from typing import Any, Literal

Precision = Literal["float32", "bfloat16"]
Wanted = Literal["auto", "float32", "bfloat16"]


def settled(settings: Any, device: str) -> Any:
    """A section's settings with the `precision` that the device, cpu or cuda, takes for what is wanted."""
    return replace(settings, precision=precision_on(settings.precision, device))


def precision_on(wanted: Wanted, device: str) -> Precision:
    """auto is bfloat16 where the device has it, and float32 elsewhere.

    A processor without it does it, too, ten times slower than float32.
    """
    if wanted != "auto":
        return wanted
    # Here, for torch takes seconds to load, and detectors that need no precision do not wait for it.
    import torch

    if device.startswith("cuda"):
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    known = torch.cpu.get_capabilities()
    # By their names on x86 and on ARM.
    return "bfloat16" if any(known.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16")) else "float32"
