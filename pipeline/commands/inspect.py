"""`babelmill inspect`."""

from typing import Annotated, Literal

import typer

from babelmill.pipeline.commands.console import exit_codes, out, say
from babelmill.transforms.errors import ConfigError

__all__ = ["inspect"]


def inspect(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's output folder.")],
    by: Annotated[
        Literal["lang", "source", "reason", "shard"] | None, typer.Option(help="One table instead of the page.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="The same as JSON, with whole numbers.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="One table as CSV; by language where --by says nothing.")] = False,
    html: Annotated[bool, typer.Option("--html", help="Write the page for the browser, report.html.")] = False,
    log: Annotated[
        bool, typer.Option("--log", help="The runs into this folder: when, how each ended, what it took.")
    ] = False,
    to: Annotated[
        str | None, typer.Option(metavar="FILE", help="Where --html writes; RUN/report.html without.")
    ] = None,
) -> None:
    """Look at a finished run: what came in, where it was lost, what was written.

    The terminal's page reads manifest and ledger only.
    """
    with exit_codes():
        from babelmill.pipeline.corpus.corpus import open_sound, refuse_secret
        from babelmill.pipeline.corpus.summary import summarize

        if json + csv + html > 1:
            raise ConfigError("", "--json, --csv and --html are three ways to show a run: give one of them")
        if html and by:
            raise ConfigError("--by", "the page for the browser has every table")
        if to and not html:
            raise ConfigError("--to", "says where --html writes; give --html too")
        if log and (by or csv or html):
            raise ConfigError("--log", "is a table of its own: with --json, or alone")
        if log:
            refuse_secret(run)
            _show_log(run, json)
            return
        output = open_sound(run)
        if html:
            from babelmill.pipeline.show.html.report import write_page

            path, size = write_page(output, to)
            say(f"Report written to {path} ({size:,} bytes)")
            return
        summary = summarize(output)
        if json or csv:
            from babelmill.pipeline.show.terminal.export import as_csv, as_json

            print(as_csv(summary, by or "lang") if csv else as_json(summary, by), end="" if csv else "\n")
            return
        from babelmill.pipeline.show.terminal.overview import overview, table_of

        out.print(table_of(summary, by) if by else overview(summary))


def _show_log(run: str, json: bool) -> None:
    """Show the runs into a folder, finished or not."""
    from babelmill.pipeline.corpus.run_log import read_log
    from babelmill.pipeline.formatting.sanitize import inert_json
    from babelmill.pipeline.show.terminal.runs import plain_runs, runs_table

    entries = read_log(run)
    if json:
        print(inert_json(plain_runs(entries), 2))
    else:
        out.print(runs_table(entries))
