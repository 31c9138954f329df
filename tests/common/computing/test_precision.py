from pathlib import Path

import pytest
import torch

from stages.common.computing.precision import has_bfloat16, say_if_slow

CPUINFO = Path("/proc/cpuinfo")


def with_processor(monkeypatch, **capabilities):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True, **capabilities})


@pytest.mark.parametrize("has", [{}, {"avx512_bf16": False, "amx_bf16": False}, {"avx512_f": True}])
def test_a_processor_without_bfloat16_is_known_as_such(monkeypatch, has):
    with_processor(monkeypatch, **has)
    assert not has_bfloat16("cpu")


@pytest.mark.parametrize("name", ["avx512_bf16", "amx_bf16", "bf16"])
def test_a_processor_with_bfloat16_says_so_by_one_of_three_names(monkeypatch, name):
    with_processor(monkeypatch, **{name: True})
    assert has_bfloat16("cpu")


@pytest.mark.parametrize("has", [True, False])
def test_of_a_gpu_the_gpu_is_asked(monkeypatch, has):
    with_processor(monkeypatch, amx_bf16=not has)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: has or including_emulation)
    assert has_bfloat16("cuda:0") == has


@pytest.mark.skipif(not CPUINFO.exists(), reason="the kernel tells of no processor here")
def test_of_this_processor_it_says_what_the_kernel_does():
    flags = set(CPUINFO.read_text().split())
    assert has_bfloat16("cpu") == bool(flags & {"avx512_bf16", "amx_bf16", "bf16"})


@pytest.mark.parametrize(
    ("precision", "has", "said"),
    [
        ("float32", False, ""),
        ("bfloat16", True, ""),
        ("bfloat16", False, "  no bfloat16 on this cpu: ten times slower; set sets.gate.train.precision: float32\n"),
    ],
)
def test_who_asks_for_what_is_slow_here_is_told_how_not_to(monkeypatch, capsys, precision, has, said):
    with_processor(monkeypatch, avx512_bf16=has)
    say_if_slow(precision, "cpu", "sets.gate.train.precision")
    assert capsys.readouterr() == ("", said)
