"""The list is what a job compiles, each function once; and compiled ahead it is there."""

import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from babelmill.transforms.kernels import ahead
from babelmill.transforms.kernels.ahead import compile_ahead, described, is_compiled, listed, types_of
from babelmill.transforms.kernels.listed import LISTED

TWICE: frozenset[str] = frozenset()
"""Functions that a job needs for several types of arguments, for a reason."""
JOB = """
import orjson
from tests.listed_kernels import compile_job
found = compile_job()
print(orjson.dumps([found.kernels, {name: sorted(types) for name, types in found.functions.items()}]).decode())
"""


@pytest.fixture(scope="module")
def job() -> tuple[list[tuple[str, list[str]]], dict[str, list[str]]]:
    """The kernels, and the signatures of all functions, that a job compiles whose cache is empty."""
    done = subprocess.run([sys.executable, "-c", JOB], capture_output=True, text=True, check=True)
    kernels, functions = orjson.loads(done.stdout.splitlines()[-1])
    return [(name, arguments) for name, arguments in kernels], functions


def test_no_function_is_compiled_twice(job: tuple[list[tuple[str, list[str]]], dict[str, list[str]]]) -> None:
    """Arrays that cannot be written to, layouts, widths of integers: whatever differs, differs for a reason."""
    twice = {name: types for name, types in job[1].items() if len(types) > 1 and name.partition(" ")[2] not in TWICE}
    assert not twice


def test_the_list_is_what_a_job_calls(job: tuple[list[tuple[str, list[str]]], dict[str, list[str]]]) -> None:
    """If not: python -m tests.listed_kernels writes it anew."""
    called = sorted(f"{name}({' '.join(arguments)})" for name, arguments in job[0])
    assert called == sorted(
        f"{kernel.name}({' '.join(map(described, types_of(iter(kernel.arguments))))})" for kernel in listed()
    )


def test_compiled_ahead(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BABELMILL_CACHE", str(tmp_path))
    few = "kernels.hashing:_mix_into(uint64:1C uint64 uint64:1C)\ntokens.bpe.check:_hash(uint8:1Cr int32:1Cr uint64:1C)"
    monkeypatch.setattr(ahead, "LISTED", few)
    for cached in (ahead.listed, ahead.kernel_folder):
        cached.cache_clear()
    try:
        assert [kernel.name for kernel in listed()] == ["kernels.hashing:_mix_into", "tokens.bpe.check:_hash"]
        assert not is_compiled()
        assert sorted(compile_ahead(1)) == sorted(kernel.name for kernel in listed())
        assert is_compiled()
        assert len(list(tmp_path.rglob("*.code"))) == 2
        assert sorted(compile_ahead(1)) == sorted(kernel.name for kernel in listed())
    finally:
        for cached in (ahead.listed, ahead.kernel_folder):
            cached.cache_clear()


def test_another_process_takes_rooms_that_are_left(tmp_path: Path) -> None:
    rooms = tmp_path / "rooms"
    rooms.mkdir()
    for room in ("language", "tokens", "text", "dedup", "quality", "pii", "read"):
        (rooms / room).touch()
    done = subprocess.run(
        [sys.executable, "-m", "babelmill.transforms.kernels.ahead", str(rooms)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split() == [kernel.name for kernel in listed() if kernel.name.startswith("kernels.")]
    assert (rooms / "kernels").exists()


def test_every_type_is_told_and_read() -> None:
    assert len(listed()) == sum(not line.startswith(" ") for line in LISTED.strip().splitlines())
    for kernel in listed():
        told = " ".join(map(described, types_of(iter(kernel.arguments))))
        assert told.replace("(", " ( ").replace(")", " ) ").split() == list(kernel.arguments)
