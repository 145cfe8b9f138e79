"""Parquet files that strangers wrote, looked at with limits: nothing is allocated before its size is known.

    with opened("removals.parquet") as table:
        table.rows
        for batch in table.batches(["id"]): ...

Every command that only looks opens files here. What the footer says (rows, row groups, chunks) and what the page
headers say (values, bytes) is compared with the file's own size and with what is held at a time; then batches are read,
of as many rows as fit. Texts that a dictionary repeats come coded and are written out slice by slice. Whatever a file
does to that, pyarrow's own exceptions and a lack of memory included, is one DamageError.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from os import SEEK_END
from typing import IO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from babelmill.transforms.errors import BabelmillError, DamageError
from babelmill.transforms.files.parquet import open_parquet
from babelmill.transforms.files.storage import check_reads, open_file
from babelmill.transforms.read.bounds import Column, coded_columns, columns_of, decoded_bytes, most_rows
from babelmill.transforms.read.decompress import BrokenFile
from babelmill.transforms.read.footer import Chunk, chunks_of, pyarrow_takes, read_footer
from babelmill.transforms.read.limits import RATIO_FROM, Limits

__all__ = ["DAMAGE", "STATISTICS_ROWS", "TABLE_ROWS", "ParquetTable", "first_line", "opened", "read_small_table"]

DAMAGE = (
    pa.ArrowException, MemoryError, OSError, EOFError, ValueError, KeyError, IndexError, TypeError, AttributeError,
    OverflowError,
)  # fmt: skip
"""What a broken file makes pyarrow raise, and what a column that is missing or of another type makes its readers."""

_FOOTER_BYTES = 1 << 24
"""Ours have some 100 bytes for a column chunk, and a shard has a row group for 8 MiB of text."""
_PAGE_BYTES = Limits().page_bytes
_BATCH_BYTES = 1 << 27
"""What a batch should take, with the pages that it comes from."""
_ROW_BYTES = 3 << 26
"""What one row may take, if it must."""
_BATCH_ROWS = 1 << 16
_TABLE_BYTES, TABLE_ROWS = 1 << 27, 1 << 19
"""What a table may take and have that is held as a whole, such as a ledger: a row takes some 600 bytes in Python."""
STATISTICS_ROWS = 1 << 22
"""Of a table that stays columns: every signal of 176 languages in some 300 bins, kept and dropped."""
_BUFFER_BYTES = 1 << 20


class ParquetTable:
    """A Parquet file that is open, and read within limits.

    Args:
        file: the whole file.

    Raises:
        ValueError: if it is no Parquet file, or its footer contradicts itself or is too large.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.size: int = file.seek(0, SEEK_END)
        self.chunks: tuple[tuple[Chunk, ...], ...] = chunks_of(read_footer(file, _FOOTER_BYTES))
        file.seek(0)
        self._parquet = open_parquet(file, buffer_bytes=_BUFFER_BYTES)
        self._check()

    def _check(self) -> None:
        footer = self.metadata
        columns = footer.num_columns
        if len(self.chunks) != footer.num_row_groups or any(len(group) != columns for group in self.chunks):
            raise BrokenFile("corrupt", f"a footer whose row groups do not have {columns} columns each")
        if not all(taken for group in self.chunks for taken in pyarrow_takes(footer.schema, group)):
            raise BrokenFile("corrupt", "a footer whose size statistics do not fit its columns")
        rows = [self._rows(group) for group in range(footer.num_row_groups)]
        if min(rows, default=0) < 0 or sum(rows) != footer.num_rows:
            raise BrokenFile("corrupt", f"{footer.num_rows} rows, {sum(rows)} in the row groups")
        self._ends = np.array(list(accumulate(rows)), np.int64)

    @property
    def metadata(self) -> pq.FileMetaData:
        """The footer."""
        return self._parquet.metadata

    @property
    def schema(self) -> pa.Schema:
        """The columns' names and types."""
        return self._parquet.schema_arrow

    @property
    def rows(self) -> int:
        """Rows by the footer."""
        return int(self.metadata.num_rows)

    def batches(
        self, columns: Sequence[str] | None = None, groups: Sequence[int] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows, in their order, some at a time.

        Args:
            columns: names of those that are read; None for all. One that is not there is not in the batches either.
            groups: numbers of row groups; None for all.

        Raises:
            ValueError: if it is not what it says, or is more than is looked at; before that is allocated.
        """
        given = 0
        for batch in self._coded(columns, groups):
            for piece in self._written_out(batch):
                given += piece.nbytes
                self._check_ratio(given)
                yield piece

    def check_size(self, columns: Sequence[str]) -> None:
        """Refuse a file whose values in some columns, all together, are far more than its bytes can hold.

        Raises:
            ValueError: if it is such a file, or its page headers cannot be read.
        """
        self._check_ratio(sum(map(decoded_bytes, self._columns(list(columns), range(len(self.chunks))))))

    def _columns(self, names: list[str] | None, groups: Iterable[int]) -> list[list[Column]]:
        schema = self.metadata.schema
        # Of no rows there are no pages.
        return [
            columns_of(self.file, schema, self.chunks[group], names, _PAGE_BYTES) if self._rows(group) else []
            for group in groups
        ]

    def _rows(self, group: int) -> int:
        return int(self.metadata.row_group(group).num_rows)

    def _coded(self, columns: Sequence[str] | None, groups: Sequence[int] | None) -> Iterator[pa.RecordBatch]:
        """Yield the rows, columns of many equal texts as dictionaries."""
        names = None if columns is None else list(columns)
        groups = [group for group in (range(len(self.chunks)) if groups is None else groups) if self._rows(group)]
        of_groups = self._columns(names, groups)
        self._check_ratio(sum(map(decoded_bytes, of_groups)))
        coded, given = coded_columns(of_groups), 0
        parquet = open_parquet(self.file, self.metadata, coded, _BUFFER_BYTES) if coded else self._parquet
        for group, found in zip(groups, of_groups, strict=True):
            rows, wanted = most_rows(found, _BATCH_BYTES, _BATCH_ROWS), self._rows(group)
            if rows == 1 and (size := sum(column.bytes_of(1) for column in found)) > _ROW_BYTES:
                error = f"a row of up to {size:,} bytes, {_ROW_BYTES:,} at most are looked at"
                raise BrokenFile("row_too_large", error)
            for batch in parquet.iter_batches(rows, row_groups=[group], columns=names, use_threads=False):
                wanted -= batch.num_rows
                given += batch.nbytes
                self._check_ratio(given)
                yield batch
            if wanted:
                raise BrokenFile("corrupt", f"row group {group} has {wanted} rows fewer than its footer says")

    def _check_ratio(self, given: int) -> None:
        if given > max(RATIO_FROM, self.size * Limits().decompressed_ratio):
            error = f"{given:,} bytes of {self.size:,}, at most {Limits().decompressed_ratio} for one are looked at"
            raise BrokenFile("ratio_too_high", error)

    def _written_out(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """Yield a batch with every value of its coded columns where it belongs, in pieces no larger than a batch."""
        types = dict(zip(self.schema.names, self.schema.types, strict=True))
        places = [
            place
            for place, field in enumerate(batch.schema)
            if pa.types.is_dictionary(field.type) and not pa.types.is_dictionary(types[field.name])
        ]
        sizes = np.zeros(batch.num_rows, np.int64)
        for place in places:
            column = batch.column(place)
            lengths = pc.binary_length(column.dictionary).take(column.indices)
            sizes += pc.fill_null(lengths, 0).to_numpy(zero_copy_only=False)
        ends, start = np.cumsum(sizes), 0
        while start < batch.num_rows:
            before = ends[start - 1] if start else 0
            end = max(start + 1, int(np.searchsorted(ends, before + _BATCH_BYTES, side="right")))
            piece = batch.slice(start, end - start)
            for place in places:
                name = batch.schema.names[place]
                written = piece.column(place).dictionary_decode()
                piece = piece.set_column(place, name, _as(written, types[name]))
            yield piece
            start = end

    def table(self, most_rows: int) -> pa.Table:
        """Return the whole table.

        Raises:
            ValueError: if it has more rows than that, or takes more than 128 MiB.
        """
        if self.rows > most_rows:
            raise BrokenFile("table_too_large", f"a table of {self.rows:,} rows, {most_rows:,} at most are held")
        parts, size = [self.schema.empty_table().replace_schema_metadata(None)], 0
        for batch in self.batches():
            if (size := size + batch.nbytes) > _TABLE_BYTES:
                raise BrokenFile("table_too_large", f"a table of more than {_TABLE_BYTES:,} bytes")
            parts.append(pa.Table.from_batches([batch]).replace_schema_metadata(None))
        return pa.concat_tables(parts)

    def rows_at(self, rows: npt.NDArray[np.int64], columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Yield some rows, sorted, each as a batch of its own; only their row groups are read.

        Raises:
            ValueError: if the file has fewer rows.
        """
        if len(rows) and (rows[0] < 0 or rows[-1] >= self.rows):
            raise BrokenFile("corrupt", f"no row {rows[-1]}, it has {self.rows}")
        groups = np.searchsorted(self._ends, rows, side="right")
        for group in np.unique(groups).tolist():
            start = int(self._ends[group]) - self._rows(group)
            left = rows[groups == group]
            for batch in self._coded(columns, [group]):
                here = left[left < start + batch.num_rows]
                for row in (here - start).tolist():
                    yield from self._written_out(batch.slice(row, 1))
                left, start = left[len(here) :], start + batch.num_rows
                if not len(left):
                    break


def _as(column: pa.Array, type: pa.DataType) -> pa.Array:
    """Return a column in the type that it has in the file; some cannot be had of plain text."""
    try:
        return column.cast(type)
    except (pa.ArrowNotImplementedError, pa.ArrowTypeError):
        return column


@contextmanager
def opened(path: str) -> Iterator[ParquetTable]:
    """Open a Parquet file; what breaks inside the block is an error too that names the file.

    Raises:
        DamageError: if it is no Parquet file, breaks while it is read, or is more than is looked at.
        WorldError: if it is not there, is no regular file, or the disk or network breaks.
    """
    with open_file(path) as file:
        try:
            yield ParquetTable(file)
        except BabelmillError:
            raise
        except DAMAGE as error:
            check_reads(file)
            raise DamageError(f"{path} cannot be read: {first_line(error)}") from error


def read_small_table(path: str, most_rows: int = TABLE_ROWS) -> pa.Table:
    """Return a table that is held as a whole: a ledger, strata, statistics.

    Args:
        path: the file.
        most_rows: that it may have; fewer where each becomes an object of Python.

    Raises:
        DamageError, WorldError: as `opened`; it has more rows or takes more than 128 MiB.
    """
    with opened(path) as table:
        return table.table(most_rows)


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, or its name where it has none."""
    return next(iter(str(error).splitlines()), "") or type(error).__name__
