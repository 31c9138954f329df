"""Freed memory stays with a process that wants to keep it."""

import platform
import subprocess
import sys

import pytest
from helpers import ROOT

PROGRAM = """
import resource, sys
import torch
from stages.train.memory import keep_memory
if sys.argv[1] == "keep":
    keep_memory()
def pages():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.zeros(2**24).sum()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
print(min(pages() for _ in range(10)))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told to keep memory")
def test_a_large_block_needs_new_pages_again_only_where_nothing_is_kept():
    counts = {}
    for how in ("keep", "give back"):
        command = [sys.executable, "-c", PROGRAM, how]
        counts[how] = int(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)
    # 64 MiB are 16,384 pages of 4 KiB, or 32 large ones of 2 MiB.
    assert counts["keep"] < 10 < counts["give back"]
