"""`babelmill plan`."""

from typing import TYPE_CHECKING, Annotated

import typer

from babelmill.pipeline.commands.console import (
    ConfigFile,
    IntoExisting,
    Overrides,
    command_line,
    configured,
    exit_codes,
    out,
    planned,
    say,
    share,
)
from babelmill.transforms.errors import ConfigError

if TYPE_CHECKING:
    from babelmill.pipeline.config.model import Config

__all__ = ["plan"]


def plan(
    config: ConfigFile,
    overrides: Overrides = None,
    input_size: Annotated[
        str | None,
        typer.Option(metavar="SIZE", help="Estimate a job on Dataflow for an input of this size, such as 180TB."),
    ] = None,
    run: Annotated[
        str | None, typer.Option("--from", metavar="RUN", help="A finished run on a sample of it; else the output.")
    ] = None,
    hours: Annotated[float, typer.Option(min=0.1, help="The deadline, for the number of workers.")] = 24,
    text_ratio: Annotated[
        float | None, typer.Option(min=0.001, help="Text a byte of input, if not as in RUN; 1 where SIZE is of text.")
    ] = None,
    keeps: Annotated[
        float | None,
        typer.Option(
            parser=share,
            metavar="SHARE",
            help="Fraction of documents that survive deduplication (default: extrapolated from RUN).",
        ),
    ] = None,
    prices: Annotated[
        str | None, typer.Option(metavar="FILE", help="Prices; else those of configs/dataflow/prices.yaml.")
    ] = None,
    into_existing: IntoExisting = False,
) -> None:
    """Check a configuration and its inputs, and show what a run would do. Starts no worker, writes nothing."""
    with exit_codes():
        from babelmill.pipeline.job.changes import replaced
        from babelmill.pipeline.job.ownership import check_output
        from babelmill.pipeline.show.terminal.outline import outline
        from babelmill.transforms.text.visible import visible

        if input_size:
            with configured(config, overrides) as read:
                _estimate(read, input_size, run, hours, text_ratio, keeps, prices)
            return
        if run or text_ratio or keeps is not None or prices:
            raise ConfigError("--input-size", "is missing: the other options are for an estimate")
        with configured(config, overrides) as read:
            found = planned(read)
            check_output(found, into_existing)
        out.print(outline(found))
        say()
        options = ["--into-existing"] if into_existing else []
        if differing := replaced(found):
            options.append("--replace")
            say(f"{found.config.output} is a finished run of another configuration: {visible(', '.join(differing))}")
        say(f"{config} is right. Run it: {command_line('run', config, overrides, *options)}")


def _estimate(
    config: "Config",
    input_size: str,
    run: str | None,
    hours: float,
    text_ratio: float | None,
    keeps: float | None,
    prices: str | None,
) -> None:
    """Print the estimate for an input that nobody looks at."""
    from babelmill.pipeline.corpus.corpus import open_output
    from babelmill.pipeline.dataflow.estimate import estimate, measured_run
    from babelmill.pipeline.dataflow.prices import load_prices
    from babelmill.pipeline.formatting.sizes import parse_size
    from babelmill.pipeline.job.plan import make_plan
    from babelmill.pipeline.show.terminal.estimate import priced

    size = parse_size("--input-size", input_size)
    measured = measured_run(open_output(run or config.output))
    found = make_plan(config, int(size))
    likely = estimate(found, measured, size, text_ratio, keeps)
    most = estimate(found, measured, size, text_ratio, measured.kept_docs / measured.signed_docs)
    out.print(priced(config, measured, likely, most, load_prices(prices), hours))
