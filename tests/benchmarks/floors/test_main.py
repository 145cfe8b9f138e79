"""Floors, the command: what it prints and when it fails; and that its requests do nothing outside of valgrind."""

import platform
import sys
from pathlib import Path

import pytest

from tests.benchmarks.floors import __main__ as command
from tests.benchmarks.floors import recorded
from tests.benchmarks.floors.callgrind import Counted
from tests.benchmarks.floors.requests import counting

INPUT = {"documents": 1, "bytes": 100, "sha256": "0f"}


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """floors.json with 1,000 instructions for each of two stages; valgrind is there, and counts what a test says."""
    path = tmp_path / "floors.json"
    monkeypatch.setattr(recorded.load, "__defaults__", (path,))
    monkeypatch.setattr(recorded.save, "__defaults__", (path,))
    monkeypatch.setattr(command, "why_not", lambda: "")
    monkeypatch.setattr(command, "version", lambda: "3.19.0")
    recorded.save(recorded.Recorded({"valgrind": "3.18.0"}, INPUT, {"read": 1_000, "pii": 1_000}))
    return path


def run(monkeypatch: pytest.MonkeyPatch, counted: dict[str, int], *arguments: str) -> int:
    monkeypatch.setattr(command, "count", lambda: Counted(INPUT, counted))
    monkeypatch.setattr(sys, "argv", ["floors", *arguments])
    return command.main()


def test_without_valgrind_a_line_says_that_nothing_is_checked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "why_not", lambda: "no valgrind")
    assert run(monkeypatch, {}) == 0
    assert capsys.readouterr().out == "no valgrind: no instructions are counted, the floors are not checked\n"
    # But a value that was not counted cannot be recorded.
    assert run(monkeypatch, {}, "--record") == 1


def test_growth_fails_and_says_how_to_record_it(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = file.read_text()
    assert run(monkeypatch, {"read": 1_110, "pii": 900}) == 1
    told = capsys.readouterr()
    assert told.err.startswith("read takes 11.0% more instructions than recorded (10% may be)\n")
    assert "'valgrind': '3.19.0'" in told.err
    assert command.RECORD in told.err
    assert "pii: fewer than recorded" in told.out
    assert file.read_text() == before


def test_recording_writes_what_was_counted(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, {"read": 1_060, "pii": 900}, "--record") == 0
    assert recorded.load().instructions == {"read": 1_060, "pii": 900}
    assert recorded.load().made_with["valgrind"] == "3.19.0"
    assert run(monkeypatch, {"read": 1_060, "pii": 900}) == 0


@pytest.mark.skipif(platform.machine() != "x86_64", reason="valgrind's requests are written for x86-64")
def test_counting_outside_of_valgrind_does_nothing() -> None:
    done = []
    with counting("a stage"):
        done.append(1)
    assert done
