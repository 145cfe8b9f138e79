"""`babelmill run`."""

import shlex
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from babelmill.pipeline.commands.console import (
    ConfigFile,
    IntoExisting,
    Overrides,
    Replace,
    TakeOver,
    configured,
    err,
    exit_codes,
    out,
    planned,
    say,
)
from babelmill.pipeline.formatting.sanitize import visible_lines
from babelmill.pipeline.runners.startup import loading
from babelmill.transforms.errors import BabelmillError
from babelmill.transforms.secrets import redacted
from babelmill.transforms.text.visible import visible

if TYPE_CHECKING:
    from babelmill.pipeline.runners.tracker import Tracker

__all__ = ["run"]

_MINUTE_S = 60


def run(
    context: typer.Context,
    config: ConfigFile,
    overrides: Overrides = None,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Local processes.")] = 1,
    take_over: TakeOver = False,
    into_existing: IntoExisting = False,
    replace: Replace = False,
) -> None:
    """Run the whole job on this machine. What an earlier run of the same configuration finished is reused.

    Options behind -- go to Apache Beam.
    """
    with exit_codes():
        started = time.time()
        with loading(), configured(config, overrides, context.args) as read:
            from babelmill.pipeline.formatting.quantities import quantity
            from babelmill.pipeline.interface.launch import check_start, launch
            from babelmill.pipeline.job.ownership import left_alone
            from babelmill.pipeline.runners.beam_options import beam_flags, runner_of
            from babelmill.pipeline.runners.compiling import compile_kernels
            from babelmill.pipeline.runners.memory import keep_memory
            from babelmill.pipeline.runners.portable import check_endpoint
            from babelmill.pipeline.show.terminal.closing import MOST_LINES, closing

            keep_memory()
            flags = beam_flags(context.args)
            if not runner_of(flags):
                compile_kernels(err)
            found = planned(read)
            check_start(found, into_existing, replace)
            check_endpoint(flags)
        size = quantity(sum(found.files.values()), "B")
        who = f"{workers} workers" if workers > 1 else "1 worker"
        say(f"{found.config.name}: {len(found.files):,} files, {size}, {len(found.items):,} work items, {who}")
        command = shlex.join(["babelmill", *sys.argv[1:]])
        with _guarded():
            done = launch(found, workers, flags, take_over, command, out, lambda line: say(visible(line)))
        passed = time.time() - started
        written = f"Corpus written to {found.config.output}. Report: {done.report}"
        last = [f"{', '.join(_speed(done.tracker, passed))}. {written}"]
        if others := left_alone(found.config.output):
            last.append(others)
        asked, manifest = found.config, done.output.manifest
        beside = 1 + sum(1 + len(line) // out.width for line in last)
        report = closing(
            done.output.ledger, asked.budget, asked.wanted, manifest.totals.shards, manifest.notes, asked.input,
            manifest.inputs, asked.output, out.width, MOST_LINES - beside,
        )  # fmt: skip
        say()
        out.print(report)
        for line in last:
            say(line)
        if not manifest.totals.shards:
            err.print("babelmill: no document was kept; the reasons are above", markup=False, style="yellow")


def _speed(tracker: "Tracker", passed: float) -> list[str]:
    """Say how long a run took, how fast it read what it read itself, and what it reused."""
    from babelmill.pipeline.formatting.bars import duration
    from babelmill.pipeline.formatting.quantities import quantity

    speed = "" if tracker.reused else quantity(tracker.screened_bytes / passed, "B/s")
    took = f"{passed:.1f} s" if passed < _MINUTE_S else duration(passed)
    return [part for part in (took, speed, tracker.reused) if part]


@contextmanager
def _guarded() -> Iterator[None]:
    """Give an unforeseen failure of a worker its traceback and exit code 1."""
    try:
        yield
    except BabelmillError:
        raise
    except Exception as error:
        print(visible_lines(redacted(traceback.format_exc())), file=sys.stderr)
        last = visible(redacted((str(error).strip() or repr(error)).splitlines()[-1]))
        err.print(f"babelmill: the run failed: {last}", markup=False, style="red")
        raise typer.Exit(1) from error
