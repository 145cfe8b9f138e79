"""Parquet: row groups as records.

What pyarrow takes for one batch is bounded beforehand by the page headers: a value lies in one page (or, repeated any
number of times, in the dictionary's), so a column's largest page bounds its values, and rows × the sum of these pages
bounds a batch, all columns.
"""

from collections.abc import Iterator, Sequence
from typing import IO, Any, NamedTuple, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from babelmill.transforms.documents import BATCH_DOCS
from babelmill.transforms.files.parquet import open_parquet
from babelmill.transforms.files.storage import check_reads, open_file
from babelmill.transforms.read.columns import column_names, find_column, take_column
from babelmill.transforms.read.decompress import BrokenFile
from babelmill.transforms.read.fields import listed, quoted
from babelmill.transforms.read.footer import Chunk, chunks_of, read_footer
from babelmill.transforms.read.limits import RATIO_FROM, Limits
from babelmill.transforms.read.page_header import page_headers
from babelmill.transforms.read.records import HEAD_BYTES, Record, Reject, admit
from babelmill.transforms.read.sources import Piece, Source

__all__ = ["read_parquet"]

_BATCH_BYTES = 1 << 27
"""What a batch may take in memory, if all its values are as large as their column's largest page; one row at least."""

_DAMAGE = (BrokenFile, pa.ArrowException, OSError, EOFError, ValueError, OverflowError)
"""What a broken file makes pyarrow raise. A disk or network that breaks is a WorldError, and is not among these."""


_Groups: TypeAlias = Sequence[Sequence[Chunk]]


class _Foreign(NamedTuple):
    """A value of a type that is neither text nor a number."""

    type: str


def _decoded(column: pa.Array) -> pa.Array:
    """Return a column whose values stand there themselves, once for every row."""
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _values(column: pa.Array) -> list[Any]:
    """Return a column's values: text as str, or all as bytes where some is no UTF-8; numbers; dates; None; _Foreign."""
    kind = column.type
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        days: list[Any] = column.cast(pa.date32(), safe=False).to_pylist()
        return days
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        try:
            column.validate(full=True)
        except pa.ArrowInvalid:
            column = column.cast(pa.binary_view() if pa.types.is_string_view(kind) else pa.large_binary())
        values: list[Any] = column.to_pylist()
        return values
    binary = pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind)
    if binary or pa.types.is_fixed_size_binary(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind):
        values = column.to_pylist()
        return values
    return [_Foreign(str(kind)) if valid else None for valid in column.is_valid().to_pylist()]


def _plain(value: Any) -> Any:
    """Return a field as text where it came as bytes."""
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _record(row: int, text: Any, id: Any, url: Any, day: Any, limits: Limits) -> Record | Reject:
    raw = text.encode(errors="replace") if isinstance(text, str) else text if isinstance(text, bytes) else b""
    if len(raw) > limits.record_bytes:
        error = f"{len(raw)} bytes, limits.record_bytes is {limits.record_bytes}"
        return Reject(row, "read/record_too_large", error, raw[:HEAD_BYTES], len(raw))
    if isinstance(text, _Foreign):
        return Reject(row, "read/text_not_string", f"the text is a value of type {listed([text.type])}", b"", 0)
    if isinstance(text, bytes):
        try:
            text = text.decode()
        except UnicodeDecodeError as error:
            return Reject(row, "read/not_utf8", str(error), raw[:HEAD_BYTES], len(raw))
    return admit(row, text, _plain(id), _plain(url), _plain(day), raw, limits)


def _open(file: IO[bytes], source: Source, limits: Limits) -> tuple[pq.ParquetFile, _Groups]:
    """Open a Parquet file; raise BrokenFile where it has no rows, not just one text column, or says it is too large."""
    groups = chunks_of(read_footer(file, limits.footer_bytes))
    # Page checksums are verified where the file has them: otherwise a flipped bit reads back silently.
    parquet = open_parquet(file)
    schema = parquet.schema_arrow
    found = [find_column(schema, name) for name in source.fields.values()]
    if found[0] is None:
        raise BrokenFile("no_text_column", f"no column {quoted(source.text)} among {listed(column_names(schema))}")
    if parquet.metadata.num_rows == 0:
        raise BrokenFile("empty_file", "the file has no rows")
    footer = parquet.metadata
    rows = sum(footer.row_group(group).num_rows for group in range(footer.num_row_groups))
    if rows != footer.num_rows:
        raise BrokenFile("corrupt", f"{footer.num_rows} rows, {rows} in the row groups")
    size = sum(footer.row_group(group).total_byte_size for group in range(footer.num_row_groups))
    if size > limits.decompressed_bytes:
        error = f"{size} bytes in all row groups, limits.decompressed_bytes is {limits.decompressed_bytes}"
        raise BrokenFile("decompressed_too_large", error)
    return parquet, groups


def _batch_rows(file: IO[bytes], chunks: Sequence[Chunk], names: list[str], limits: Limits) -> int:
    """Return how many rows of a row group may be taken at once.

    Raises:
        BrokenFile: if its columns that are read are larger than the limits allow: before any of it is read.
    """
    total = largest = 0
    for chunk in chunks:
        if not chunk.is_of(names):
            continue
        page = 0
        for _, header in page_headers(file, chunk):
            page, total = max(page, header.raw_size), total + header.raw_size
            if header.raw_size > limits.page_bytes:
                error = f"a page of {header.raw_size} bytes, limits.page_bytes is"
                raise BrokenFile("page_too_large", f"{error} {limits.page_bytes}")
            if total > limits.row_group_bytes:
                error = f"more than limits.row_group_bytes, {limits.row_group_bytes}"
                raise BrokenFile("row_group_too_large", error)
        largest += page
    return max(1, min(BATCH_DOCS, _BATCH_BYTES // max(1, largest)))


def _fields(
    file: IO[bytes], parquet: pq.ParquetFile, groups: _Groups, group: int, source: Source, limits: Limits
) -> Iterator[tuple[Any, Any, Any, Any]]:
    """Yield text, id, url and date of every row of a row group; None where there is no such column.

    Raises:
        BrokenFile: if the text is far more than what lies in the file: a dictionary's values repeated.
    """
    wanted = tuple(source.fields.values())
    places = {name: place for name in wanted if (place := find_column(parquet.schema_arrow, name))}
    names = list(places)
    rows = _batch_rows(file, groups[group], names, limits)
    taken, given = sum(chunk.size for chunk in groups[group]), 0
    for batch in parquet.iter_batches(rows, row_groups=[group], columns=names, use_threads=False):
        columns = {name: _decoded(take_column(batch, place)) for name, place in places.items()}
        given += sum(column.nbytes for column in columns.values())
        if given > RATIO_FROM and given > taken * limits.decompressed_ratio:
            error = f"{given} bytes of {taken}, limits.decompressed_ratio is"
            raise BrokenFile("ratio_too_high", f"{error} {limits.decompressed_ratio}")
        values = {name: _values(column) for name, column in columns.items()}
        yield from zip(*(values.get(name, [None] * batch.num_rows) for name in wanted), strict=True)


def _rows(
    file: IO[bytes], parquet: pq.ParquetFile, groups: _Groups, piece: Piece, source: Source, limits: Limits
) -> Iterator[Record | Reject]:
    """Yield the rows of a piece.

    A row group that breaks is one reject, and the next one is read all the same: what is read of a file then does not
    depend on how it was cut up.
    """
    footer = parquet.metadata
    first = sum(footer.row_group(group).num_rows for group in range(piece.start))
    for group in range(piece.start, footer.num_row_groups if piece.end is None else piece.end):
        row = first
        try:
            for text, id, url, day in _fields(file, parquet, groups, group, source, limits):
                yield _record(row, text, id, url, day, limits)
                row += 1
            if row - first != footer.row_group(group).num_rows:
                raise BrokenFile("corrupt", f"{row - first} rows, {footer.row_group(group).num_rows} by the footer")
        except _DAMAGE as error:
            check_reads(file)
            reason = error.reason if isinstance(error, BrokenFile) else "corrupt"
            yield Reject(row, f"read/{reason}", f"row group {group}: {_line(error)}", _head(file), 0)
        first += footer.row_group(group).num_rows


def _head(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read(HEAD_BYTES)


def _line(error: Exception) -> str:
    return (str(error) or repr(error)).splitlines()[0]


def read_parquet(piece: Piece, source: Source, limits: Limits) -> Iterator[Record | Reject]:
    """Yield one record or reject for every row of a piece's row groups.

    A file that is no Parquet, has no rows or lacks the text column is one reject; so is a row group that breaks, and
    what was read of it before is kept.
    """
    with open_file(piece.path) as file:
        try:
            parquet, groups = _open(file, source, limits)
        except _DAMAGE as error:
            check_reads(file)
            if piece.start == 0:
                reason = error.reason if isinstance(error, BrokenFile) else "corrupt"
                yield Reject(0, f"read/{reason}", _line(error), _head(file), 0)
            return
        yield from _rows(file, parquet, groups, piece, source, limits)
