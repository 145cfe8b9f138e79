"""`babelmill verify`."""

from typing import Annotated

import typer

from babelmill.pipeline.commands.console import exit_codes, say, warn
from babelmill.transforms.errors import DamageError, WorldError

__all__ = ["verify"]


def verify(
    output: Annotated[str, typer.Argument(metavar="RUN", help="A run's output folder.")],
    inputs: Annotated[
        bool, typer.Option("--inputs", help="Also see whether the input files are still what the run read.")
    ] = False,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Processes that read shards.")] = 1,
) -> None:
    """Recount a finished run's shards against manifest and ledger, and check every checksum."""
    with exit_codes():
        from babelmill.pipeline.corpus.corpus import open_output
        from babelmill.pipeline.corpus.verify import verify as problems_of
        from babelmill.pipeline.corpus.verify_inputs import changed_inputs
        from babelmill.pipeline.formatting.quantities import quantity
        from babelmill.pipeline.runners.lean import ignore_pandas

        ignore_pandas()
        found = open_output(output)
        problems = list(problems_of(found, workers=workers))
        for problem in problems:
            warn(problem)
        totals = found.manifest.totals
        if problems:
            raise DamageError(f"{output} is damaged: {len(problems)} problem{'s' if len(problems) > 1 else ''}")
        say(
            f"{output} is sound: {totals.shards:,} shards, {totals.documents:,} documents, "
            f"{totals.tokens:,} tokens, {quantity(totals.text_bytes, 'B')} of text"
        )
        if inputs:
            changed = list(changed_inputs(found))
            for change in changed:
                warn(change)
            files = len(found.manifest.inputs)
            if changed:
                raise WorldError(f"{len(changed):,} of {files:,} input files are not what the run read")
            say(f"{files:,} input files are as the run read them, by size, time and state")
