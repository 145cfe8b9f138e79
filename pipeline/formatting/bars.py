"""Bars: how far something is, one line each, redrawn in place on a terminal.

    with Bars(console) as bars:
        bars.show([Bar("compile", 54 / 179, ("54 of 179 kernels", "once for this version"))])

A line never wraps, whatever the terminal's width: of its details those are shown that fit, the first ones first.
"""

import sys
from collections.abc import Sequence
from types import TracebackType
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.live import Live
from rich.text import Text

from babelmill.pipeline.formatting.quantities import share

__all__ = ["Bar", "Bars", "bar_line", "blocks", "duration"]

_EIGHTHS = " ▏▎▍▌▋▊▉"
_MOST_CELLS, _LEAST_CELLS = 30, 8
_PERCENT_CELLS = 5
"""`100%`, `<1%` or `>99%`, and a blank before it."""


class Bar(NamedTuple):
    """One line.

    Args:
        name: what is done.
        done: how much of it, in [0, 1]; None where nobody knows.
        details: beside the bar, the most important first.
    """

    name: str
    done: float | None
    details: Sequence[str] = ()


def blocks(part: float, whole: float, cells: int, ascii_only: bool = False) -> str:
    """Return a part of a whole as blocks: to an eighth of a cell, and something is never nothing.

    >>> blocks(1, 2, 4), blocks(1, 1000, 4), blocks(0, 5, 4), blocks(1, 2, 4, ascii_only=True)
    ('██', '▏', '', '##')
    """
    if not whole:
        return ""
    if ascii_only:
        return "#" * int(cells * part / whole)
    eighths = max(part > 0, round(8 * cells * part / whole))
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def duration(seconds: float) -> str:
    """Write a time: seconds to a minute, then two units.

    >>> duration(7.4), duration(95), duration(3 * 3600 + 125), duration(200_000)
    ('7 s', '1 min 35 s', '3 h 2 min', '2 d 7 h')
    """
    left = round(seconds)
    if left < 60:
        return f"{left} s"
    for unit, size, below, part in (("d", 86_400, "h", 3_600), ("h", 3_600, "min", 60), ("min", 60, "s", 1)):
        if left >= size:
            rest = left % size // part
            return f"{left // size} {unit}" + (f" {rest} {below}" if rest else "")
    raise AssertionError


def bar_line(bar: Bar, width: int, name_cells: int = 0, ascii_only: bool = False) -> Text:
    """Return a bar as a line of at most `width` cells.

    Args:
        bar: what it shows.
        width: of the terminal, in cells.
        name_cells: of the longest name, so that bars below each other begin at the same cell.
        ascii_only: whether the terminal has nothing but ASCII.
    """
    cells = min(_MOST_CELLS, max(_LEAST_CELLS, width // 5))
    left, right = ("[", "]") if ascii_only else ("▕", "▏")
    line = Text(set_cell_size(bar.name, max(name_cells, cell_len(bar.name))) + " ")
    if bar.done is not None:
        done = min(1.0, max(0.0, bar.done))
        line.append(left, "dim")
        line.append(set_cell_size(blocks(done, 1, cells, ascii_only), cells), "cyan")
        line.append(right, "dim")
        line.append(f"{share(done, 1, 0):>{_PERCENT_CELLS}}")
    for number, detail in enumerate(bar.details):
        before = ", " if number else "  " if bar.done is not None else ""
        if line.cell_len + cell_len(before + detail) > width:
            break
        line.append(before + detail)
    line.truncate(width)
    return line


class Bars:
    """Some bars at the bottom of a terminal, gone when the block ends; what is printed meanwhile stands above them.

    Args:
        console: where to. One that is no terminal gets nothing.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        # What goes to a file through standard error is not to land on the terminal.
        above = bool(sys.stderr) and sys.stderr.isatty()
        self._live = (
            Live(console=console, auto_refresh=False, transient=True, redirect_stderr=above)
            if console.is_terminal and not console.is_dumb_terminal
            else None
        )

    @property
    def are_seen(self) -> bool:
        """Whether anybody sees them: the console is a terminal that can move its cursor."""
        return self._live is not None

    def __enter__(self) -> "Bars":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """Wipe them away."""
        if self._live:
            self._live.stop()

    def show(self, bars: Sequence[Bar]) -> None:
        """Draw these in the place of those before."""
        if self._live:
            self._live.start()
            # A cell less than there is: some terminals break a line that fills the last one.
            width, ascii_only = self._console.width - 1, self._console.options.ascii_only
            names = max((cell_len(bar.name) for bar in bars), default=0)
            lines = (bar_line(bar, width, names, ascii_only) for bar in bars)
            shown = Text("\n", no_wrap=True, overflow="ignore").join(lines)
            self._live.update(shown, refresh=True)
