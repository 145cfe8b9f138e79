"""`babelmill warm`."""

import time
from typing import Annotated

import typer

from babelmill.pipeline.commands.console import err, exit_codes, say

__all__ = ["warm"]


def warm(
    code: Annotated[
        bool, typer.Option("--code", help="Only print the digest that a worker image is known by.")
    ] = False,
) -> None:
    """Compile every kernel and try every model once, so that later runs and workers start at once."""
    with exit_codes():
        if code:
            from babelmill.pipeline.job.code_version import code_version

            say(code_version())
            return
        from babelmill.pipeline.runners.compiling import compile_kernels
        from babelmill.pipeline.runners.warm import warm_job

        started = time.perf_counter()
        compile_kernels(err)
        warm_job()
        say(f"Warm after {time.perf_counter() - started:.1f} s; BABELMILL_CACHE says where compiled code lies")
