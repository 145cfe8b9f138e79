"""`babelmill budget`."""

import math
from typing import Annotated

import typer

from babelmill.pipeline.commands.console import Overrides, exit_codes, out, say
from babelmill.transforms.errors import ConfigError

__all__ = ["budget"]


def budget(
    output: Annotated[str, typer.Argument(metavar="RUN", help="A run's output folder.")],
    scale: Annotated[float, typer.Option(metavar="N", help="Multiply what the run has: it is a sample of 1/N.")] = 1,
    config: Annotated[
        str | None, typer.Option(metavar="CONFIG", help="Take the section budget of this file, not the run's own.")
    ] = None,
    overrides: Overrides = None,
    json: Annotated[bool, typer.Option("--json", help="Print the JSON, not the tables.")] = False,
) -> None:
    """Show how far a finished run is from its budget: by language and source what there is, is wanted, and is missing.

    Writes budget.json and budget.html into the run's folder.
    """
    with exit_codes():
        import orjson

        from babelmill.pipeline.budget.budget import MOST_BYTES, budget_of
        from babelmill.pipeline.config.budget import BUDGET_FILES
        from babelmill.pipeline.config.loader import load_budget, load_yaml
        from babelmill.pipeline.corpus.corpus import open_output
        from babelmill.pipeline.corpus.generated import refuse_foreign
        from babelmill.pipeline.corpus.verify import check_account
        from babelmill.pipeline.formatting.quantities import quantity
        from babelmill.pipeline.formatting.sanitize import inert_json
        from babelmill.pipeline.show.html.budget import page
        from babelmill.pipeline.show.terminal.budget import as_json, shown
        from babelmill.transforms.files.storage import join, write_bytes

        if not (math.isfinite(scale) and scale > 0):
            raise ConfigError("--scale", f"{scale:g} is no number above 0")
        written = [join(output, name) for name in BUDGET_FILES]
        found = open_output(output)
        text = found.ledger.total(stage="read").bytes
        if text * scale > MOST_BYTES:
            most = f"{scale:g} times {quantity(text, 'B')} of text is more than {quantity(MOST_BYTES, 'B')}"
            raise ConfigError("--scale", f"{most}; at most {MOST_BYTES / text:.2g} for this run")
        for path in written:
            refuse_foreign("RUN", path)
        wanted = found.manifest.config["budget"]
        if config is not None:
            given = load_yaml(config, odd=True)
            if "budget" not in given:
                raise ConfigError("budget", f"{config} has no such section")
            wanted = given["budget"]
        section = load_budget(wanted, overrides or ())
        section.check(found.languages, found.sources)
        check_account(found)
        result = budget_of(section, found.ledger, found.strata, found.languages, found.sources, scale)
        content = as_json(result, section, found.manifest)
        for path, part in zip(written, (content, page(result, found.manifest.name).encode()), strict=True):
            write_bytes(path, part)
        if json:
            print(inert_json(orjson.loads(content), indent=2))
        else:
            out.print(shown(result))
            say()
            say(f"Written to {' and '.join(written)}")
