"""`babelmill verify`."""

from typing import Annotated

import typer

from pipeline.console import exit_codes, say, warn
from transforms.errors import DamageError

__all__ = ["verify"]


def verify(output: Annotated[str, typer.Argument(metavar="RUN", help="A run's output folder.")]) -> None:
    """Recount a finished run's shards against manifest and ledger, and check every checksum."""
    with exit_codes():
        from pipeline.output import open_output
        from pipeline.report.wording import quantity
        from pipeline.verify import verify as problems_of

        found = open_output(output)
        problems = list(problems_of(found))
        for problem in problems:
            warn(problem)
        totals = found.manifest["totals"]
        if problems:
            raise DamageError(f"{output} is damaged: {len(problems)} problem{'s' if len(problems) > 1 else ''}")
        say(
            f"{output} is sound: {totals['shards']:,} shards, {totals['documents']:,} documents, "
            f"{totals['tokens']:,} tokens, {quantity(totals['text_bytes'], 'B')} of text"
        )
