"""Compiling: the kernels of a job before its first document, once for a version of the code, with a bar."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

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
    if console is None or not console.is_terminal:
        if console is not None:
            console.print(f"Compiling {len(listed())} kernels, once for this version of the code ...", markup=False)
        for _ in kernels:
            pass
        return
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, TextColumn("{task.fields[detail]}"), console=console, transient=True) as bar:
        task = bar.add_task("compiling, once for this version", total=len(listed()), detail="")
        for name in kernels:
            bar.update(task, advance=1, detail=name.partition(":")[0])


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
