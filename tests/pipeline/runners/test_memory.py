"""Arrow takes its memory from the C library, which keeps what is freed; where it cannot be told to, nothing changes."""

import ctypes
import subprocess
import sys

import pyarrow as pa
import pytest

from babelmill.pipeline.runners.memory import keep_memory

FAULTS = """
import resource, sys
import numpy as np, pyarrow as pa
if sys.argv[1] == "keep":
    from babelmill.pipeline.runners.memory import keep_memory
    keep_memory()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    batch = [np.ones(1 << 20, np.uint8) for _ in range(20)]
    del batch
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how: str) -> int:
    """Return the pages that a process asks for while it makes and drops a batch of 20 MiB twenty times."""
    found = subprocess.run([sys.executable, "-c", FAULTS, how], capture_output=True, text=True, check=True)
    return int(found.stdout)


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="the C library has no mallopt")
def test_pages_are_asked_for_once() -> None:
    assert faults("keep") * 5 < faults("leave")


def test_without_mallopt_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda name: object())
    before = pa.default_memory_pool().backend_name
    keep_memory()
    assert pa.default_memory_pool().backend_name == before
