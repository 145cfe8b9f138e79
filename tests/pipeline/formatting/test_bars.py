"""Bars: no line is wider than the terminal, and what is drawn is as much as is done."""

import io

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from babelmill.pipeline.formatting.bars import Bar, Bars, bar_line, blocks, duration

WORDS = st.text(st.sampled_from("ab 语料データ한국어é"), max_size=30)


@given(
    name=WORDS,
    done=st.none() | st.floats(-1, 2),
    details=st.lists(WORDS, max_size=5),
    width=st.integers(1, 200),
    ascii_only=st.booleans(),
)
def test_a_line_fits_the_terminal(
    name: str, done: float | None, details: list[str], width: int, ascii_only: bool
) -> None:
    assert bar_line(Bar(name, done, details), width, ascii_only=ascii_only).cell_len <= width


@given(part=st.integers(0, 1000), more=st.integers(1, 1000), cells=st.integers(1, 100))
def test_blocks_are_in_proportion(part: int, more: int, cells: int) -> None:
    whole = part + more
    drawn = blocks(part, whole, cells)
    assert abs(cell_len(drawn) - cells * part / whole) <= 1
    assert bool(drawn) == bool(part)
    assert len(blocks(part, whole, cells, ascii_only=True)) <= cells


@given(seconds=st.floats(0, 1e7))
def test_a_duration_is_true_to_its_smaller_unit(seconds: float) -> None:
    sizes = {"s": 1, "min": 60, "h": 3600, "d": 86400}
    words = duration(seconds).split()
    told = sum(int(number) * sizes[unit] for number, unit in zip(words[::2], words[1::2], strict=True))
    assert 0 <= round(seconds) - told < 3600
    assert len(words) <= 4


def test_bars_stand_below_each_other() -> None:
    one, two = bar_line(Bar("screen", 0.5), 79, 11).plain, bar_line(Bar("deduplicate", 0.1), 79, 11).plain
    assert one.index("▕") == two.index("▕") == 12


def test_what_does_not_fit_is_left_out() -> None:
    bar = Bar("screen", 0.4, ("12 of 33 items", "3.1k documents", "8.2 MB/s"))
    assert bar_line(bar, 79).plain.endswith("40%  12 of 33 items, 3.1k documents, 8.2 MB/s")
    assert bar_line(bar, 39).plain.endswith("40%  12 of 33 items")
    assert bar_line(bar, 10).cell_len <= 10


def test_without_a_share_there_is_no_bar() -> None:
    assert bar_line(Bar("commit", None, ("adding up",)), 79).plain == "commit adding up"


def test_bars_are_drawn_on_a_terminal_alone() -> None:
    for terminal in (True, False):
        console = Console(file=io.StringIO(), force_terminal=terminal, width=60, _environ={"TERM": "xterm"})
        with Bars(console) as bars:
            bars.show([Bar("screen", 0.5), Bar("write", 0.0)])
        assert bars.are_seen == terminal
        assert isinstance(console.file, io.StringIO)
        assert ("screen" in console.file.getvalue()) == terminal
