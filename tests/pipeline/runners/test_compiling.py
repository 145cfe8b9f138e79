"""What a newcomer sees while kernels are compiled, and that nobody else sees anything."""

import io
from collections.abc import Iterator

import pytest
from rich.console import Console

from babelmill.pipeline.runners import compiling
from babelmill.pipeline.runners.compiling import compile_kernels


@pytest.fixture
def cold(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A cache that is empty; the number of processes of each compilation."""
    asked: list[int] = []

    def compiled(processes: int) -> Iterator[str]:
        asked.append(processes)
        yield from ("text.layout:_lay_out", "quality.counting:count_words")

    monkeypatch.setattr(compiling, "compile_ahead", compiled)
    monkeypatch.setattr(compiling, "is_compiled", lambda: bool(asked))
    return asked


def test_a_terminal_has_a_bar(cold: list[int]) -> None:
    told = io.StringIO()
    compile_kernels(Console(file=told, force_terminal=True, width=120))
    assert "compile" in told.getvalue()
    assert f"2 of {len(compiling.listed())} kernels, once for this version" in told.getvalue()
    assert len(cold) == 1
    assert 1 <= cold[0] <= 4


def test_a_log_has_a_line_and_a_program_nothing(cold: list[int]) -> None:
    told = io.StringIO()
    compile_kernels(Console(file=told, width=120))
    assert told.getvalue().splitlines() == [
        f"Compiling {len(compiling.listed())} kernels, once for this version of the code ..."
    ]
    compile_kernels(Console(file=told, width=120))
    assert len(cold) == 1
    cold.clear()
    compile_kernels()
    assert len(cold) == 1
    assert len(told.getvalue().splitlines()) == 1
