"""A table on the terminal: no lines, the first column to the left, numbers to the right."""

from collections.abc import Iterable

from rich.table import Table

__all__ = ["grid"]


def grid(title: str, columns: Iterable[str], gap: int = 2) -> Table:
    """Return an empty table, `gap` spaces between its columns."""
    table = Table(
        title=title, title_justify="left", header_style="bold", box=None, pad_edge=False, padding=(0, gap, 0, 0)
    )
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=True)
    return table
