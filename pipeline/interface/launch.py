"""Launch: the one way in which a run happens on this machine, from the last check to the page.

check_start(plan)                       changes nothing
launch(plan, workers=2)                 holds the output, lays out, runs, looks at what came out
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import NamedTuple

from rich.console import Console

from babelmill.pipeline.corpus.corpus import Output, open_sound
from babelmill.pipeline.corpus.lock import hold
from babelmill.pipeline.job.changes import changes, refuse_replacing
from babelmill.pipeline.job.ownership import check_output
from babelmill.pipeline.job.plan import Plan
from babelmill.pipeline.runners.beam_options import given, runner_of
from babelmill.pipeline.runners.local import execute, prepare
from babelmill.pipeline.runners.portable import execute_portable, job_ended
from babelmill.pipeline.runners.progress import Watch
from babelmill.pipeline.runners.record import Record
from babelmill.pipeline.runners.tracker import Tracker
from babelmill.pipeline.show.html.report import write_page

__all__ = ["Finished", "check_start", "launch"]


class Finished(NamedTuple):
    """A run that ended well: its corpus, the path of its page, and what it did itself and what it reused."""

    output: Output
    report: str
    tracker: Tracker


def check_start(plan: Plan, into_existing: bool = False, replace: bool = False) -> None:
    """Refuse an output that the run may not write to; changes nothing.

    Args:
        plan: what is to run.
        into_existing: share an output folder that has files of others.
        replace: replace a finished run of another configuration.

    Raises:
        ConfigError: naming what is in the way, or what differs.
    """
    check_output(plan, into_existing)
    if not replace:
        refuse_replacing(plan)


def launch(
    plan: Plan,
    workers: int = 1,
    flags: Sequence[str] = (),
    take_over: bool = False,
    command: str = "",
    console: Console | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Finished:
    """Run a plan that `check_start` has passed, and write its page.

    Args:
        plan: what to run.
        workers: local processes; 1 works in this one.
        flags: Beam's own options.
        take_over: the lock of a run in an object store that is known to be dead.
        command: the command line, for the run log.
        console: where progress is shown; nowhere without one.
        say: told what has changed since the last run, a line each.

    Raises:
        ConfigError: before anything is written.
        BabelmillError: as a worker raised it.
    """
    output, runner = plan.config.output, runner_of(flags)
    # Beam's own worker processes, and those of other engines, have no pipe to this one.
    unheard = bool(runner) or given("direct_running_mode", flags)
    with hold(output, take_over, job_ended) as held:
        for line in changes(plan):
            say(line)
        with ExitStack() as ending:
            watch = Watch(plan, console, by_sidecars=unheard)
            # Left in this order: the watch has heard the last of the workers when the record is closed.
            record = ending.enter_context(Record(plan, watch.tracker, runner or "local", workers, command))
            ending.enter_context(watch)
            if runner:
                execute_portable(plan, runner, flags, held, record.begin)
            else:
                prepare(plan)
                record.begin()
                execute(plan, workers, flags)
        finished = open_sound(output)
        report, _ = write_page(finished)
    return Finished(finished, report, watch.tracker)
