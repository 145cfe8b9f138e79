"""`babelmill why`."""

from typing import Annotated

import typer

from babelmill.pipeline.commands.console import exit_codes, out, say, warn

__all__ = ["why"]


def why(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's output folder.")],
    id: Annotated[str, typer.Argument(metavar="ID", help="A document's id, or path#offset of a record of the input.")],
    scan: Annotated[
        bool | None,
        typer.Option("--scan/--no-scan", help="Read the input through for it, and use the models that the run names."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One line of JSON.")] = False,
) -> None:
    """Tell the life of one document: its file, its language, its signals beside the bounds, and what became of it."""
    with exit_codes(damaged=2):
        from babelmill.pipeline.corpus.corpus import open_sound
        from babelmill.pipeline.explain.document import story
        from babelmill.pipeline.formatting.sanitize import clipped, inert_json
        from babelmill.pipeline.show.terminal.document import life_json, shown_life

        found = story(open_sound(run), id, scan, warn)
        if json:
            print(inert_json(life_json(found)))
            return
        if len(found.lives) > 1:
            say(f"{len(found.lives)} documents have this id")
        for life in found.lives:
            for part in shown_life(life, out):
                out.print(part, soft_wrap=True)
            say()
        for note in found.notes:
            say(f"note: {clipped(note, 1000)}")
