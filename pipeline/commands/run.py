"""`babelmill run`."""

import sys
import time
import traceback
from collections.abc import Callable
from typing import Annotated

import typer

from pipeline.console import ConfigFile, Overrides, TakeOver, err, exit_codes, out, planned, say
from pipeline.loading import loading
from transforms.errors import BabelmillError, ConfigError, nearest
from transforms.secrets import redacted

__all__ = ["beam_flags", "run"]


def run(
    context: typer.Context,
    config: ConfigFile,
    overrides: Overrides = None,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Local processes.")] = 1,
    take_over: TakeOver = False,
) -> None:
    """Run the whole job on this machine. What an earlier run of the same configuration finished is reused.

    Options behind -- go to Apache Beam.
    """
    with exit_codes():
        started = time.time()
        with loading():
            from pipeline.changes import changes
            from pipeline.lock import hold
            from pipeline.output import open_sound
            from pipeline.page.write import write_page
            from pipeline.progress import Watch
            from pipeline.report.tables import closing
            from pipeline.report.wording import quantity
            from pipeline.runners import execute, prepare
            from transforms.text.visible import visible

            flags = beam_flags(context.args)
            found = planned(config, overrides)
        size = quantity(sum(found.files.values()), "B")
        who = f"{workers} workers" if workers > 1 else "1 worker"
        say(f"{found.config.name}: {len(found.files):,} files, {size}, {len(found.items):,} work items, {who}")
        with hold(found.config.output, take_over):
            for line in changes(found):
                say(visible(line))
            prepare(found)
            with Watch(found, out):
                _guard(lambda: execute(found, workers, flags))
            output = open_sound(found.config.output)
            report, _ = write_page(output)
        shards, notes = output.manifest["totals"]["shards"], output.manifest.get("notes", {})
        say()
        asked = found.config
        out.print(closing(output.ledger, asked.budget, asked.wanted, shards, notes, asked.input))
        passed = time.time() - started
        speed = quantity(output.ledger.total(stage="read").bytes / passed, "B/s")
        say(f"{passed:.1f} s, {speed}. The corpus lies in {found.config.output}; look at it: {report}")
        if not shards:
            err.print("babelmill: no document was kept; the reasons are above", markup=False, style="yellow")


def beam_flags(args: list[str]) -> list[str]:
    """Return the options for Beam, having refused what is none: Beam itself passes over what it does not know."""
    from apache_beam.options.pipeline_options import PipelineOptions

    options = PipelineOptions(args)
    known = options.get_all_options(drop_default=False)
    for flag in args:
        name = flag.lstrip("-").split("=", 1)[0]
        if flag.startswith("--") and not {name, name.removeprefix("no_")} & known.keys():
            raise ConfigError(flag, f"Apache Beam has no such option{nearest(name, sorted(known))}")
        if not flag.startswith("-") and (flag is args[0] or "=" in args[args.index(flag) - 1]):
            raise ConfigError(flag, "is no option; overrides go behind --set, Beam's options behind --")
    return args


def _guard(work: Callable[[], None]) -> None:
    """Give an unforeseen failure of a worker its traceback and exit code 1."""
    try:
        work()
    except BabelmillError:
        raise
    except Exception as error:
        print(redacted(traceback.format_exc()), file=sys.stderr)
        last = redacted((str(error).strip() or repr(error)).splitlines()[-1])
        err.print(f"babelmill: the run failed: {last}", markup=False, style="red")
        raise typer.Exit(1) from error
