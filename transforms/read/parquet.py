"""Parquet: row groups as records."""

from collections.abc import Iterator
from typing import IO, Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from transforms.documents import BATCH_DOCS
from transforms.read.decompress import BrokenFile
from transforms.read.records import HEAD_BYTES, Record, Reject, admit
from transforms.read.sources import Piece, Source
from transforms.storage import check_reads, open_file

__all__ = ["read_parquet"]

_DAMAGE = (BrokenFile, pa.ArrowException, OSError, EOFError, ValueError, OverflowError)
"""What a broken file makes pyarrow raise. A disk or network that breaks is a WorldError, and is not among these."""


class _Foreign(NamedTuple):
    """A value of a type that is neither text nor a number."""

    type: str


def _values(column: pa.Array) -> list[Any]:
    """Return a column's values: text as str, or all as bytes where some is no UTF-8; numbers; dates; None; _Foreign."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
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


def _record(row: int, text: Any, id: Any, url: Any, day: Any, limit: int) -> Record | Reject:
    raw = text.encode(errors="replace") if isinstance(text, str) else text if isinstance(text, bytes) else b""
    if len(raw) > limit:
        error = f"{len(raw)} bytes, limits.record_bytes is {limit}"
        return Reject(row, "read/record_too_large", error, raw[:HEAD_BYTES], len(raw))
    if isinstance(text, _Foreign):
        return Reject(row, "read/text_not_string", f"text is {text.type}", b"", 0)
    if isinstance(text, bytes):
        try:
            text = text.decode()
        except UnicodeDecodeError as error:
            return Reject(row, "read/not_utf8", str(error), raw[:HEAD_BYTES], len(raw))
    return admit(row, text, _plain(id), _plain(url), _plain(day), raw)


def _open(file: IO[bytes], source: Source) -> pq.ParquetFile:
    """Open a Parquet file; raise BrokenFile where it has no rows, or not just one text column."""
    # Page checksums are verified where the file has them: otherwise a flipped bit reads back silently.
    parquet = pq.ParquetFile(file, page_checksum_verification=True)
    names = parquet.schema_arrow.names
    if source.text not in names:
        raise BrokenFile("no_text_column", f"no column {source.text!r} among {', '.join(names)}")
    for name in (source.text, source.id, source.url, source.date):
        if names.count(name) > 1:
            raise BrokenFile("doubled_column", f"{names.count(name)} columns are called {name!r}")
    if parquet.metadata.num_rows == 0:
        raise BrokenFile("empty_file", "the file has no rows")
    return parquet


def _fields(parquet: pq.ParquetFile, group: int, source: Source) -> Iterator[tuple[Any, Any, Any, Any]]:
    """Yield text, id, url and date of every row of a row group; None where there is no such column."""
    wanted = (source.text, source.id, source.url, source.date)
    names = [name for name in dict.fromkeys(wanted) if name in parquet.schema_arrow.names]
    for batch in parquet.iter_batches(BATCH_DOCS, row_groups=[group], columns=names):
        columns = [_values(batch[name]) if name in names else [None] * batch.num_rows for name in wanted]
        yield from zip(*columns, strict=True)


def _rows(
    file: IO[bytes], parquet: pq.ParquetFile, piece: Piece, source: Source, limit: int
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
            for text, id, url, day in _fields(parquet, group, source):
                yield _record(row, text, id, url, day, limit)
                row += 1
        except _DAMAGE as error:
            check_reads(file)
            yield Reject(row, "read/corrupt", f"row group {group}: {_line(error)}", _head(file), 0)
        first += footer.row_group(group).num_rows


def _head(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read(HEAD_BYTES)


def _line(error: Exception) -> str:
    return (str(error) or repr(error)).splitlines()[0]


def read_parquet(piece: Piece, source: Source, limit: int) -> Iterator[Record | Reject]:
    """Yield one record or reject for every row of a piece's row groups.

    A file that is no Parquet, has no rows or lacks the text column is one reject; so is a row group that breaks, and
    what was read of it before is kept.
    """
    with open_file(piece.path) as file:
        try:
            parquet = _open(file, source)
        except _DAMAGE as error:
            check_reads(file)
            if piece.start == 0:
                reason = error.reason if isinstance(error, BrokenFile) else "corrupt"
                yield Reject(0, f"read/{reason}", _line(error), _head(file), 0)
            return
        yield from _rows(file, parquet, piece, source, limit)
