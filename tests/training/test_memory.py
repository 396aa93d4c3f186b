"""Freed memory stays with the process until it is returned."""

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import numpy as np
from bert_core.training.memory import keep_freed_memory, return_freed_memory

def resident():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024

assert {keep} is False or keep_freed_memory()
block = np.ones(25_000_000)
del block
kept = resident()
assert return_freed_memory()
print(kept, resident())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be asked")
@pytest.mark.parametrize("keep", [True, False])
def test_freed_memory_is_kept_and_returned(keep: bool) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.replace("{keep}", str(keep))],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    kept, after = map(float, done.stdout.split())
    assert (kept > 190) is keep
    assert after < 120
