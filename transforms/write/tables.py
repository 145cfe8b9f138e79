"""The tables beside the shards: written whole, in bounded memory, and known by their digest."""

import glob
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from transforms.parquet import footer_metadata, read_table
from transforms.storage import creating, exists, file_digest, find, is_local
from transforms.write.hashed import Hashed

__all__ = ["TableFile", "is_whole", "read_parts", "write_table"]

_ROW_GROUP_ROWS = 1 << 16
"""Rows a row group: fixed, so that the bytes do not depend on how the input was cut into items."""


class TableFile(NamedTuple):
    """A table as the manifest lists it."""

    rows: int
    file_bytes: int
    sha256: str


def read_parts(paths: Iterable[str]) -> Iterator[pa.Table]:
    """Yield the part files that exist; an item without rows has none."""
    yield from map(read_table, filter(exists, paths))


def is_whole(path: str, listed: Mapping[str, Any]) -> bool:
    """Say whether a file is what is listed of it: its `file_bytes`; and its `sha256` where that needs no network."""
    if [file.size for file in find(glob.escape(path))] != [listed["file_bytes"]]:
        return False
    return not is_local(path) or file_digest(path) == listed["sha256"]


def write_table(path: str, schema: pa.Schema, parts: Iterable[pa.Table], kind: str = "table") -> TableFile:
    """Write one Parquet file from parts, in their order; its bytes do not depend on where one part ends.

    Args:
        path: the table.
        schema: of the table and its parts.
        parts: tables of any length.
        kind: of the file, for its footer, which has a table's name too.
    """
    held: list[pa.Table] = []
    rows = 0
    with creating(path) as file:
        hashed = Hashed(file)
        with pq.ParquetWriter(hashed.sink(), schema, compression="zstd", write_page_checksum=True) as writer:

            def write(at_least: int) -> None:
                while held and sum(map(len, held)) >= at_least:
                    table = pa.concat_tables(held).combine_chunks()
                    held[:] = [table.slice(_ROW_GROUP_ROWS)] if len(table) > _ROW_GROUP_ROWS else []
                    writer.write_table(table.slice(0, _ROW_GROUP_ROWS), row_group_size=_ROW_GROUP_ROWS)

            for part in parts:
                held.append(part)
                rows += len(part)
                write(at_least=_ROW_GROUP_ROWS)
            write(at_least=1)
            named = {"name": os.path.basename(path).partition(".")[0]} if kind == "table" else {}
            writer.add_key_value_metadata(footer_metadata(kind=kind, rows=str(rows), **named))
    return TableFile(rows, hashed.size, hashed.sha256())
