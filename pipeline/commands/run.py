"""`babelmill run`."""

import sys
import time
import traceback
from collections.abc import Callable
from typing import Annotated

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

__all__ = ["run"]


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
            from babelmill.pipeline.corpus.corpus import open_sound
            from babelmill.pipeline.corpus.lock import hold
            from babelmill.pipeline.formatting.quantities import quantity
            from babelmill.pipeline.job.changes import changes, refuse_replacing
            from babelmill.pipeline.job.ownership import check_output, left_alone
            from babelmill.pipeline.runners.beam_options import beam_flags, runner_of
            from babelmill.pipeline.runners.local import execute, prepare
            from babelmill.pipeline.runners.memory import keep_memory
            from babelmill.pipeline.runners.portable import check_endpoint, execute_portable, job_ended
            from babelmill.pipeline.runners.progress import Watch
            from babelmill.pipeline.show.html.report import write_page
            from babelmill.pipeline.show.terminal.tables import closing

            keep_memory()
            flags = beam_flags(context.args)
            runner = runner_of(flags)
            found = planned(read)
            check_output(found, into_existing)
            if not replace:
                refuse_replacing(found)
            check_endpoint(flags)
        size = quantity(sum(found.files.values()), "B")
        who = f"{workers} workers" if workers > 1 else "1 worker"
        say(f"{found.config.name}: {len(found.files):,} files, {size}, {len(found.items):,} work items, {who}")
        with hold(found.config.output, take_over, job_ended) as held:
            for line in changes(found):
                say(visible(line))
            if not runner:
                prepare(found)
            with Watch(found, out):
                if runner:
                    _guard(lambda: execute_portable(found, runner, flags, held))
                else:
                    _guard(lambda: execute(found, workers, flags))
            output = open_sound(found.config.output)
            report, _ = write_page(output)
        shards, notes = output.manifest.totals.shards, output.manifest.notes
        say()
        asked = found.config
        out.print(
            closing(output.ledger, asked.budget, asked.wanted, shards, notes, asked.input, output.manifest.inputs)
        )
        passed = time.time() - started
        speed = quantity(output.ledger.total(stage="read").bytes / passed, "B/s")
        say(f"{passed:.1f} s, {speed}. Corpus written to {found.config.output}. Report: {report}")
        if others := left_alone(found.config.output):
            say(others)
        if not shards:
            err.print("babelmill: no document was kept; the reasons are above", markup=False, style="yellow")


def _guard(work: Callable[[], None]) -> None:
    """Give an unforeseen failure of a worker its traceback and exit code 1."""
    try:
        work()
    except BabelmillError:
        raise
    except Exception as error:
        print(visible_lines(redacted(traceback.format_exc())), file=sys.stderr)
        last = visible(redacted((str(error).strip() or repr(error)).splitlines()[-1]))
        err.print(f"babelmill: the run failed: {last}", markup=False, style="red")
        raise typer.Exit(1) from error
