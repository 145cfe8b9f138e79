"""How much memory some rows of a Parquet file may take, known from its page headers before any of it is read.

plain text    a value is in one page, once: at most all pages of the chunk
dictionary    a value is there once however often it is repeated, if it comes coded (`coded_columns`)
delta         a value of two bytes may repeat the one before it: values × largest page
fixed width   values × width, however few bytes a run of them takes
in lists      any row may have all values of the chunk
"""

from collections.abc import Collection, Sequence
from typing import IO, NamedTuple

import pyarrow.parquet as pq

from babelmill.transforms.read.decompress import BrokenFile
from babelmill.transforms.read.footer import Chunk
from babelmill.transforms.read.limits import RATIO_FROM
from babelmill.transforms.read.page_header import DELTA_BYTE_ARRAY, DICTIONARY_PAGE, page_headers

__all__ = ["Column", "coded_columns", "columns_of", "decoded_bytes", "most_rows", "rows_at_once"]

_WIDTHS = {"BOOLEAN": 1, "INT32": 4, "INT64": 8, "INT96": 12, "FLOAT": 4, "DOUBLE": 8}
_VALUE_BYTES = 12
"""Of a value beside itself: its offset or code, its levels, whether it is null."""
_LEVEL_BYTES = 4
"""Of a value, for each list around it: that list's offset."""
_SMALL_DICTIONARY = 1 << 8
"""Bytes of a dictionary whose values may as well be written out for every row."""


class Column(NamedTuple):
    """A column chunk by its page headers.

    Args:
        path: of the column in the schema.
        values: in all pages, nulls counted.
        raw_bytes: of all pages, decompressed.
        page_bytes: of the largest page, decompressed.
        dictionary_bytes: of the dictionary, decompressed; 0 without one.
        width: bytes of a value; 0 for text and bytes, whose values have lengths of their own.
        lists: how many lists a value is in.
        delta: whether a page is written as differences from value to value.
        dense_bytes: of a value of the data page whose values have the most on average.
    """

    path: str
    values: int
    raw_bytes: int
    page_bytes: int
    dictionary_bytes: int
    width: int
    lists: int
    delta: bool
    dense_bytes: float = 0.0

    @property
    def row_bytes(self) -> float:
        """What a row takes beside the pages that it comes from, as far as the page headers tell.

        Of so many rows in a run, all but those of the first and the last page take no more than the densest page's; but
        each may have the dictionary's largest value, and a difference may repeat all of the one before it.
        """
        if self.delta:
            return self.page_bytes + _VALUE_BYTES
        return max(self.dense_bytes, self.dictionary_bytes) + self.width + _VALUE_BYTES

    @property
    def is_coded(self) -> bool:
        """Say whether its values should come coded, each once."""
        return not self.width and self.dictionary_bytes > _SMALL_DICTIONARY

    def bytes_of(self, rows: int) -> int:
        """Return what so many rows may take in memory, with the pages that they come from."""
        values = self.values if self.lists else min(rows, self.values)
        size = values * (self.width + _VALUE_BYTES + _LEVEL_BYTES * self.lists)
        if not self.width:
            repeated = self.page_bytes if self.delta else 0 if self.is_coded else self.dictionary_bytes
            size += values * repeated + (self.raw_bytes if self.lists else min(rows * self.page_bytes, self.raw_bytes))
        return size + 2 * self.page_bytes + self.dictionary_bytes


def columns_of(
    file: IO[bytes],
    schema: pq.ParquetSchema,
    chunks: Sequence[Chunk],
    names: Collection[str] | None,
    most_page: int,
    most_ratio: int | None = None,
) -> list[Column]:
    """Return the column chunks of a row group that are read for some columns.

    Args:
        file: the whole file; it is moved.
        schema: of the file.
        chunks: of the row group, one a column of the schema.
        names: of columns, or paths; None for all.
        most_page: bytes that a page may have, decompressed.
        most_ratio: bytes of a large page, decompressed, for a byte of the file; None for any.

    Raises:
        BrokenFile: if a page is larger, is not all there, or has no header.
    """
    return [
        _column(file, schema.column(place), chunk, most_page, most_ratio)
        for place, chunk in enumerate(chunks)
        if names is None or chunk.is_of(names)
    ]


def _column(file: IO[bytes], column: pq.ColumnSchema, chunk: Chunk, most_page: int, most_ratio: int | None) -> Column:
    values = raw = largest = dictionary = 0
    dense = 0.0
    delta, end = False, chunk.start + chunk.size
    for at, header in page_headers(file, chunk):
        if header.raw_size > most_page or header.size > most_page:
            size = max(header.raw_size, header.size)
            raise BrokenFile("page_too_large", f"a page of {size:,} bytes, {most_page:,} at most are looked at")
        if at + header.length + header.size > end or header.values < 0:
            raise BrokenFile("corrupt", f"a page at {at} that is not all in its column chunk")
        if most_ratio and header.raw_size > RATIO_FROM and header.raw_size > header.size * most_ratio:
            # What it claims is taken from memory before a byte of it is decompressed.
            error = f"a page of {header.raw_size:,} bytes out of {header.size:,}, {most_ratio} for one at most"
            raise BrokenFile("ratio_too_high", error)
        values, raw, largest = values + header.values, raw + header.raw_size, max(largest, header.raw_size)
        dictionary = max(dictionary, header.raw_size if header.kind == DICTIONARY_PAGE else 0)
        delta |= header.encoding == DELTA_BYTE_ARRAY
        dense = max(dense, header.raw_size / header.values if header.values else 0.0)
    kind = column.physical_type
    width = column.length if kind == "FIXED_LEN_BYTE_ARRAY" else _WIDTHS.get(kind, 0)
    return Column(chunk.path, values, raw, largest, dictionary, width, column.max_repetition_level, delta, dense)


def coded_columns(groups: Sequence[Sequence[Column]]) -> list[str]:
    """Return the paths of the columns that should come coded, over all row groups."""
    return sorted({column.path for columns in groups for column in columns if column.is_coded})


def decoded_bytes(columns: Sequence[Column]) -> int:
    """Return what all values take that are not coded: what there is to read, rather than what the file has."""
    return sum(column.raw_bytes + column.values * max(column.width, _VALUE_BYTES) for column in columns)


def most_rows(columns: Sequence[Column], most_bytes: int, most: int) -> int:
    """Return how many rows of a row group may be taken at once.

    Args:
        columns: that are read.
        most_bytes: that a batch should take.
        most: rows that are ever taken.

    Returns:
        A power of two below `most`, or that; 1 where even one row may take more than `most_bytes`.
    """
    rows = most
    while rows > 1 and sum(column.bytes_of(rows) for column in columns) > most_bytes:
        rows = 1 << (rows - 1).bit_length() - 1
    return rows


def rows_at_once(columns: Sequence[Column], most_bytes: int, most: int) -> int:
    """Return how many rows of a row group to take, so that they take about so many bytes beside their pages.

    Pages may be larger than that: 1,024 documents of a novel's length are on one page, as pyarrow writes them.

    Args:
        columns: that are read.
        most_bytes: of the values; they take at most two of the largest pages more.
        most: rows that are ever taken.
    """
    return max(1, min(most, int(most_bytes / max(1.0, sum(column.row_bytes for column in columns)))))
