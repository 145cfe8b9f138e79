"""Staged files: the documents of one work item that passed the screen. Text stays here until its shard is written."""

from types import TracebackType
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from babelmill.transforms.documents import LANG
from babelmill.transforms.files.parquet import footer_metadata
from babelmill.transforms.files.row_groups import row_bytes
from babelmill.transforms.work import ROW_BYTES

__all__ = ["ROW_GROUP_BYTES", "StagedWriter"]

ROW_GROUP_BYTES = 4 << 20
"""A row group, all columns. It has one language, and rows in the shards' order: a shard reads few of them."""
_RUN_BYTES = 32 << 20
"""What is held and sorted at a time, all columns."""


class StagedWriter:
    """Write a staged file as batches come.

        with StagedWriter(file, schema) as staged:
            staged.add(batch)

    Args:
        file: where to.
        schema: of the batches, which may have more columns. Languages and scripts become plain strings, and the file
            has one column more, ROW_BYTES.
    """

    def __init__(self, file: IO[bytes], schema: pa.Schema) -> None:
        fields = [pa.field(field.name, pa.string()) if field.type == LANG else field for field in schema]
        self._schema = pa.schema(fields)
        self._written = self._schema.append(pa.field(ROW_BYTES, pa.int64(), nullable=False))
        self._writer = pq.ParquetWriter(
            file, self._written, compression="zstd", compression_level=1, write_page_checksum=True,
            use_dictionary=["source", "lang"], write_statistics=False,
        )  # fmt: skip
        self._held: list[pa.RecordBatch] = []
        self._bytes = self._rows = 0

    @property
    def held_bytes(self) -> int:
        """Bytes of the batches that are held, in all columns."""
        return self._bytes

    def add(self, batch: pa.RecordBatch) -> None:
        """Take a batch."""
        self._held.append(batch.select(self._schema.names).cast(self._schema))
        self._bytes += self._held[-1].nbytes
        self._rows += batch.num_rows
        if self._bytes >= _RUN_BYTES:
            self._flush()

    def _flush(self) -> None:
        """Sort what is held by language and order, and write it as row groups of one language each."""
        table = pa.Table.from_batches(self._held, self._schema).combine_chunks()
        self._held, self._bytes = [], 0
        table = table.take(pa.compute.sort_indices(table, [("lang", "ascending"), ("order", "ascending")]))
        langs = table["lang"].combine_chunks().dictionary_encode().indices.to_numpy()
        each = row_bytes(table)
        table = table.append_column(self._written.field(ROW_BYTES), pa.array(each))
        sizes = np.cumsum(each)
        start = 0
        while start < len(table):
            same_lang = int(np.searchsorted(langs, langs[start], side="right"))
            full = int(np.searchsorted(sizes, sizes[start] + ROW_GROUP_BYTES, side="left"))
            end = max(start + 1, min(same_lang, full))
            self._writer.write_table(table.slice(start, end - start), row_group_size=end - start)
            start = end

    def __enter__(self) -> "StagedWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        """Write what is held and the footer; behind an error only the footer, for a file that nobody will see."""
        if kind is None and self._held:
            self._flush()
        self._writer.add_key_value_metadata(footer_metadata(kind="staged", rows=str(self._rows)))
        self._writer.close()
