from pathlib import Path

import pytest
import torch

from stages.common.computing.precision import precision_on

CPUINFO = Path("/proc/cpuinfo")


def with_processor(monkeypatch, **capabilities):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True, **capabilities})


@pytest.mark.parametrize("has", [{}, {"avx512_bf16": False, "amx_bf16": False}, {"avx512_f": True}])
def test_auto_is_float32_where_the_processor_has_no_bfloat16(monkeypatch, has):
    with_processor(monkeypatch, **has)
    assert precision_on("auto", "cpu") == "float32"


@pytest.mark.parametrize("name", ["avx512_bf16", "amx_bf16", "bf16"])
def test_auto_is_bfloat16_where_the_processor_has_it(monkeypatch, name):
    with_processor(monkeypatch, **{name: True})
    assert precision_on("auto", "cpu") == "bfloat16"


@pytest.mark.parametrize("has, expected", [(True, "bfloat16"), (False, "float32")])
def test_of_a_gpu_the_gpu_is_asked(monkeypatch, has, expected):
    with_processor(monkeypatch, amx_bf16=not has)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: has or including_emulation)
    assert precision_on("auto", "cuda:0") == expected


@pytest.mark.parametrize("wanted", ["float32", "bfloat16"])
def test_what_is_asked_for_is_what_is_taken(monkeypatch, wanted):
    for has in (True, False):
        with_processor(monkeypatch, avx512_bf16=has)
        assert precision_on(wanted, "cpu") == precision_on(wanted, "cuda") == wanted


@pytest.mark.skipif(not CPUINFO.exists(), reason="the kernel tells of no processor here")
def test_of_this_processor_it_says_what_the_kernel_does():
    flags = set(CPUINFO.read_text().split())
    assert precision_on("auto", "cpu") == ("bfloat16" if flags & {"avx512_bf16", "amx_bf16", "bf16"} else "float32")
