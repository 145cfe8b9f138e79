"""Runs and Parquet files made to let whoever looks at them run out of memory, wait for ever, or be led away.

Each begins as a sound run, and is sealed again: every digest in it is right.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from babelmill.transforms.write.manifest_file import dump_manifest

__all__ = ["BOMBS", "Looked", "bomb", "change_manifest", "look", "put_table", "reseal"]

_LARGE = "x" * 50_000_000


def _dictionary(path: Path) -> None:
    """One text of 50 MB, 20,000 times: a terabyte in 2 kB."""
    column = pa.DictionaryArray.from_arrays(pa.array(np.zeros(20_000, np.int32)), pa.array([_LARGE]))
    pq.write_table(pa.table({"text": column}), path, compression="zstd", store_schema=False)


def _nulls(path: Path) -> None:
    """30 million rows of nothing."""
    table = pa.table({name: pa.nulls(3_000_000, pa.string()) for name in ("id", "text", "kept_id", "lang")})
    with pq.ParquetWriter(path, table.schema, compression="zstd") as writer:
        for _ in range(10):
            writer.write_table(table, row_group_size=len(table))


def _list(path: Path) -> None:
    """One row with 20 million equal numbers."""
    values = pa.array(np.ones(20_000_000, np.int64))
    lists = pa.ListArray.from_arrays(pa.array([0, len(values)], pa.int32()), values)
    pq.write_table(pa.table({"text": ["a"], "numbers": lists}), path, compression="zstd", write_statistics=False)


def _list_of_texts(path: Path) -> None:
    """2,000 rows of ten times the same 50 MB."""
    texts = pa.DictionaryArray.from_arrays(pa.array(np.zeros(20_000, np.int32)), pa.array([_LARGE]))
    lists = pa.ListArray.from_arrays(pa.array(np.arange(0, 20_001, 10, dtype=np.int32)), texts)
    pq.write_table(pa.table({"text": ["a"] * 2_000, "l": lists}), path, compression="zstd", store_schema=False)


def _page(path: Path) -> None:
    """A page of 300 MB of zeros."""
    table = pa.table({"text": [bytes(300_000_000)]})
    pq.write_table(table, path, compression="zstd", use_dictionary=False, write_statistics=False)


def _delta(path: Path) -> None:
    """Every text repeats the one before it."""
    table = pa.table({"text": [_LARGE] * 12})
    pq.write_table(table, path, use_dictionary=False, column_encoding={"text": "DELTA_BYTE_ARRAY"}, compression="zstd")


def _footer(path: Path) -> None:
    """100 MB of metadata."""
    with pq.ParquetWriter(path, pa.schema([("text", pa.string())])) as writer:
        writer.write_table(pa.table({"text": ["a"]}))
        writer.add_key_value_metadata({"babelmill": "[" * 100_000_000})


BOMBS: dict[str, Callable[[Path], None]] = {
    function.__name__.strip("_"): function
    for function in (_dictionary, _nulls, _list, _list_of_texts, _page, _delta, _footer)
}
"""Name to what writes the file. All are small on disk but `footer`."""


def bomb(name: str, path: Path) -> Path:
    """Write a bomb in a process of its own, so that what it takes is not this one's."""
    code = "import sys, pathlib, tests.strangers as s; s.BOMBS[sys.argv[1]](pathlib.Path(sys.argv[2]))"
    subprocess.run([sys.executable, "-c", code, name, str(path)], check=True)
    return path


def change_manifest(run: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a manifest, and seal it again."""
    manifest = orjson.loads((run / "manifest.json").read_bytes())
    change(manifest)
    (run / "manifest.json").write_bytes(dump_manifest(manifest))


def _listed(manifest: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from ((f"{name}.parquet", row) for name, row in manifest["tables"].items())
    yield from ((row["path"], row) for row in (*manifest["shards"], *(manifest.get("index") or {"files": ()})["files"]))


def reseal(run: Path) -> None:
    """Write into the manifest what its files are now: their bytes, digests, and rows by their footers."""

    def change(manifest: dict[str, Any]) -> None:
        for path, row in _listed(manifest):
            content = (run / path).read_bytes()
            row |= {"file_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            try:
                row["rows"] = pq.read_metadata(run / path).num_rows
            except (OSError, pa.ArrowException):
                continue

    change_manifest(run, change)


def put_table(run: Path, name: str, table: Path) -> Path:
    """Put another file in the place of a table of a run, and seal it."""
    (run / f"{name}.parquet").write_bytes(table.read_bytes())
    reseal(run)
    return run


class Looked(NamedTuple):
    """What a command did: its exit code, what it wrote, its peak memory."""

    code: int
    out: bytes
    err: bytes
    peak_mb: int

    @property
    def lines(self) -> list[str]:
        """What it wrote to stderr."""
        return self.err.decode(errors="replace").splitlines()


def look(*arguments: object, seconds: float = 60) -> Looked:
    """Call a command in a process of its own.

    Raises:
        subprocess.TimeoutExpired: if it does not end.
    """
    command = [sys.executable, "-c", _CALL, *(os.fsencode(str(argument)) for argument in arguments)]
    done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=seconds)
    *_, last = done.stderr.splitlines() or [b"0"]
    return Looked(done.returncode, done.stdout, done.stderr.rpartition(b"PEAK")[0], int(last.removeprefix(b"PEAK ")))


_CALL = """
import atexit, sys
def peak():
    # Not ru_maxrss, which begins with what the process took that started this one.
    [line] = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
    print("PEAK", int(line.split()[1]) >> 10, file=sys.stderr)
atexit.register(peak)
from babelmill.pipeline.cli import main
main()
"""
