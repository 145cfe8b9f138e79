"""`babelmill signals`."""

import dataclasses
from itertools import islice
from typing import Annotated

import typer

from babelmill.pipeline.commands.console import Overrides, exit_codes, out, say
from babelmill.transforms.errors import ConfigError
from babelmill.transforms.text.visible import quote

__all__ = ["signals"]


def signals(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="JSONL or Parquet, of documents; .txt or .md, one document.")
    ],
    config: Annotated[
        str | None, typer.Option(metavar="CONFIG", help="Its languages and quality, not its input.")
    ] = None,
    overrides: Overrides = None,
    lang: Annotated[str | None, typer.Option(help="Take every document for this language.")] = None,
    doc: Annotated[str | None, typer.Option("--id", help="Only the document of this id.")] = None,
    first: Annotated[int, typer.Option(min=1, help="How many documents.")] = 3,
    json: Annotated[bool, typer.Option("--json", help="One line of JSON a document.")] = False,
) -> None:
    """Show what is measured of a file's documents, the bounds, and why a document falls."""
    with exit_codes():
        from babelmill.pipeline.config.loader import load_config
        from babelmill.pipeline.config.profiles import packaged
        from babelmill.pipeline.explain.signals import findings
        from babelmill.pipeline.show.terminal.signals import as_json, shown

        found = load_config(config or packaged("", "local.yaml"), overrides or ())
        source = dataclasses.replace(found.input[0], files=file, format="auto")
        wanted = (one for one in findings(found.model_copy(update={"input": (source,)}), lang) if doc in (None, one.id))
        some = False
        for finding in islice(wanted, first):
            some = True
            if json:
                print(as_json(finding))
            else:
                out.print(shown(finding))
                say()
        if not some:
            raise ConfigError("--id" if doc else "FILE", f"{file} has no document{f' {quote(doc)}' if doc else ''}")
