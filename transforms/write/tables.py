"""The tables beside the shards: written whole, in bounded memory, and known by their digest."""

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from types import TracebackType

import pyarrow as pa
import pyarrow.parquet as pq

from babelmill.transforms.files.parquet import footer_metadata, read_groups
from babelmill.transforms.files.row_groups import Most, RowGroups
from babelmill.transforms.files.storage import creating, exists, file_digest, is_local, look, remove
from babelmill.transforms.write.hashed import Hashed
from babelmill.transforms.write.listed import Listed, TableFile

__all__ = ["ROW_GROUP", "TableWriter", "is_whole", "read_parts", "write_table"]

ROW_GROUP = Most(rows=1 << 16, bytes=1 << 26)
"""A row group: fixed, so that the bytes do not depend on how the input was cut into items."""


def read_parts(paths: Iterable[str]) -> Iterator[pa.Table]:
    """Yield the row groups of the part files that exist; an item without rows has none."""
    for path in filter(exists, paths):
        yield from read_groups(path)


def is_whole(path: str, listed: Listed) -> bool:
    """Say whether a file is what is listed of it: its `file_bytes`; and its `sha256` where that needs no network."""
    found = look(path)
    if found is None or found.size != listed.file_bytes:
        return False
    return not is_local(path) or file_digest(path) == listed.sha256


class TableWriter:
    """Write one Parquet file as its rows come; its bytes do not depend on where one table ends and the next begins.

        with TableWriter(path, schema, kind="table", name="quarantine") as writer:
            writer.add(table)
        writer.written

    Args:
        path: the file; it appears when the block ends well.
        schema: of the file and of all tables.
        most: what a row group holds; ROW_GROUP where there is none.
        optional: rows decide whether there is a file; without any, one of an earlier attempt is removed.
        kind: of the file, for its footer.
        name: a table's, for its footer; empty for other files.
    """

    def __init__(
        self,
        path: str,
        schema: pa.Schema,
        most: Most | None = None,
        optional: bool = False,
        kind: str = "table",
        name: str = "",
    ) -> None:
        self._path, self._schema, self._optional = path, schema, optional
        self._footer = {"kind": kind, **({"name": name} if name else {})}
        self._groups, self._rows = RowGroups(schema, most or ROW_GROUP), 0
        self._stack = ExitStack()
        self._hashed: Hashed | None = None
        self.written: TableFile | None = None
        """What was written, once the block has ended; None for no file."""

    @property
    def held_bytes(self) -> int:
        """Bytes of the rows that wait for their row group to be full."""
        return self._groups.held_bytes

    def add(self, table: pa.Table) -> None:
        """Take rows."""
        for group in self._groups.add(table):
            self._write(group)

    def _write(self, group: pa.Table) -> None:
        if self._hashed is None:
            self._open()
        self._writer.write_table(group, row_group_size=len(group))
        self._rows += len(group)

    def _open(self) -> None:
        self._hashed = Hashed(self._stack.enter_context(creating(self._path)))
        self._writer = self._stack.enter_context(
            pq.ParquetWriter(self._hashed.sink(), self._schema, compression="zstd", write_page_checksum=True)
        )

    def __enter__(self) -> "TableWriter":
        if not self._optional:
            self._open()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if error is not None:
            self._stack.__exit__(kind, error, tb)
            return
        with self._stack:
            for group in self._groups.rest():
                self._write(group)
            if self._hashed is not None:
                self._writer.add_key_value_metadata(footer_metadata(rows=str(self._rows), **self._footer))
        if self._hashed is None:
            remove([self._path])
        else:
            self.written = TableFile(self._rows, self._hashed.size, self._hashed.sha256())


def write_table(path: str, schema: pa.Schema, parts: Iterable[pa.Table], kind: str = "table") -> TableFile:
    """Write one Parquet file from parts, in their order; its bytes do not depend on where one part ends.

    Args:
        path: the table.
        schema: of the table and its parts.
        parts: tables of any length.
        kind: of the file, for its footer, which has a table's name too.
    """
    name = os.path.basename(path).partition(".")[0] if kind == "table" else ""
    with TableWriter(path, schema, kind=kind, name=name) as writer:
        for part in parts:
            writer.add(part)
    assert writer.written is not None
    return writer.written
