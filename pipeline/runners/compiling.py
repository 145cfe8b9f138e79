"""Compiling: the kernels of a job before its first document, once for a version of the code, with a bar."""

import gc
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from babelmill.pipeline.formatting.bars import Bar, Bars, duration
from babelmill.transforms.kernels.ahead import compile_ahead, is_compiled, listed

__all__ = ["compile_kernels"]

_MOST_PROCESSES = 4
"""The slowest kernels share their parts: more processes would compile them more than once."""


def compile_kernels(console: Console | None = None) -> None:
    """Have every kernel that a job calls in the cache; nothing to do but the first time.

    Args:
        console: where to show a bar, if it is a terminal, else a line; None shows nothing.
    """
    if is_compiled():
        return
    kernels = compile_ahead(min(_MOST_PROCESSES, len(os.sched_getaffinity(0))))
    with _collecting():
        _show(kernels, console)


def _show(kernels: Iterator[str], console: Console | None) -> None:
    if console is None:
        for _ in kernels:
            pass
        return
    everything = len(listed())
    with Bars(console) as bars:
        if not bars.are_seen:
            console.print(f"Compiling {everything} kernels, once for this version of the code ...", markup=False)
        before, name = time.monotonic(), ""
        for done in range(everything + 1):
            passed = duration(time.monotonic() - before)
            told = (f"{done} of {everything} kernels", "once for this version", passed, name.partition(":")[0])
            bars.show([Bar("compile", done / everything, told)])
            name = next(kernels, "")


@contextmanager
def _collecting() -> Iterator[None]:
    """Let the collector run, and once at the end: what the compiler leaves behind is in circles, and much."""
    collects = gc.isenabled()
    gc.enable()
    try:
        yield
    finally:
        gc.collect()
        if not collects:
            gc.disable()
