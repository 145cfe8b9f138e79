"""`babelmill submit`."""

from typing import TYPE_CHECKING, Annotated

import typer

from babelmill.pipeline.commands.console import (
    ConfigFile,
    IntoExisting,
    Overrides,
    Replace,
    TakeOver,
    command_line,
    configured,
    exit_codes,
    out,
    say,
    warn_of_input,
)
from babelmill.transforms.errors import ConfigError, ConfigErrors
from babelmill.transforms.text.visible import visible

if TYPE_CHECKING:
    from babelmill.pipeline.dataflow.ready import Ready

__all__ = ["submit"]

_MARKS = {True: "right  ", False: "WRONG  ", None: "unseen "}


def submit(
    context: typer.Context,
    config: ConfigFile,
    overrides: Overrides = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and show everything, send nothing.")] = False,
    template: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the Flex Template's spec there instead, local or gs://.")
    ] = None,
    take_over: TakeOver = False,
    into_existing: IntoExisting = False,
    replace: Replace = False,
    wait: Annotated[bool, typer.Option("--wait", help="Follow the job to its end.")] = False,
) -> None:
    """Run the whole job on Google Dataflow. What an earlier run of the same configuration finished is reused.

    Options behind -- go to Apache Beam and win over the configuration.
    """
    with exit_codes():
        try:
            from babelmill.pipeline.dataflow.job import follow, send
            from babelmill.pipeline.dataflow.options import job_options
            from babelmill.pipeline.dataflow.ready import get_ready
            from babelmill.pipeline.dataflow.template import write_spec
        except ImportError as error:
            raise ConfigError("", f"submit needs Google's libraries: pip install 'babelmill[gcp]' ({error})") from error
        from babelmill.pipeline.job.changes import changes, refuse_replacing
        from babelmill.pipeline.job.ownership import check_output
        from babelmill.pipeline.runners.beam_options import beam_flags

        flags = beam_flags(context.args)
        with configured(config, overrides) as found:
            if template:
                write_spec(template, job_options(found.dataflow, flags))
                say(f"{template} is written. Run it: gcloud dataflow flex-template run NAME (docker/README.md)")
                return
            ready = get_ready(found, flags, offline=dry_run)
            warn_of_input(ready.plan)
            _show(ready, dry_run)
            _refuse(ready)
            if ready.cloud:
                check_output(ready.plan, into_existing)
                if not replace:
                    refuse_replacing(ready.plan)
        if dry_run:
            say(f"Nothing was sent. Send it: {command_line('submit', config, overrides)} …")
            return
        for line in changes(ready.plan):
            say(visible(line))
        job = send(ready.plan, ready.options, ready.cloud, take_over)
        if job is None or ready.cloud is None:
            say("The template is written; no job was started")
            return
        say(f"job {job.id}")
        say(job.console)
        if wait:
            follow(job, ready.plan, ready.cloud, say)
            say(f"Corpus written to {ready.plan.config.output}")


def _show(ready: "Ready", dry_run: bool) -> None:
    """Print what will run where; in a dry run every option and every check."""
    from babelmill.pipeline.dataflow.hints import hints
    from babelmill.pipeline.show.terminal.outline import outline

    if dry_run:
        out.print(outline(ready.plan))
        say()
    for line in hints(ready):
        say(line)
    for check in ready.checks:
        if dry_run or check.right is None:
            say(f"{_MARKS[check.right]} {check.key}: {check.found}")


def _refuse(ready: "Ready") -> None:
    """Raise for all checks that failed."""
    if ready.wrong:
        raise ConfigErrors([ConfigError(check.key, check.found) for check in ready.wrong])
