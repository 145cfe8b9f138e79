"""The list is what a job compiles, each function once; and compiled ahead it is there."""

import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from babelmill.transforms.kernels.ahead import described, listed, types_of
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


FEW = """\
import sys
from babelmill.transforms.kernels import ahead
ahead.LISTED = "kernels.hashing:_mix_into(uint64:1C uint64 uint64:1C)"
ahead.LISTED += "tokens.bpe.check:_hash(uint8:1Cr int32:1Cr uint64:1C)"
print(ahead.is_compiled(), *sorted(ahead.compile_ahead(1)), ahead.is_compiled(), *sorted(ahead.compile_ahead(1)))
"""


def test_compiled_ahead(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In a process of its own: in this one other tests may have called these kernels."""
    monkeypatch.setenv("BABELMILL_CACHE", str(tmp_path))
    done = subprocess.run([sys.executable, "-c", FEW], capture_output=True, text=True, check=True)
    few = ["kernels.hashing:_mix_into", "tokens.bpe.check:_hash"]
    assert done.stdout.split() == ["False", *few, "True", *few]
    assert len(list(tmp_path.rglob("*.code"))) == 2


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
