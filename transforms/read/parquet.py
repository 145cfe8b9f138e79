"""Parquet: row groups as records."""

from collections.abc import Iterator
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from transforms.documents import BATCH_DOCS
from transforms.read.decompress import BrokenFile
from transforms.read.records import HEAD_BYTES, Record, Reject, admit
from transforms.read.sources import Piece, Source
from transforms.storage import open_file

__all__ = ["read_parquet"]


def _values(column: pa.Array) -> list[Any]:
    """Return a column's values; where a string is no UTF-8, all are given as bytes."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        try:
            column.validate(full=True)
        except pa.ArrowInvalid:
            column = column.cast(pa.large_binary())
    values: list[Any] = column.to_pylist()
    return values


def _record(row: int, text: Any, id: Any, url: Any, limit: int) -> Record | Reject:
    raw = text.encode(errors="replace") if isinstance(text, str) else text if isinstance(text, bytes) else b""
    if len(raw) > limit:
        error = f"{len(raw)} bytes, limits.record_bytes is {limit}"
        return Reject(row, "read/record_too_large", error, raw[:HEAD_BYTES], len(raw))
    if isinstance(text, bytes):
        try:
            text = text.decode()
        except UnicodeDecodeError as error:
            return Reject(row, "read/not_utf8", str(error), raw[:HEAD_BYTES], len(raw))
    return admit(row, text, id.decode(errors="replace") if isinstance(id, bytes) else id, url, raw)


def _open(file: IO[bytes], source: Source) -> pq.ParquetFile:
    """Open a Parquet file; raise BrokenFile where it has no rows or lacks the text column."""
    # Page checksums are verified where the file has them: otherwise a flipped bit reads back silently.
    parquet = pq.ParquetFile(file, page_checksum_verification=True)
    names = parquet.schema_arrow.names
    if source.text not in names:
        raise BrokenFile("no_text_column", f"no column {source.text!r} among {', '.join(names)}")
    if parquet.metadata.num_rows == 0:
        raise BrokenFile("empty_file", "the file has no rows")
    return parquet


def _fields(parquet: pq.ParquetFile, groups: list[int], source: Source) -> Iterator[tuple[Any, Any, Any]]:
    """Yield text, id and url of every row; None where there is no such column."""
    wanted = (source.text, source.id, source.url)
    names = [name for name in dict.fromkeys(wanted) if name in parquet.schema_arrow.names]
    for batch in parquet.iter_batches(BATCH_DOCS, row_groups=groups, columns=names):
        columns = [_values(batch[name]) if name in names else [None] * batch.num_rows for name in wanted]
        yield from zip(*columns, strict=True)


def read_parquet(piece: Piece, source: Source, limit: int) -> Iterator[Record | Reject]:
    """Yield one record or reject for every row of a piece's row groups.

    A file that is no Parquet, breaks midway, has no rows or lacks the text column is one reject; what was read before
    a break is kept.
    """
    row = 0
    with open_file(piece.path) as file:
        try:
            parquet = _open(file, source)
            footer = parquet.metadata
            row = sum(footer.row_group(group).num_rows for group in range(piece.start))
            end = footer.num_row_groups if piece.end is None else piece.end
            for text, id, url in _fields(parquet, list(range(piece.start, end)), source):
                yield _record(row, text, id, url, limit)
                row += 1
        except (BrokenFile, pa.ArrowException, OSError, EOFError) as error:
            reason = error.reason if isinstance(error, BrokenFile) else "corrupt"
            file.seek(0)
            yield Reject(row, f"read/{reason}", str(error).splitlines()[0], file.read(HEAD_BYTES), 0)
