"""Whether a device calculates in what is asked for."""

import sys

from stages.common.computing.settings import Precision


def has_bfloat16(device: str) -> bool:
    """Whether a device, cpu or cuda, has bfloat16; one that has not does it, too, ten times slower than float32."""
    # Here, for torch takes seconds to load, and whoever asks for float32 does not wait for it.
    import torch

    if device.startswith("cuda"):
        return torch.cuda.is_bf16_supported(including_emulation=False)
    known = torch.cpu.get_capabilities()
    # By their names on x86 and on ARM.
    return any(known.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def say_if_slow(precision: Precision, device: str, where: str) -> None:
    """A line on stderr where what is asked for, at `where` in params.yaml, takes ten times as long as the other."""
    if precision == "bfloat16" and not has_bfloat16(device):
        print(f"  no bfloat16 on this {device}: ten times slower; set {where}: float32", file=sys.stderr, flush=True)
