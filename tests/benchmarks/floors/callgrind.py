"""Count the instructions of each stage with callgrind, on a processor that is the same wherever this runs.

Valgrind's translator gives programs the same processor on every machine with AVX2: no AVX-512, one name, one size of
caches. So the libraries choose the same code everywhere, and numba compiles for a processor that is named here.
"""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["TARGET", "Counted", "count", "counts_in", "environment", "version", "why_not"]

ROOT = Path(__file__).parents[3]
CACHE = ROOT / "build" / "floors"
TARGET = "x86-64-v3"
"""What kernels are compiled for: AVX2, which valgrind knows."""
_COUNT = [sys.executable, "-m", "tests.benchmarks.floors.count"]


class Counted(NamedTuple):
    """What a run counted."""

    input: dict[str, Any]
    """`documents`, `bytes` of text, `sha256` of the texts."""
    instructions: dict[str, int]
    """Of each stage, in the order of the job."""


def why_not() -> str:
    """Say why nothing can be counted here; empty where it can."""
    if platform.machine() != "x86_64" or "avx2" not in Path("/proc/cpuinfo").read_text():
        return f"this processor is not {TARGET}"
    return "" if shutil.which("valgrind") else "no valgrind (apt-get install valgrind)"


def version() -> str:
    """Return valgrind's version."""
    found = subprocess.run(["valgrind", "--version"], check=True, capture_output=True, text=True)
    return found.stdout.strip().removeprefix("valgrind-")


def environment() -> dict[str, str]:
    """Return the environment that is counted in: one thread, one hash seed, one target, a cache of its own."""
    fixed = {
        "BABELMILL_CACHE": str(CACHE),
        "NUMBA_CPU_NAME": TARGET,
        "NUMBA_CPU_FEATURES": "+avx2",
        "NUMBA_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
        "RAYON_NUM_THREADS": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    return {**os.environ, **fixed}


def count() -> Counted:
    """Compile what is missing, outside of valgrind, then count.

    Raises:
        CalledProcessError: if the stages or valgrind fail; what they said goes to stderr.
    """
    subprocess.run(_COUNT, check=True, cwd=ROOT, env=environment(), stdout=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory() as folder:
        command = ["valgrind", "--quiet", "--tool=callgrind", "--instr-atstart=no"]
        command.append(f"--callgrind-out-file={folder}/counts")
        done = subprocess.run(
            [*command, *_COUNT], check=True, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True
        )
        return Counted(json.loads(done.stdout), counts_in(Path(folder)))


def counts_in(folder: Path) -> dict[str, int]:
    """Return the instructions under each name from callgrind's files `counts.<number>`, in their order."""
    paths = sorted(folder.glob("counts.*"), key=lambda path: int(path.suffix[1:]))
    return dict(found for path in paths if (found := _named(path.read_text(errors="replace"))))


def _named(text: str) -> tuple[str, int] | None:
    """Return name and instructions of one file; None where it was not asked for."""
    name = re.search(r"^desc: Trigger: Client Request: (.+)$", text, re.MULTILINE)
    total = re.search(r"^totals: (\d+)$", text, re.MULTILINE)
    return (name[1], int(total[1])) if name and total else None
