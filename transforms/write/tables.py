"""Merge the items' part files of one table, in input order and in bounded memory."""

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.parquet as pq

from transforms.storage import creating, exists, open_file

__all__ = ["merge_tables"]

_ROW_GROUP_ROWS = 1 << 16
"""Rows a row group: fixed, so that the bytes do not depend on how the input was cut into items."""


def merge_tables(path: str, schema: pa.Schema, parts: Iterable[str]) -> int:
    """Write one Parquet file from those parts that exist; return its rows.

    Args:
        path: the table.
        schema: of the table and its parts.
        parts: paths in input order; an item without rows has no part.
    """
    held: list[pa.Table] = []
    rows = 0
    with creating(path) as file, pq.ParquetWriter(file, schema, compression="zstd", write_page_checksum=True) as writer:

        def write(at_least: int) -> None:
            while held and sum(map(len, held)) >= at_least:
                table = pa.concat_tables(held).combine_chunks()
                held[:] = [table.slice(_ROW_GROUP_ROWS)] if len(table) > _ROW_GROUP_ROWS else []
                writer.write_table(table.slice(0, _ROW_GROUP_ROWS), row_group_size=_ROW_GROUP_ROWS)

        for part in parts:
            if not exists(part):
                continue
            with open_file(part) as source:
                held.append(pq.read_table(source, page_checksum_verification=True))
            rows += len(held[-1])
            write(at_least=_ROW_GROUP_ROWS)
        write(at_least=1)
    return rows
