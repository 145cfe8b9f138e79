"""`babelmill`: plan, run, verify.

Exit codes: 0 done, 1 the run failed or its output is damaged, 2 the configuration is wrong.
"""

import logging
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

# Beam warns of Google's client libraries on import, whether they are wanted or not.
logging.getLogger().addHandler(logging.NullHandler())
logging.getLogger().setLevel(logging.ERROR)

import typer  # noqa: E402
from rich.console import Console  # noqa: E402

from transforms.errors import BabelmillError, ConfigError, DamageError  # noqa: E402

__all__ = ["app", "main"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Turn raw multilingual text into a tokenized pretraining corpus, and account for every token in it.",
)
_out = Console(highlight=False, soft_wrap=False)
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


def _plan(config: str, overrides: list[str] | None):  # type: ignore[no-untyped-def]
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
        _out.print(f"\n{config} is right. Run it: babelmill run {config}", markup=False)


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
        found = _plan(config, overrides)
        size = sum(found.files.values())
        _out.print(
            f"{found.config.name}: {len(found.files):,} files, {quantity(size, 'B')}, {len(found.items):,} work items, "
            f"{workers} worker{'s' if workers > 1 else ''}",
            markup=False,
        )
        prepare(found)
        with Watch(found, _out):
            _guard(lambda: execute(found, workers, context.args))
        output = open_output(found.config.output)
        totals = output.manifest["totals"]
        _out.print()
        _out.print(closing(output.ledger, found.config.budget, found.config.wanted, totals["shards"]))
        passed = time.time() - started
        read = output.ledger.total(stage="read").bytes
        _out.print(
            f"{passed:.1f} s, {quantity(read / passed, 'B/s')}. The corpus lies in {found.config.output}", markup=False
        )


def _guard(work: Callable[[], None]) -> None:
    """Give an unforeseen failure of a worker its traceback and exit code 1."""
    try:
        work()
    except BabelmillError:
        raise
    except Exception as error:
        traceback.print_exc()
        _err.print(f"babelmill: the run failed: {str(error).strip().splitlines()[-1]}", markup=False, style="red")
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
            raise DamageError(f"{output}: {len(problems)} problems")
        _out.print(
            f"{output} is sound: {totals['shards']:,} shards, {totals['documents']:,} documents, "
            f"{totals['tokens']:,} tokens, {quantity(totals['text_bytes'], 'B')} of text",
            markup=False,
        )


def main() -> None:
    """Run the command line."""
    try:
        app()
    except KeyboardInterrupt:
        _err.print("babelmill: interrupted; run the same command again to go on", markup=False)
        sys.exit(130)


if __name__ == "__main__":
    main()
