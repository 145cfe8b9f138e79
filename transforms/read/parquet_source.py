"""An open Parquet file as a source wants it: its columns, whether it is within the limits, its rows in slices."""

from collections.abc import Iterator
from typing import IO

import pyarrow as pa

from babelmill.transforms.documents import BATCH_DOCS
from babelmill.transforms.files.parquet import open_parquet
from babelmill.transforms.read.bounds import Column, columns_of, rows_at_once
from babelmill.transforms.read.columns import column_names, find_column, selection_of
from babelmill.transforms.read.decompress import BrokenFile
from babelmill.transforms.read.fields import listed, quoted
from babelmill.transforms.read.footer import chunks_of, read_footer
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.sources import Source
from babelmill.transforms.read.values import smaller

__all__ = ["ParquetSource"]

_SLICE_BYTES = 1 << 27
"""Of the values of a slice, one row at least."""
_BUFFER_BYTES = 1 << 20
"""Of a column chunk that are read at a time."""


class ParquetSource:
    """An open Parquet file: its footer, and where the columns are that a source wants.

    Args:
        file: the file.
        source: whose fields are looked for.
        limits: of reading.

    Raises:
        BrokenFile: if it has no rows, not one column for each part of the text, or says it is too large.
    """

    def __init__(self, file: IO[bytes], source: Source, limits: Limits) -> None:
        self.file, self.limits = file, limits
        self.groups = chunks_of(read_footer(file, limits.footer_bytes))
        # Page checksums are verified where the file has them: otherwise a flipped bit reads back silently.
        parquet = open_parquet(file)
        self.footer, schema = parquet.metadata, parquet.schema_arrow
        self.roles = [[find_column(schema, name) for name in names] for names in source.fields.values()]
        for name, place in zip(source.texts, self.roles[0], strict=True):
            if place is None and (len(source.texts) == 1 or not any(self.roles[0])):
                raise BrokenFile("no_text_column", f"no column {quoted(name)} among {listed(column_names(schema))}")
        self.paths = sorted({selection_of(schema, place) for places in self.roles for place in places if place})
        self._check_sizes()

    def _check_sizes(self) -> None:
        footer, limits = self.footer, self.limits
        if footer.num_rows == 0:
            raise BrokenFile("empty_file", "the file has no rows")
        rows = sum(footer.row_group(group).num_rows for group in range(footer.num_row_groups))
        if rows != footer.num_rows:
            raise BrokenFile("corrupt", f"{footer.num_rows} rows, {rows} in the row groups")
        size = sum(footer.row_group(group).total_byte_size for group in range(footer.num_row_groups))
        if size > limits.decompressed_bytes:
            error = f"{size} bytes in all row groups, limits.decompressed_bytes is {limits.decompressed_bytes}"
            raise BrokenFile("decompressed_too_large", error)

    def columns(self, group: int) -> list[Column]:
        """Return the column chunks of a row group that are read.

        Raises:
            BrokenFile: if a page, or all of them, are larger than the limits allow: before any of it is read.
        """
        limits = self.limits
        try:
            columns = columns_of(
                self.file,
                self.footer.schema,
                self.groups[group],
                self.paths,
                limits.page_bytes,
                limits.decompressed_ratio,
            )
        except BrokenFile as error:
            if error.reason == "page_too_large":
                raise BrokenFile(error.reason, f"{error}: limits.page_bytes is {limits.page_bytes}") from error
            raise
        if sum(column.raw_bytes for column in columns) > limits.row_group_bytes:
            raise BrokenFile("row_group_too_large", f"more than limits.row_group_bytes, {limits.row_group_bytes}")
        return columns

    def slices(self, group: int) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a row group, as many at a time as take about _SLICE_BYTES."""
        columns = self.columns(group)
        # Not as dictionaries: Arrow takes five times a large one then, and looks up what of a column is not in it.
        parquet = open_parquet(self.file, self.footer, None, _BUFFER_BYTES)
        rows = rows_at_once(columns, _SLICE_BYTES, BATCH_DOCS)
        for batch in parquet.iter_batches(rows, row_groups=[group], columns=self.paths, use_threads=False):
            yield from smaller(batch, _SLICE_BYTES)
