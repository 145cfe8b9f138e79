"""`babelmill clusters`."""

from typing import Annotated

import typer

from babelmill.pipeline.commands.console import exit_codes, out, share

__all__ = ["clusters"]


def clusters(
    output: Annotated[str, typer.Argument(metavar="RUN", help="A run's output folder.")],
    top: Annotated[int, typer.Option(min=0, max=1000, help="How many of the largest clusters.")] = 10,
    alarm: Annotated[
        float, typer.Option(parser=share, metavar="SHARE", help="Share that a source may lose before it is told.")
    ] = 0.5,
    json: Annotated[bool, typer.Option("--json", help="Everything as JSON.")] = False,
) -> None:
    """Show the largest clusters of duplicates, where they came from, and sources that lost too much."""
    with exit_codes():
        from babelmill.pipeline.corpus.clusters import clusters_of
        from babelmill.pipeline.corpus.corpus import open_sound
        from babelmill.pipeline.formatting.sanitize import inert_json
        from babelmill.pipeline.show.terminal.clusters import as_json, shown

        found = clusters_of(open_sound(output), top, alarm)
        if json:
            print(inert_json(as_json(found), indent=2))
        else:
            out.print(shown(found))
