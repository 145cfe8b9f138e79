"""`babelmill clean`."""

from typing import Annotated

import typer

from babelmill.pipeline.commands.console import TakeOver, exit_codes, say

__all__ = ["clean"]

_MOST_NAMED = 100


def clean(
    folder: Annotated[str, typer.Argument(metavar="RUN", help="A run's output folder.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be removed, remove nothing.")] = False,
    take_over: TakeOver = False,
) -> None:
    """Remove what is ours and no part of a run: what killed writers left, and the work files of a finished run.

    Nothing that the manifest lists is touched, and nothing that Babelmill did not write. Of an unfinished run, whose
    work files are needed, only what killed writers left is removed. Without work files the next run into the folder
    does everything again, and why has to read the input for what deduplication removed.
    """
    with exit_codes():
        from babelmill.pipeline.corpus.clean import check_run, rubbish_of
        from babelmill.pipeline.corpus.clean import clean as remove_all
        from babelmill.pipeline.corpus.lock import hold
        from babelmill.pipeline.formatting.quantities import quantity
        from babelmill.pipeline.job.ownership import left_alone
        from babelmill.transforms.text.visible import visible

        check_run(folder)
        with hold(folder, take_over, writing="RUN"):
            found = rubbish_of(folder)
            if not dry_run:
                remove_all(folder, found)
        named = [file for file in found if file.kind != "work"]
        for file in named[:_MOST_NAMED]:
            say(f"{file.kind}: {visible(file.path)}, {quantity(file.size, 'B')}")
        if len(named) > _MOST_NAMED:
            say(f"… and {len(named) - _MOST_NAMED:,} more")
        if work := [file.size for file in found if file.kind == "work"]:
            say(f"work files: {len(work):,}, {quantity(sum(work), 'B')}")
        if others := left_alone(folder):
            say(others)
        size = sum(file.size for file in found)
        done = "would be removed" if dry_run else "removed"
        say(f"{len(found):,} files {done}, {size:,} bytes" if found else "Nothing to remove")
