"""`babelmill`: plan, run, verify.

Exit codes: 0 done, 1 the run failed or its output is damaged, 2 the configuration is wrong.
"""

import logging
import shlex
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

# Beam warns of Google's client libraries on import, whether they are wanted or not.
logging.getLogger().addHandler(logging.NullHandler())
logging.getLogger().setLevel(logging.ERROR)

import typer  # noqa: E402
from rich.console import Console  # noqa: E402

from transforms.errors import BabelmillError, ConfigError, DamageError, nearest  # noqa: E402

if TYPE_CHECKING:
    from pipeline.plan import Plan

__all__ = ["app", "main"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Turn raw multilingual text into a tokenized pretraining corpus, and account for every token in it.",
)
_out = Console(highlight=False)
_err = Console(stderr=True, highlight=False, soft_wrap=True)

_ConfigFile = Annotated[str, typer.Argument(metavar="CONFIG", help="A YAML file, such as configs/sample.yaml.")]
_Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override one value; the value is YAML. May stand several times."),
]


@contextmanager
def _exit_codes() -> Iterator[None]:
    """Turn what was raised into one line and an exit code."""
    try:
        yield
    except ConfigError as error:
        _err.print(f"babelmill: {error}", markup=False, style="red")
        raise typer.Exit(2) from error
    except BabelmillError as error:
        _err.print(f"babelmill: {error}", markup=False, style="red")
        raise typer.Exit(1) from error
    except KeyboardInterrupt as error:
        _err.print("babelmill: interrupted; run the same command again to go on", markup=False)
        raise typer.Exit(130) from error


def _say(line: str = "") -> None:
    """Print a line of prose: never wrapped, so that paths and commands in it can be copied."""
    _out.print(line, markup=False, soft_wrap=True)


def _command(name: str, config: str, overrides: list[str] | None) -> str:
    return shlex.join(["babelmill", name, config, *(part for value in overrides or () for part in ("--set", value))])


def _plan(config: str, overrides: list[str] | None) -> "Plan":
    from pipeline.configfile import load_config
    from pipeline.plan import make_plan

    return make_plan(load_config(config, overrides or ()))


@app.command(epilog="Example: babelmill plan configs/sample.yaml --set dedup.near.bands=20")
def plan(config: _ConfigFile, overrides: _Set = None) -> None:
    """Check a configuration and its inputs, and show what a run would do. Starts no worker, writes nothing."""
    with _exit_codes():
        from pipeline.report.tables import outline

        found = _plan(config, overrides)
        _out.print(outline(found))
        _say()
        _say(f"{config} is right. Run it: {_command('run', config, overrides)}")


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": False},
    epilog="Example: babelmill run configs/sample.yaml --workers 2 --set output=out/mine -- --job_name=mine",
)
def run(
    context: typer.Context,
    config: _ConfigFile,
    overrides: _Set = None,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Local processes.")] = 1,
) -> None:
    """Run the whole job on this machine. What an earlier run of the same configuration finished is reused.

    Options behind -- go to Apache Beam.
    """
    with _exit_codes():
        from pipeline.output import open_output
        from pipeline.progress import Watch
        from pipeline.report.tables import closing, quantity
        from pipeline.runners import execute, prepare

        started = time.time()
        flags = _beam_flags(context.args)
        found = _plan(config, overrides)
        size = quantity(sum(found.files.values()), "B")
        who = f"{workers} workers" if workers > 1 else "1 worker"
        _say(f"{found.config.name}: {len(found.files):,} files, {size}, {len(found.items):,} work items, {who}")
        prepare(found)
        with Watch(found, _out):
            _guard(lambda: execute(found, workers, flags))
        output = open_output(found.config.output)
        shards, notes = output.manifest["totals"]["shards"], output.manifest.get("notes", {})
        _say()
        _out.print(closing(output.ledger, found.config.budget, found.config.wanted, shards, notes))
        passed = time.time() - started
        speed = quantity(output.ledger.total(stage="read").bytes / passed, "B/s")
        _say(f"{passed:.1f} s, {speed}. The corpus lies in {found.config.output}")
        if not shards:
            _err.print("babelmill: no document was kept; the reasons are above", markup=False, style="yellow")


def _beam_flags(args: list[str]) -> list[str]:
    """Return the options for Beam, having refused what is none: Beam itself passes over what it does not know."""
    from apache_beam.options.pipeline_options import PipelineOptions

    options = PipelineOptions(args)
    known = options.get_all_options(drop_default=False)
    for flag in args:
        name = flag.lstrip("-").split("=", 1)[0].removeprefix("no_")
        if flag.startswith("--") and name not in known:
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
        traceback.print_exc()
        last = (str(error).strip() or repr(error)).splitlines()[-1]
        _err.print(f"babelmill: the run failed: {last}", markup=False, style="red")
        raise typer.Exit(1) from error


@app.command(epilog="Example: babelmill verify out/sample")
def verify(output: Annotated[str, typer.Argument(metavar="RUN", help="A run's output folder.")]) -> None:
    """Recount a finished run's shards against manifest and ledger, and check every checksum."""
    with _exit_codes():
        from pipeline.output import open_output
        from pipeline.report.tables import quantity
        from pipeline.verify import verify as problems_of

        found = open_output(output)
        problems = list(problems_of(found))
        for problem in problems:
            _err.print(problem, markup=False)
        totals = found.manifest["totals"]
        if problems:
            raise DamageError(f"{output} is damaged: {len(problems)} problem{'s' if len(problems) > 1 else ''}")
        _say(
            f"{output} is sound: {totals['shards']:,} shards, {totals['documents']:,} documents, "
            f"{totals['tokens']:,} tokens, {quantity(totals['text_bytes'], 'B')} of text"
        )


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
