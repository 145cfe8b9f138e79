"""No thread of Arrow's ever holds a file that Python has to close: `transforms/files/parquet.py` says why."""

import ast
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from babelmill.transforms.files.parquet import open_parquet, read_rows, read_table

ROOT = Path(__file__).parents[1]
MODULES = sorted([*(ROOT / "transforms").rglob("*.py"), *(ROOT / "pipeline").rglob("*.py")])
ITS_OWN = "transforms/files/parquet.py"
SERIAL = {"iter_batches", "read_row_group", "read_row_groups", "group_by"}
"""Methods that use Arrow's threads unless they are told not to."""
THREADED = {"read_table", "read_pandas", "ParquetDataset", "dataset"}
"""Of pyarrow: they use threads whatever they are told."""
LEFT = {"transforms/write/manifest.py": {"pq.read_table", "rows.group_by"}}
"""Read once, in the middle of a run."""


def called(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Yield every call of a file, and what is called, as it is written."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_read_is_by_the_thread_that_asks(path: Path) -> None:
    name = str(path.relative_to(ROOT))
    for function, call in called(path):
        if function in LEFT.get(name, ()):
            continue
        said = {word.arg: ast.unparse(word.value) for word in call.keywords}
        last = function.rpartition(".")[2]
        if last in SERIAL:
            assert said.get("use_threads") == "False", f"{name}:{call.lineno} {function}"
        if function.startswith(("pq.", "pa.")) and last in THREADED:
            raise AssertionError(f"{name}:{call.lineno} {function}")
        if last == "ParquetFile":
            assert name == ITS_OWN, f"{name}:{call.lineno}: open_parquet opens files"
            assert said["pre_buffer"] == "False"
    assert "pyarrow.dataset" not in path.read_text()


class Watched:
    """A file that notes which threads read it, and which one lets go of it last."""

    def __init__(self, file: IO[bytes], threads: set[int]) -> None:
        self._file, self._threads = file, threads

    def read(self, size: int = -1) -> bytes:
        self._threads.add(threading.get_ident())
        return self._file.read(size)

    def __del__(self) -> None:
        self._threads.add(threading.get_ident())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> "Watched":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A file of several row groups and columns."""
    table = pa.table({name: [f"{name}{row}" * 50 for row in range(5000)] for name in "abcdefgh"})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=500, write_page_checksum=True)
    return str(tmp_path / "a.parquet")


def test_a_file_is_read_by_one_thread(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    threads = set[int]()

    def watched(path: str) -> IO[bytes]:
        return cast(IO[bytes], Watched(open(path, "rb"), threads))

    monkeypatch.setattr("babelmill.transforms.files.parquet.open_file", watched)
    for _ in range(20):
        assert len(read_table(path)) == 5000
        assert len(read_table(path, ["h", "a"])) == 5000
        assert len(read_rows(path, np.arange(0, 5000, 7))) == 715
        with watched(path) as file:
            assert sum(batch.num_rows for batch in open_parquet(file).iter_batches(use_threads=False)) == 5000
        del file
    assert threads == {threading.get_ident()}


def test_the_watch_sees_other_threads(path: str) -> None:
    threads = set[int]()
    with cast(Any, Watched(open(path, "rb"), threads)) as file:
        pq.read_table(file)
    assert threads - {threading.get_ident()}
