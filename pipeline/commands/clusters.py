"""`babelmill clusters`."""

from typing import Annotated

import typer

from pipeline.console import exit_codes, out

__all__ = ["clusters"]


def clusters(
    output: Annotated[str, typer.Argument(metavar="RUN", help="A run's output folder.")],
    top: Annotated[int, typer.Option(min=0, max=1000, help="How many of the largest clusters.")] = 10,
    alarm: Annotated[float, typer.Option(min=0, max=1, help="Share that a source may lose before it is told.")] = 0.5,
    json: Annotated[bool, typer.Option("--json", help="Everything as JSON.")] = False,
) -> None:
    """Show the largest clusters of duplicates, where they came from, and sources that lost too much."""
    with exit_codes():
        from pipeline.look.clusters import clusters_of
        from pipeline.output import open_sound
        from pipeline.report.clusters import as_json, shown
        from pipeline.report.inert import inert_json

        found = clusters_of(open_sound(output), top, alarm)
        if json:
            print(inert_json(as_json(found), indent=2))
        else:
            out.print(shown(found))
