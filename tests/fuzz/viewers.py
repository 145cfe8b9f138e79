"""Commands that look at a run which a stranger changed: they end, with one of their exit codes and a line, in bounded
memory; they print no control byte, and open nothing outside of the run.
"""

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from hypothesis import strategies as st
from typer.testing import CliRunner

from babelmill.pipeline import cli
from babelmill.transforms.kernels.cache import cache_root
from babelmill.transforms.write.manifest_file import dump_manifest
from tests.fuzz.mutations import mutated, mutated_json
from tests.pipeline.runs import ROOT, run_sample
from tests.strangers import reseal

__all__ = ["check_shard", "check_verify", "check_why", "changes"]

_SECONDS = 20
_MOST_MB = 500
Change = tuple[str, bytes, bool]
"""A file below the run, its new content, and whether the manifest is sealed anew."""


@cache
def _run(folder: Path) -> Path:
    source = "input=[{source: docs, files: [tests/data/corpus/fi.jsonl.zst, tests/data/corpus/bad/records.jsonl]}]"
    return run_sample(folder / "viewed", source, "languages=[fi, en]", "audit=true", "max_rejected_ratio=1")


def _json_files(run: Path) -> Iterator[tuple[str, Any]]:
    for path in sorted([*run.rglob("*.json"), run / "work" / "items.jsonl"]):
        yield str(path.relative_to(run)), orjson.loads(path.read_bytes().splitlines()[0] if path.suffix == ".jsonl"
                                                       else path.read_bytes())  # fmt: skip


def _dumped(name: str, value: Any) -> bytes:
    """Return a value of JSON as its file; a manifest with the digest that it should have."""
    try:
        return dump_manifest(value) if name == "manifest.json" else orjson.dumps(value)
    except (TypeError, AttributeError, orjson.JSONEncodeError):
        return json.dumps(value).encode()


def changes(folder: Path) -> st.SearchStrategy[list[Change]]:
    """Return what a stranger changes: one to three files, of JSON by its parts, of others by their bytes."""
    run = _run(folder)
    parts = [
        mutated_json(value).map(lambda new, name=name: (name, _dumped(name, new), False))  # type: ignore[misc]
        for name, value in _json_files(run)
    ]
    tables = [
        st.tuples(st.just(str(path.relative_to(run))), mutated([path.read_bytes()]), st.booleans())
        for path in sorted(run.rglob("*.parquet"))
    ]
    return st.lists(st.one_of(*parts, *parts[:1] * 5, *tables), min_size=1, max_size=3)


_opened: list[str] | None = None


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _opened is not None and event == "open" and isinstance(arguments[0], str | bytes):
        _opened.append(os.path.abspath(os.fsdecode(arguments[0])))


sys.addaudithook(_hook)


@contextmanager
def _watched(run: Path) -> Iterator[None]:
    """Check what is opened, how long it takes, and how much memory."""
    global _opened
    Path("/proc/self/clear_refs").write_text("5")
    before = _peak_mb()
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(_SECONDS)
    _opened = []
    try:
        yield
    finally:
        opened, _opened = _opened, None
        signal.alarm(0)
    allowed = tuple(
        map(str, (run, ROOT, cache_root(), sys.prefix, sys.base_prefix, "/proc", "/usr", "/dev/null", "/tmp/"))
    )
    assert not [path for path in opened if not path.startswith(allowed)], opened
    assert _peak_mb() < before + _MOST_MB


def _too_long(*_: object) -> None:
    raise TimeoutError(f"more than {_SECONDS} s")


def _peak_mb() -> int:
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) >> 10


@contextmanager
def _changed(run: Path, drawn: list[Change]) -> Iterator[None]:
    kept = {name: (run / name).read_bytes() for name in ("manifest.json", *(name for name, _, _ in drawn))}
    try:
        for name, content, sealed in drawn:
            (run / name).write_bytes(content)
            if sealed:
                try:
                    reseal(run)
                except (KeyError, TypeError, ValueError, AttributeError, OSError):
                    continue
        yield
    finally:
        for name, content in kept.items():
            (run / name).write_bytes(content)


def _call(run: Path, *arguments: str) -> None:
    with _watched(run):
        result = CliRunner().invoke(cli.app, arguments)
    if not isinstance(result.exception, SystemExit | None):
        raise result.exception
    assert result.exit_code in (0, 1, 2)
    assert (result.exit_code == 0) or result.stderr.splitlines()[-1].startswith("babelmill: ")
    assert all(char.isprintable() or char == "\n" for char in result.stdout + result.stderr)
    assert len(result.stdout) + len(result.stderr) < 10_000_000


def check_verify(folder: Path, drawn: list[Change]) -> None:
    """Run `verify`, and whatever reads the same tables."""
    run = _run(folder)
    with _changed(run, drawn):
        _call(run, "verify", str(run))
        _call(run, "inspect", str(run))
        _call(run, "clusters", str(run), "--json")
        _call(run, "inspect", str(run), "--html", "--to", str(run.parent / "page.html"))


def check_why(folder: Path, drawn: list[Change]) -> None:
    """Run `why` for a document that is kept, one that is removed or dropped, and one that is not there."""
    run = _run(folder)
    with _changed(run, drawn):
        for id in _ids(run):
            _call(run, "why", str(run), id)
        _call(run, "why", str(run), "none", "--json")


@cache
def _ids(run: Path) -> tuple[str, ...]:
    import pyarrow.parquet as pq

    tables = [
        next(run.rglob("data/**/*.parquet")),
        *sorted((run / "audit").glob("*.parquet"))[:1],
        run / "removals.parquet",
    ]
    columns = [pq.ParquetFile(path).read(["id"])["id"] for path in tables]
    return tuple(column[0].as_py() for column in columns if len(column))


def check_shard(folder: Path, drawn: list[Change]) -> None:
    """Run `shard` on the run, and on whatever file of it was changed."""
    run = _run(folder)
    with _changed(run, drawn):
        _call(run, "shard", str(run), "--sample", "2")
        for name in {name for name, _, _ in drawn if name.endswith(".parquet")}:
            _call(run, "shard", str(run / name))
            _call(run, "shard", str(run / name), "--json")
            _call(run, "shard", str(run / name), "--doc", "0")
        _call(run, "shard", str(next(run.rglob("data/**/*.parquet"))), "--doc", "0")
